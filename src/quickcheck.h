/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The quick test of the running kernel, on memory of this program's own: does smaps count, and does move_pages(2)
 * find, resident pages whose entries are inaccessible? PROT_NONE stands for hinted too: both have the same
 * entries. The defect is 474098edac26 ("mm/gup: replace FOLL_NUMA by gup_can_follow_protnone()", 6.1).
 */
#ifndef NUMAPROBE_QUICKCHECK_H
#define NUMAPROBE_QUICKCHECK_H

#include "snapshot.h"

/* A third of a millisecond, 2 MiB of memory for that long, no privilege. Fills *ret; strings are *ret's. */
void np_quickcheck(int root_fd, struct np_quickcheck *ret);

#endif
