/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes of a report: mappings, comparisons, counters. */
#include "replay_target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "i18n.h"
#include "replay_compare.h"
#include "replay_experiment.h"
#include "replay_grains.h"
#include "replay_pages.h"

#define PID_MOST 4194304 /* PID_MAX_LIMIT of 64-bit kernels */

static int check_range(struct np_replay *replay, uint64_t start, uint64_t end)
{
	return start < end ? 0 : np_replay_at(replay, "end", np_replay_wrong(replay, _("not after its start")));
}

static int read_perms(struct np_replay *replay, const struct np_json *value,
		      const struct np_field *field __attribute__((unused)), void *ret)
{
	static const char *const choices[] = { "r-", "w-", "x-", "ps-" };
	int result = np_replay_expect(replay, value, NP_JSON_STRING);
	const char *perms;

	if (result)
		return result;
	perms = np_json_string(value);
	for (size_t i = 0; i < 4; i++)
		if (perms[i] == '\0' || !strchr(choices[i], perms[i]))
			return np_replay_wrong(replay, _("no permissions"));
	if (perms[4] != '\0')
		return np_replay_wrong(replay, _("no permissions"));
	memcpy(ret, perms, 5);
	return 0;
}

#define AT(type, member) .offset = offsetof(struct type, member)

static const struct np_field mapping_fields[] = {
	{ .key = "start", .read = np_field_address, AT(np_mapping, start) },
	{ .key = "end", .read = np_field_address, AT(np_mapping, end) },
	{ .key = "perms", .read = read_perms, AT(np_mapping, perms) },
	{ .key = "offset", .read = np_field_count, AT(np_mapping, offset) },
	{ .key = "path", .read = np_field_text, AT(np_mapping, path) },
	{ .key = "hugetlb", .read = np_field_bool, AT(np_mapping, hugetlb) },
	{ .key = "page_bytes", .read = np_field_fact, AT(np_mapping, page_bytes), .flags = NP_FIELD_NULL },
	{ .key = "policy", .read = np_field_text, AT(np_mapping, policy), .flags = NP_FIELD_NULL },
	{ .key = "pages", .read = np_field_pages, AT(np_mapping, pages) },
	{ .key = "huge", .read = np_field_huge, AT(np_mapping, pages) },
	NP_FIELD_END,
};

static int read_mapping(struct np_replay *replay, const struct np_json *value,
			const struct np_field *field __attribute__((unused)), void *ret)
{
	struct np_mapping *mapping = ret;
	int result = np_replay_tally_init(replay, &mapping->pages);

	if (!result)
		result = np_replay_object(replay, value, mapping_fields, mapping);
	return result ? result : check_range(replay, mapping->start, mapping->end);
}

static const struct np_field source_fields[] = {
	{ .key = "name", .read = np_field_name, AT(np_source, name) },
	{ .key = "exact", .read = np_field_bool, AT(np_source, exact) },
	{ .key = "elapsed_ns", .read = np_field_count, AT(np_source, elapsed_ns) },
	{ .key = "why_not_better", .read = np_field_text, AT(np_source, why_not_better), .flags = NP_FIELD_NULL },
	{ .key = "how_hints", .read = np_field_text, AT(np_source, how_hints), .flags = NP_FIELD_NULL },
	NP_FIELD_END,
};

static const struct np_field range_fields[] = {
	{ .key = "start", .read = np_field_address, AT(np_target, range_start) },
	{ .key = "end", .read = np_field_address, AT(np_target, range_end) },
	NP_FIELD_END,
};

static const struct np_field balancing_fields[] = {
	{ .key = "preferred_node", .read = np_field_fact, AT(np_target, preferred_node), .flags = NP_FIELD_NULL,
	  .least = -1 },
	{ .key = "scan_seq", .read = np_field_fact, AT(np_target, scan_seq), .flags = NP_FIELD_NULL },
	{ .key = "pages_migrated", .read = np_field_fact, AT(np_target, pages_migrated), .flags = NP_FIELD_NULL },
	NP_FIELD_END,
};

static const struct np_field thread_fields[] = {
	{ .key = "tid", .read = np_field_int, AT(np_thread, tid), .least = 1, .most = PID_MOST },
	{ .key = "name", .read = np_field_text, AT(np_thread, name), .flags = NP_FIELD_NULL },
	{ .key = "cpu", .read = np_field_fact, AT(np_thread, cpu), .flags = NP_FIELD_NULL },
	{ .key = "node", .read = np_field_fact, AT(np_thread, node), .flags = NP_FIELD_NULL },
	{ .key = "preferred_node", .read = np_field_fact, AT(np_thread, preferred_node), .flags = NP_FIELD_NULL,
	  .least = -1 },
	NP_FIELD_END,
};

#define RATE(key_, member) { .key = (key_), .read = np_field_fact, AT(np_rates, member), .flags = NP_FIELD_NULL }

static int read_time(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	char *text = NULL;
	int result = np_field_sentence(replay, value, field, &text);

	if (!result && strlen(text) >= sizeof(((struct np_rates *)NULL)->time))
		result = np_replay_wrong(replay, _("no time"));
	if (!result)
		strncpy(ret, text, sizeof(((struct np_rates *)NULL)->time) - 1); /* the rest is 0 */
	free(text);
	return result;
}

