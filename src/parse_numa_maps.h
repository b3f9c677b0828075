/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/PID/numa_maps: each mapping's memory policy and its pages by node. */
#ifndef NUMAPROBE_PARSE_NUMA_MAPS_H
#define NUMAPROBE_PARSE_NUMA_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct np_node_pages {
	unsigned node;
	uint64_t pages; /* base pages */
};

struct np_numa_map {
	uint64_t start; /* address; the file doesn't say where a mapping ends, and leaves vsyscall out */
	/*
	 * As the kernel writes it (mpol_to_str(), mm/mempolicy.c): "default", "bind:0-1", "prefer (many):0",
	 * "weighted interleave:0-3", "bind=static|balancing:0". Cut after 63 bytes by the kernel
	 * (show_numa_map(), fs/proc/task_mmu.c), so a long list of nodes may lack its end. A mapping
	 * without a policy of its own shows that of the thread which the file belongs to.
	 */
	const char *policy;
	uint64_t kernel_page_bytes; /* 0: not said, which is so where no page is resident */
	size_t node_count;
	const struct np_node_pages *nodes; /* nodes with pages, ascending */
	bool huge;			   /* hugetlbfs; a transparent huge page doesn't make a mapping huge */
	bool heap, stack;
};

struct np_numa_maps {
	size_t count;
	struct np_numa_map *maps; /* ascending */
	char *strings;		  /* what the policies point into */
	struct np_node_pages *nodes;
};

/*
 * page_bytes is the size of a base page. The kernel counts hugetlbfs pages as one each
 * (gather_hugetlb_stats()) and the base pages of a transparent huge page (gather_pte_stats()); here they
 * are base pages in both cases. Not counted: the zero page, reserved and device pages, and pages that are
 * migrating (can_gather_numa_stats()). Lines must be whole.
 * 0, -EINVAL, -ERANGE, -ENOMEM; *ret, untouched then, is for np_numa_maps_free().
 */
int np_parse_numa_maps(const char *text, size_t length, unsigned page_bytes, struct np_numa_maps *ret);
void np_numa_maps_free(struct np_numa_maps *maps);

#endif
