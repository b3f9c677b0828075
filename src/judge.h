/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what a file says can be true, given the page tables before and after: no I/O, only the decision. */
#ifndef NUMAPROBE_JUDGE_H
#define NUMAPROBE_JUDGE_H

#include "claims.h"

struct np_evidence {
	int64_t pages;		    /* what the file says */
	struct np_bracket truth;    /* what the page tables allow */
	struct np_bracket expected; /* what they allow to a reader that has the defects of the quick test */
	uint64_t lag_pages;	    /* how far the counter may be off */
	uint64_t faults;	    /* of the target, while it was read */
	bool settled;		    /* the mappings stayed the same */
	const char *defect;	    /* the quick test found that this reader has it; or NULL */
};

struct np_judgement {
	enum np_verdict verdict;
	int64_t difference_pages; /* from the nearer end of truth; 0 within it */
	const char *cause;	  /* the evidence's defect, or NULL */
	enum np_effect as_predicted;
	bool unsettled; /* the verdict is unknown because the target changed too much */
};

/*
 * A page that was there before and after may have been away in between, and the other way round, but only by a
 * fault, which brings up to a huge page; or by a change of the mappings. So where there was neither, the bracket is
 * exact; otherwise a difference counts only if faults cannot explain it, or if it is just what the defect, which
 * this kernel was seen to have, makes of it.
 */
struct np_judgement np_judge(const struct np_evidence *evidence);

#endif