static const struct np_field rates_fields[] = {
	{ .key = "time", .read = read_time, AT(np_rates, time) },
	{ .key = "interval_ns", .read = np_field_count, AT(np_rates, interval_ns), .flags = NP_FIELD_NULL, .least = 1 },
	RATE("hints_made", made),
	RATE("hints_cleared", cleared),
	RATE("moved", moved),
	RATE("minor_faults", minor_faults),
	NP_FIELD_END,
};

/* Only --watch writes them. */
static int read_rates(struct np_replay *replay, const struct np_json *value,
		      const struct np_field *field __attribute__((unused)), void *ret)
{
	struct np_rates *rates = calloc(1, sizeof(*rates));

	if (!rates)
		return -ENOMEM;
	*(struct np_rates **)ret = rates;
	return np_replay_object(replay, value, rates_fields, rates);
}

static const struct np_field target_fields[] = {
	{ .key = "pid", .read = np_field_int, AT(np_target, pid), .least = 1, .most = PID_MOST },
	{ .key = "command", .read = np_field_text, AT(np_target, command), .flags = NP_FIELD_NULL },
	{ .key = "threads", .read = np_field_fact, AT(np_target, threads), .flags = NP_FIELD_NULL },
	{ .key = "start_ticks", .read = np_field_fact, AT(np_target, start_ticks), .flags = NP_FIELD_NULL },
	{ .key = "range", .read = np_field_object, .flags = NP_FIELD_NULL, .fields = range_fields },
	{ .key = "source", .read = np_field_object, AT(np_target, source), .flags = NP_FIELD_NULL,
	  .fields = source_fields },
	{ .key = "pages", .read = np_field_pages, AT(np_target, pages), .flags = NP_FIELD_NULL },
	{ .key = "huge", .read = np_field_huge, AT(np_target, pages), .flags = NP_FIELD_NULL },
	{ .key = "balancing", .read = np_field_object, .fields = balancing_fields },
	{ .key = "threads_seen", .read = np_field_array, AT(np_target, threads_seen), .flags = NP_FIELD_OPTIONAL,
	  .fields = thread_fields, .count_offset = offsetof(struct np_target, thread_count),
	  .item_bytes = sizeof(struct np_thread) },
	{ .key = "memory_nodes", .read = np_field_sentence, AT(np_target, memory_nodes),
	  .flags = NP_FIELD_NULL | NP_FIELD_OPTIONAL },
	{ .key = "policy", .read = np_field_sentence, AT(np_target, policy),
	  .flags = NP_FIELD_NULL | NP_FIELD_OPTIONAL },
	{ .key = "rates", .read = read_rates, AT(np_target, rates), .flags = NP_FIELD_OPTIONAL },
	{ .key = "mappings", .read = np_field_array, AT(np_target, mappings), .flags = NP_FIELD_NULL,
	  .count_offset = offsetof(struct np_target, mapping_count), .item_bytes = sizeof(struct np_mapping),
	  .read_item = read_mapping },
	{ .key = "grains", .read = np_field_grains, AT(np_target, grains), .flags = NP_FIELD_OPTIONAL },
	{ .key = "reports", .read = np_field_array, AT(np_target, comparisons),
	  .read_item = np_field_comparison, .most = NP_REPLAY_TESTS_MOST,
	  .count_offset = offsetof(struct np_target, comparison_count), .item_bytes = sizeof(struct np_comparison) },
	{ .key = "reads", .read = np_field_array, AT(np_target, read_effects), .fields = np_read_fields,
	  .most = NP_REPLAY_TESTS_MOST,
	  .count_offset = offsetof(struct np_target, read_effect_count), .item_bytes = sizeof(struct np_read_effect) },
	{ .key = "experiment", .read = np_field_experiment, AT(np_target, experiment), .flags = NP_FIELD_OPTIONAL },
	NP_FIELD_END,
};

static bool is_null(const struct np_json *object, const char *key)
{
	return np_json_type(np_json_get(object, key)) == NP_JSON_NULL;
}

/* Either all that reading the process gave is there, or nothing of it. */
static int check_readable(struct np_replay *replay, const struct np_json *value, struct np_target *target)
{
	target->readable = !is_null(value, "pages");
	if (is_null(value, "source") == target->readable)
		return np_replay_at(replay, "source", np_replay_wrong(replay, _("does not go with its pages")));
	if (is_null(value, "huge") == target->readable)
		return np_replay_at(replay, "huge", np_replay_wrong(replay, _("does not go with its pages")));
	if (!target->readable && target->mappings)
		return np_replay_at(replay, "mappings", np_replay_wrong(replay, _("does not go with its pages")));
	return 0;
}

int np_field_target(struct np_replay *replay, const struct np_json *value,
		    const struct np_field *field __attribute__((unused)), void *ret)
{
	struct np_target *target = ret;
	int result = np_replay_tally_init(replay, &target->pages);

	if (!result)
		result = np_replay_object(replay, value, target_fields, target);
	if (!result && !is_null(value, "range"))
		result = np_replay_at(replay, "range", check_range(replay, target->range_start, target->range_end));
	return result ? result : check_readable(replay, value, target);
}
