/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which mappings are hugetlbfs memory. Their page tables look like those of transparent huge pages. */
#ifndef NUMAPROBE_HUGETLB_H
#define NUMAPROBE_HUGETLB_H

#include <stdbool.h>

#include "parse_maps.h"

/*
 * Sets ret[i] for each mapping on a hugetlbfs file system: those mounted where the process sees them, and the
 * kernel's own mounts, which serve MAP_HUGETLB, memfds and System V memory. The latter's device numbers are in
 * no file; an empty memfd of each size shows them. Where the system has no huge-page pool, nothing is done: there can
 * be no such pages. 0; or -errno, and some may not be marked.
 */
int np_hugetlb_find(int root_fd, int pid_dir_fd, const struct np_maps *maps, bool *ret);

#endif
