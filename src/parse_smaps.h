/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/PID/smaps and smaps_rollup: what the kernel counts by mapping, or in one. */
#ifndef NUMAPROBE_PARSE_SMAPS_H
#define NUMAPROBE_PARSE_SMAPS_H

#include "snapshot.h"

enum np_smaps_field {
	NP_SMAPS_RSS,
	NP_SMAPS_PSS,
	NP_SMAPS_ANONYMOUS,
	NP_SMAPS_ANON_HUGE_PAGES,
	NP_SMAPS_SHMEM_PMD_MAPPED,
	NP_SMAPS_FILE_PMD_MAPPED, /* since Linux 5.4 */
	NP_SMAPS_SHARED_HUGETLB,  /* hugetlbfs is in these two, and not in Rss */
	NP_SMAPS_PRIVATE_HUGETLB,
	NP_SMAPS_SWAP,
	NP_SMAPS_LOCKED,
	NP_SMAPS_KERNEL_PAGE_SIZE, /* not in smaps_rollup; has no sum */
	NP_SMAPS_FIELDS,
};

struct np_smaps_map {
	uint64_t start, end;
	uint64_t bytes[NP_SMAPS_FIELDS]; /* 0 also where the file has no such line: see the sums */
};

struct np_smaps {
	size_t count;
	struct np_smaps_map *maps;
	/* Known where every mapping had the field, and there was a mapping: an exited target's file is empty. */
	struct np_fact sum_bytes[NP_SMAPS_FIELDS];
};

/*
 * Lines of smaps or of smaps_rollup, which has one mapping, each whole.
 * 0, -EINVAL, -ERANGE, -ENOMEM; *ret, untouched then, is for np_smaps_free().
 */
int np_parse_smaps(const char *text, size_t length, struct np_smaps *ret);
void np_smaps_free(struct np_smaps *smaps);

/* As the kernel calls it: "Rss". Static. */
const char *np_smaps_field_name(enum np_smaps_field field);

#endif
