/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What decides where a process's memory may be: its memory policy, and the nodes of its cpuset. */
#ifndef NUMAPROBE_PLACEMENT_H
#define NUMAPROBE_PLACEMENT_H

#include "snapshot.h"

/*
 * Fills the target's policy and memory_nodes; dir_fd: /proc/PID. Its mappings have been measured. What there is no
 * way to know stays unknown. 0 or -ENOMEM.
 *
 * No file has the policy of a process alone. numa_maps shows that of the main thread for each mapping without one of
 * its own (show_numa_map(), fs/proc/task_mmu.c), which the first mapping, as a rule of the program itself, has not.
 * Only the first line is read: the kernel walks no other mapping then (seq_read_iter(), fs/seq_file.c), and not even
 * that one is asked for where it is large, as the heap of a virtual machine may be.
 */
int np_placement_read(int root_fd, int dir_fd, unsigned page_bytes, size_t node_count, struct np_target *target);

#endif
