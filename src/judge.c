// SPDX-License-Identifier: GPL-2.0-or-later
/* Agrees, under-reports, over-reports, or nobody knows. */
#include "judge.h"

#define FAULT_PAGES 512 /* that one fault can bring: a huge page */

/* How far a number lies outside of a bracket that is widened at both ends. */
static int64_t outside(int64_t pages, const struct np_bracket *bracket, uint64_t widened)
{
	int64_t low = (int64_t)bracket->low - (int64_t)widened, high = (int64_t)bracket->high + (int64_t)widened;

	if (pages < low)
		return pages - low;
	return pages > high ? pages - high : 0;
}

static bool same(const struct np_bracket *a, const struct np_bracket *b)
{
	return a->low == b->low && a->high == b->high;
}

struct np_judgement np_judge(const struct np_evidence *evidence)
{
	struct np_judgement judgement = { NP_AGREES, 0, NULL, NP_EFFECT_NOT_TESTED, false };
	uint64_t explained = evidence->lag_pages + FAULT_PAGES * evidence->faults;
	bool expected = outside(evidence->pages, &evidence->expected, evidence->lag_pages) == 0;

	judgement.difference_pages = outside(evidence->pages, &evidence->truth, 0);
	judgement.as_predicted = expected ? NP_EFFECT_YES : NP_EFFECT_NO;
	if (outside(evidence->pages, &evidence->truth, evidence->lag_pages) == 0)
		return judgement;
	judgement.verdict = judgement.difference_pages < 0 ? NP_UNDER_REPORTS : NP_OVER_REPORTS;
	if (evidence->defect && judgement.verdict == NP_UNDER_REPORTS && !same(&evidence->truth, &evidence->expected))
		judgement.cause = evidence->defect;
	if (judgement.cause && expected)
		return judgement;
	if (evidence->settled && outside(evidence->pages, &evidence->truth, explained) != 0)
		return judgement;
	judgement.verdict = NP_VERDICT_UNKNOWN;
	judgement.cause = NULL;
	judgement.as_predicted = NP_EFFECT_NOT_TESTED;
	judgement.unsettled = true;
	return judgement;
}
