/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What readers say about an area of a subject, and whether it is true. */
#ifndef NUMAPROBE_CHECK_SAY_H
#define NUMAPROBE_CHECK_SAY_H

#include "check_run.h"

/* The readers that say how many pages are resident. */
enum np_sayer {
	NP_SAYER_STATUS,
	NP_SAYER_STATM,
	NP_SAYER_SMAPS,
	NP_SAYER_ROLLUP,
	NP_SAYER_NUMA_MAPS,
	NP_SAYER_PAGEMAP,
	NP_SAYER_MOVE_PAGES,
	NP_SAYER_PAGEMAP_SCAN,
	NP_SAYER_MINCORE,
	NP_SAYERS,
};

/* Pages, of the area or, for some readers, of the whole process. */
struct np_sayings {
	struct np_fact resident_pages; /* of the area, by its page tables, after all had been asked */
	struct {
		int error; /* 0; -ENOTSUP: this kernel lacks the reader */
		uint64_t pages;
	} by[NP_SAYERS];
};

/* Asks all readers about a subject that does nothing meanwhile. 0 or -ENOMEM. */
int np_sayings_take(const struct np_checker *checker, struct np_subject *subject, const struct np_area *area,
		    struct np_sayings *ret);

/*
 * Adds the distorts tests of an area of so many resident pages. plain: said while all of it was present;
 * tested: while it was inaccessible, and nothing else had changed.
 */
int np_sayings_judge(struct np_checker *checker, enum np_check_memory memory, uint64_t pages,
		     const struct np_sayings *plain, const struct np_sayings *tested);

/* Adds the same tests as unknown, for a reason. */
int np_sayings_unknown(struct np_checker *checker, enum np_check_memory memory, const char *why);

/* The reason where no huge page could be had. */
const char *np_no_huge_page(void);

#endif
