/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The threads of a process, where they run, and which memory its cpuset allows. */
#ifndef NUMAPROBE_THREADS_H
#define NUMAPROBE_THREADS_H

#include "snapshot.h"

/*
 * Fills the target's threads; dir_fd: /proc/PID. Nodes come from each thread's sched,
 * which takes no reference to the memory of the process (show_numa_stats(), kernel/sched/debug.c); the CPU is in
 * stat alone, which takes one for a moment (do_task_stat(), fs/proc/array.c), so this is for a single look and not
 * for --watch. What can't be read stays unknown, and is a problem, but for a thread that has ended. 0 or -ENOMEM.
 */
int np_threads_read(int dir_fd, struct np_snapshot *snapshot, struct np_target *target);

#endif
