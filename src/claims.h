/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one table of what each interface of the kernel claims to count, page state by page state, so that what it says
 * can be held against the page tables exactly. No two of them count the same.
 */
#ifndef NUMAPROBE_CLAIMS_H
#define NUMAPROBE_CLAIMS_H

#include "readers.h"
#include "survey.h"

/* MAYBE: kernels differ, or the page tables do not say enough. */
enum np_counted { NP_COUNTED_NO, NP_COUNTED_MAYBE, NP_COUNTED_YES };

/* What one mapping has, as a file said it. */
struct np_said {
	uint64_t start; /* address of the mapping */
	uint64_t pages;
};

/* A file's answer. Zero-initialised; np_answer_free(). */
struct np_answer_pages {
	struct np_fact pages; /* unknown: the file does not have the field */
	size_t count;	      /* by mapping, ascending; 0: the file does not say */
	struct np_said *said;
};

struct np_claim {
	const char *reader, *field;
	bool on_demand; /* of interest only where it is not 0 */
	bool lags;	/* a counter that may be behind: see lag.h */
	bool smaps_defect, move_pages_defect; /* does not see what the quick test found such readers to miss */
	enum np_counted normal;	  /* a present, hinted or PROT_NONE page that is not hugetlb */
	enum np_counted hugetlb;  /* the same of a hugetlbfs mapping */
	enum np_counted reserved; /* of the kernel's image: [vdso] */
	enum np_counted other[NP_STATES]; /* by any other state */
	int (*extract)(const struct np_read *read, unsigned page_bytes, struct np_answer_pages *ret);
};

/* Ends with a row whose reader is NULL; rows of one reader follow each other. */
extern const struct np_claim np_claims[];

/* The bounds of what a truthful interface can say that was read between two surveys, in pages. */
struct np_bracket {
	uint64_t low;  /* counted in both */
	uint64_t high; /* counted, perhaps, in one of them */
};

/*
 * Of a claim, over all mappings; by_mapping is NULL, or of before's number of mappings and only right where both
 * have the same. check: NULL, or the quick test whose findings are taken into account: what a reader says that
 * has these defects.
 */
void np_claim_bracket(const struct np_claim *claim, const struct np_survey *before, const struct np_survey *after,
		      const struct np_quickcheck *check, struct np_bracket *ret, struct np_bracket *by_mapping);

void np_answer_free(struct np_answer_pages *answer);

#endif
