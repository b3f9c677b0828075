/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PAGEMAP_SCAN, Linux 6.7 (52526ca7fdb9, "fs/proc/task_mmu: implement IOCTL to get and optionally clear info about
 * PTEs"), as Documentation/admin-guide/mm/pagemap.rst has it. Declared here: the headers may be older. Its flags
 * that write-protect are not even named.
 */
#ifndef NUMAPROBE_PAGEMAP_SCAN_H
#define NUMAPROBE_PAGEMAP_SCAN_H

#include <stddef.h>
#include <stdint.h>

#define NP_PAGE_IS_PRESENT (1ULL << 3)
#define NP_PAGE_IS_SWAPPED (1ULL << 4)
#define NP_PAGE_IS_HUGE (1ULL << 6) /* mapped by an entry above the last level */

struct np_page_region {
	uint64_t start, end, categories; /* addresses */
};

/*
 * Regions of [*start, end) whose pages are in any of these categories, as many as there is room for; each has pages
 * that are alike in these and in the categories of "told". *start moves to where the scan has to go on, end where it
 * is done. Takes the mmap lock. pagemap_fd: of /proc/PID/pagemap.
 * The number of regions; -ENOTSUP: this kernel has no such call; or -errno.
 */
int np_pagemap_scan(int pagemap_fd, uint64_t *start, uint64_t end, uint64_t categories, uint64_t told,
		    struct np_page_region *regions, size_t room);

#endif
