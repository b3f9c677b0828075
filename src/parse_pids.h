/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of processes as the kernel writes them: one a line in cgroup.procs, with a blank after each in children. */
#ifndef NUMAPROBE_PARSE_PIDS_H
#define NUMAPROBE_PARSE_PIDS_H

#include "processes.h"

/*
 * In the order of the text, and as often; 0 stands for a process of which this PID namespace has no number. 0;
 * -EINVAL, -ERANGE, -ENOMEM. *ret, untouched then, is for np_pids_free().
 */
int np_parse_pids(const char *text, size_t length, struct np_pids *ret);

#endif
