/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The source for when page tables can't be read: /proc/PID/pagemap says what is present or swapped, and a
 * move_pages(2) query on which node. Both take the target's mmap lock, and neither tells a hinted page from a
 * present one, except on a kernel whose move_pages is known to miss inaccessible pages.
 */
#ifndef NUMAPROBE_PAGEMAP_H
#define NUMAPROBE_PAGEMAP_H

#include <sys/types.h>

#include "classify.h"

struct np_pagemap_rules {
	bool move_pages_misses; /* tested on this kernel: an inaccessible page is not found, any other is */
	bool never_hinted;	/* no page was hinted since the system started: what is accessible is present */
	int only_node;		/* the one node that has memory; -1: there are more */
};

/*
 * Classifies all pages of the classifier's mappings inside [start, end). pagemap_fd is of the process pid.
 * 0, -ESRCH, or -errno of pagemap. Where move_pages is refused, nodes are unknown (unless there is only one),
 * and *ret_move_error is its errno; otherwise 0.
 */
int np_pagemap_read(int pagemap_fd, pid_t pid, const struct np_pagemap_rules *rules,
		    struct np_classifier *classifier, uint64_t start, uint64_t end, int *ret_move_error);

#endif
