/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/vmstat: the counters of NUMA balancing. */
#ifndef NUMAPROBE_PARSE_VMSTAT_H
#define NUMAPROBE_PARSE_VMSTAT_H

#include "snapshot.h"

/*
 * A counter that the kernel doesn't have is unknown, not 0. 0, -EINVAL, -ERANGE; *ret is untouched on
 * failure.
 */
int np_parse_vmstat(const char *text, size_t length, struct np_vmstat *ret);

#endif
