// SPDX-License-Identifier: GPL-2.0-or-later
/* What a field says beside the page tables, as a whole and by mapping. */
#include "compare_row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "i18n.h"
#include "judge.h"
#include "quickcheck.h"

static const char *defect_of(const struct np_claim *claim, const struct np_quickcheck *check)
{
	const struct np_defect *defect = claim->smaps_defect	  ? np_quick_defect(check, "smaps-") :
					 claim->move_pages_defect ? np_quick_defect(check, "move-pages-") :
								    NULL;

	return defect ? defect->name : NULL;
}

/* Keeps a mapping of which the file says something else than the page tables; counts it otherwise. */
static int keep_mapping(const struct np_map *map, const struct np_evidence *evidence, struct np_comparison *row)
{
	struct np_judgement judgement = np_judge(evidence);
	struct np_mapping_comparison *more;

	if (judgement.verdict == NP_AGREES) {
		row->mappings_agree++;
		return 0;
	}
	more = reallocarray(row->mappings, row->mapping_count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	row->mappings = more;
	more += row->mapping_count;
	*more = (struct np_mapping_comparison){
		.start = map->start,
		.end = map->end,
		.path = strdup(map->path),
		.pages = (uint64_t)evidence->pages,
		.low = evidence->truth.low,
		.high = evidence->truth.high,
		.verdict = judgement.verdict,
		.difference_pages = judgement.difference_pages,
		.cause = judgement.cause,
	};
	row->mapping_count++;
	return more->path ? 0 : -ENOMEM;
}

/* Mappings that the file does not have, as some lack the vsyscall page, are passed over. */
static int compare_mappings(const struct np_claim *claim, const struct np_bracketed *bracketed,
			    const struct np_answer_pages *answer, const struct np_evidence *whole,
			    struct np_comparison *row)
{
	const struct np_maps *maps = &bracketed->before->maps;
	struct np_bracket *truth = calloc(2 * maps->count, sizeof(*truth)), *expected, sum;
	int result = 0;

	if (!truth)
		return -ENOMEM;
	expected = truth + maps->count;
	np_claim_bracket(claim, bracketed->before, bracketed->after, NULL, &sum, truth);
	np_claim_bracket(claim, bracketed->before, bracketed->after, &bracketed->snapshot->check, &sum, expected);
	for (size_t i = 0, k = 0; !result && i < maps->count; i++) {
		struct np_evidence evidence = *whole;

		while (k < answer->count && answer->said[k].start < maps->maps[i].start)
			k++;
		if (k == answer->count || answer->said[k].start != maps->maps[i].start)
			continue;
		evidence.pages = (int64_t)answer->said[k].pages;
		evidence.truth = truth[i];
		evidence.expected = expected[i];
		result = keep_mapping(&maps->maps[i], &evidence, row);
	}
	free(truth);
	return result;
}

static int explain_unknown(const struct np_bracketed *bracketed, struct np_comparison *row)
{
	int length;

	if (!row->pages.known)
		length = asprintf(&row->reason, "%s", N_("this kernel's file does not say"));
	else if (!bracketed->settled)
		length = asprintf(&row->reason, "its mappings changed while it was read, each of %d times",
				  NP_COMPARE_TRIES);
	else
		length = asprintf(&row->reason, "%llu page faults while it was read may explain the difference",
				  (unsigned long long)bracketed->faults);
	if (length >= 0)
		return 0;
	row->reason = NULL;
	return -ENOMEM;
}

static struct np_evidence evidence_of(const struct np_claim *claim, const struct np_bracketed *bracketed)
{
	const struct np_quickcheck *check = &bracketed->snapshot->check;
	struct np_evidence evidence = {
		.lag_pages = claim->lags ? bracketed->lag_pages : 0,
		.faults = bracketed->faults,
		.settled = bracketed->settled,
		.defect = defect_of(claim, check),
	};

	np_claim_bracket(claim, bracketed->before, bracketed->after, NULL, &evidence.truth, NULL);
	np_claim_bracket(claim, bracketed->before, bracketed->after, check, &evidence.expected, NULL);
	return evidence;
}

static struct np_comparison row_of(const struct np_claim *claim, const struct np_evidence *evidence)
{
	return (struct np_comparison){
		.name = claim->reader,
		.field = claim->field,
		.on_demand = claim->on_demand,
		.low = evidence->truth.low,
		.high = evidence->truth.high,
		.predicted_low = evidence->expected.low,
		.predicted_high = evidence->expected.high,
		.verdict = NP_VERDICT_UNKNOWN,
		.as_predicted = NP_EFFECT_NOT_TESTED,
		.lag_pages = evidence->lag_pages,
		.faults = evidence->faults,
	};
}

static void judge_row(const struct np_evidence *evidence, struct np_comparison *row)
{
	struct np_judgement judgement = np_judge(evidence);

	row->pages = NP_FACT(evidence->pages);
	row->verdict = judgement.verdict;
	row->difference_pages = judgement.difference_pages;
	row->cause = judgement.cause;
	row->as_predicted = judgement.as_predicted;
}

int np_compare_row(const struct np_claim *claim, const struct np_bracketed *bracketed, struct np_comparison *ret)
{
	struct np_evidence evidence = evidence_of(claim, bracketed);
	struct np_answer_pages answer = { 0 };
	int result = claim->extract(&bracketed->read, bracketed->snapshot->system.page_bytes, &answer);

	if (result)
		return result;
	*ret = row_of(claim, &evidence);
	if (answer.pages.known) {
		evidence.pages = answer.pages.value;
		judge_row(&evidence, ret);
	}
	if (ret->verdict == NP_VERDICT_UNKNOWN)
		result = explain_unknown(bracketed, ret);
	if (!result && bracketed->want_mappings && bracketed->settled) {
		result = np_spans_answer(&bracketed->spans, &bracketed->read, bracketed->before, &answer);
		ret->has_mappings = answer.count > 0;
	}
	if (!result && ret->has_mappings)
		result = compare_mappings(claim, bracketed, &answer, &evidence, ret);
	np_answer_free(&answer);
	return result;
}
