/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparisons of a report. What a row is of interest for is no finding, but in the table of claims. */
#include "replay_compare.h"

#include <string.h>

#include "claims.h"
#include "i18n.h"
#include "state.h"

#define PAGES_MOST ((int64_t)NP_RUN_PAGES_MOST)

#define AT(type, member) .offset = offsetof(struct type, member)

static const char *const verdicts[] = {
	[NP_AGREES] = "agrees",
	[NP_UNDER_REPORTS] = "under-reports",
	[NP_OVER_REPORTS] = "over-reports",
	[NP_VERDICT_UNKNOWN] = "unknown",
	NULL,
};

static const char *const clears[] = {
	[NP_EFFECT_NO] = "leaves hints alone",
	[NP_EFFECT_YES] = "clears hints",
	[NP_EFFECT_NOT_TESTED] = "unknown",
	NULL,
};

#define PAGES(type, key_) { .key = #key_, .read = np_field_count, AT(type, key_), .most = PAGES_MOST }

static const struct np_field mapping_fields[] = {
	{ .key = "start", .read = np_field_address, AT(np_mapping_comparison, start) },
	{ .key = "end", .read = np_field_address, AT(np_mapping_comparison, end) },
	{ .key = "path", .read = np_field_text, AT(np_mapping_comparison, path) },
	PAGES(np_mapping_comparison, pages),
	PAGES(np_mapping_comparison, low),
	PAGES(np_mapping_comparison, high),
	{ .key = "verdict", .read = np_field_choice, AT(np_mapping_comparison, verdict), .words = verdicts },
	{ .key = "difference_pages", .read = np_field_int64, AT(np_mapping_comparison, difference_pages),
	  .least = -PAGES_MOST, .most = PAGES_MOST },
	{ .key = "cause", .read = np_field_name, AT(np_mapping_comparison, cause), .flags = NP_FIELD_NULL },
	NP_FIELD_END,
};

/* true, false or null */
static int read_as_predicted(struct np_replay *replay, const struct np_json *value, const struct np_field *field,
			     void *ret)
{
	bool as_predicted = false;
	int result = np_field_bool(replay, value, field, &as_predicted);

	if (!result)
		*(enum np_effect *)ret = as_predicted ? NP_EFFECT_YES : NP_EFFECT_NO;
	return result;
}

static const struct np_field comparison_fields[] = {
	{ .key = "name", .read = np_field_name, AT(np_comparison, name) },
	{ .key = "field", .read = np_field_name, AT(np_comparison, field) },
	{ .key = "pages", .read = np_field_fact, AT(np_comparison, pages), .flags = NP_FIELD_NULL, .most = PAGES_MOST },
	PAGES(np_comparison, low),
	PAGES(np_comparison, high),
	{ .key = "verdict", .read = np_field_choice, AT(np_comparison, verdict), .words = verdicts },
	{ .key = "difference_pages", .read = np_field_int64, AT(np_comparison, difference_pages),
	  .flags = NP_FIELD_NULL, .least = -PAGES_MOST, .most = PAGES_MOST },
	{ .key = "cause", .read = np_field_name, AT(np_comparison, cause), .flags = NP_FIELD_NULL },
	PAGES(np_comparison, predicted_low),
	PAGES(np_comparison, predicted_high),
	{ .key = "as_predicted", .read = read_as_predicted, AT(np_comparison, as_predicted), .flags = NP_FIELD_NULL },
	PAGES(np_comparison, lag_pages),
	{ .key = "faults", .read = np_field_count, AT(np_comparison, faults) },
	{ .key = "reason", .read = np_field_text, AT(np_comparison, reason), .flags = NP_FIELD_NULL },
	{ .key = "mappings", .read = np_field_array, AT(np_comparison, mappings), .flags = NP_FIELD_NULL,
	  .fields = mapping_fields, .count_offset = offsetof(struct np_comparison, mapping_count),
	  .item_bytes = sizeof(struct np_mapping_comparison) },
	{ .key = "mappings_agree", .read = np_field_count, AT(np_comparison, mappings_agree), .flags = NP_FIELD_NULL },
	NP_FIELD_END,
};

static bool is_on_demand(const struct np_comparison *comparison)
{
	for (const struct np_claim *claim = np_claims; claim->reader; claim++)
		if (strcmp(claim->reader, comparison->name) == 0 && strcmp(claim->field, comparison->field) == 0)
			return claim->on_demand;
	return false;
}

int np_field_comparison(struct np_replay *replay, const struct np_json *value,
			const struct np_field *field __attribute__((unused)), void *ret)
{
	struct np_comparison *comparison = ret;
	int result;

	comparison->as_predicted = NP_EFFECT_NOT_TESTED;
	result = np_replay_object(replay, value, comparison_fields, comparison);
	if (result)
		return result;
	comparison->has_mappings = comparison->mappings != NULL;
	comparison->on_demand = is_on_demand(comparison);
	return 0;
}

const struct np_field np_read_fields[] = {
	{ .key = "reader", .read = np_field_name, AT(np_read_effect, reader) },
	PAGES(np_read_effect, hinted_before),
	PAGES(np_read_effect, cleared),
	{ .key = "cleared_control", .read = np_field_fact, AT(np_read_effect, cleared_control), .flags = NP_FIELD_NULL,
	  .most = PAGES_MOST },
	{ .key = "elapsed_ns", .read = np_field_count, AT(np_read_effect, elapsed_ns) },
	{ .key = "verdict", .read = np_field_choice, AT(np_read_effect, clears), .words = clears },
	{ .key = "stopped", .read = np_field_bool, AT(np_read_effect, stopped), .flags = NP_FIELD_OPTIONAL },
	NP_FIELD_END,
};
