/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/PID/sched: what NUMA balancing knows about a process. Everybody may read it, and reading it
 * takes no reference to the address space (proc_sched_show_task(), kernel/sched/debug.c).
 */
#ifndef NUMAPROBE_PARSE_SCHED_H
#define NUMAPROBE_PARSE_SCHED_H

#include "snapshot.h"

#define NP_COMMAND_BYTES 64 /* room for a command name and its NUL; the kernel's own limit is 16 */

struct np_sched {
	char command[NP_COMMAND_BYTES]; /* the process chose it: any bytes, newlines and parentheses among them */
	struct np_fact threads;
	/* Unknown where the kernel has no NUMA balancing; scan_seq also for a kernel thread. */
	struct np_fact scan_seq;
	struct np_fact pages_migrated;
	struct np_fact preferred_node; /* -1: none yet */
	struct np_fact current_node;   /* of the CPU that the thread ran on last */
	struct np_fact total_faults;   /* of this thread, decaying */
};

/* 0, -EINVAL, -ERANGE; *ret is untouched on failure. */
int np_parse_sched(const char *text, size_t length, struct np_sched *ret);

#endif
