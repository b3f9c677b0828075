// SPDX-License-Identifier: GPL-2.0-or-later
/* Experiments of a report: every window, and what was concluded then. */
#include "replay_experiment.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "experiment.h"
#include "i18n.h"

#define AT(type, member) .offset = offsetof(struct type, member)
#define COUNT(member) { .key = #member, .read = np_field_count, AT(np_trial, member) }
#define MAYBE(member) { .key = #member, .read = np_field_fact, AT(np_trial, member), .flags = NP_FIELD_NULL }

static const struct np_field window_fields[] = {
	{ .key = "reader", .read = np_field_name, AT(np_trial, reader) },
	COUNT(elapsed_ns),
	COUNT(reading_ns),
	COUNT(reads),
	COUNT(faults),
	COUNT(hints_before),
	COUNT(hints_after),
	{ .key = "made", .read = np_field_int64, AT(np_trial, made), .least = INT64_MIN },
	MAYBE(run_ns),
	MAYBE(scans),
	MAYBE(pte_updates),
	MAYBE(hint_faults),
	NP_FIELD_END,
};

static const char *const kinds[] = { "causes", "stalls", "loses", NULL };
static const char *const verdicts[] = {
	[NP_EFFECT_NO] = "none seen",
	[NP_EFFECT_YES] = "yes",
	[NP_EFFECT_NOT_TESTED] = "unknown",
	NULL,
};

#define REAL(member) { .key = #member, .read = np_field_real, AT(np_effect_test, difference.member) }
#define BOUND(member)                                                                                             \
	{ .key = #member, .read = np_field_real, AT(np_effect_test, difference.member), .flags = NP_FIELD_NULL }

static const struct np_field effect_fields[] = {
	{ .key = "effect", .read = np_field_choice, AT(np_effect_test, kind), .words = kinds },
	{ .key = "reader", .read = np_field_name, AT(np_effect_test, reader) },
	{ .key = "control", .read = np_field_name, AT(np_effect_test, control) },
	{ .key = "verdict", .read = np_field_choice, AT(np_effect_test, found), .words = verdicts },
	{ .key = "reason", .read = np_field_kept, AT(np_effect_test, reason), .flags = NP_FIELD_NULL },
	{ .key = "with", .read = np_field_real, AT(np_effect_test, difference.with_mean) },
	{ .key = "without", .read = np_field_real, AT(np_effect_test, difference.without_mean) },
	REAL(difference),
	BOUND(low),
	BOUND(high),
	REAL(p),
	{ .key = "adjusted_p", .read = np_field_real, AT(np_effect_test, adjusted_p) },
	REAL(superiority),
	{ .key = "detectable", .read = np_field_real, AT(np_effect_test, detectable), .flags = NP_FIELD_NULL },
	NP_FIELD_END,
};

/* What has no bound is null. */
static int read_effect(struct np_replay *replay, const struct np_json *value,
		       const struct np_field *field __attribute__((unused)), void *ret)
{
	struct np_effect_test *test = ret;
	int result;

	test->difference.low = -INFINITY;
	test->difference.high = test->detectable = INFINITY;
	result = np_replay_object(replay, value, effect_fields, test);
	if (!result && test->found == NP_EFFECT_NOT_TESTED && !test->reason)
		result = np_replay_at(replay, "reason", np_replay_wrong(replay, _("missing")));
	return result;
}

static int read_complete(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	bool complete = false;
	int result = np_field_bool(replay, value, field, &complete);

	*(bool *)ret = !complete;
	return result;
}

static const struct np_field experiment_fields[] = {
	{ .key = "rounds", .read = np_field_unsigned, AT(np_experiment, rounds) },
	{ .key = "seed", .read = np_field_count, AT(np_experiment, seed) },
	{ .key = "complete", .read = read_complete, AT(np_experiment, broken_off) },
	{ .key = "windows", .read = np_field_array, AT(np_experiment, windows), .fields = window_fields,
	  .count_offset = offsetof(struct np_experiment, window_count), .item_bytes = sizeof(struct np_trial) },
	{ .key = "effects", .read = np_field_array, AT(np_experiment, tests), .read_item = read_effect,
	  .most = NP_REPLAY_TESTS_MOST,
	  .count_offset = offsetof(struct np_experiment, test_count), .item_bytes = sizeof(struct np_effect_test) },
	NP_FIELD_END,
};

int np_field_experiment(struct np_replay *replay, const struct np_json *value,
			const struct np_field *field __attribute__((unused)), void *ret)
{
	struct np_experiment *experiment = calloc(1, sizeof(*experiment));

	if (!experiment)
		return -ENOMEM;
	*(struct np_experiment **)ret = experiment; /* the snapshot frees it, filled or not */
	return np_replay_object(replay, value, experiment_fields, experiment);
}
