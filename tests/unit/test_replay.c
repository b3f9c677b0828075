/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replay: what is written is what is read, for snapshots of every kind and for reports of real machines; and no
 * damage to a report does more than to have it refused. The sanitizers watch.
 */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grains.h"
#include "kernel_check.h"
#include "renderers.h"
#include "replay.h"
#include "view_compare.h"
#include "view_experiment.h"
#include "view_summary.h"

static const struct np_view views[] = {
	{ .utf8 = true, .width = 80 },
	{ .bytes = true },
};

static struct np_snapshot *replay(const char *text)
{
	struct np_snapshot *snapshot = NULL;
	char *error = NULL;
	int result = np_replay_text(text, strlen(text), &snapshot, &error);

	if (result)
		fail_msg("%s (%d): %s", error ? error : "", result, text);
	return snapshot;
}

static void assert_same(const struct np_snapshot *left, const struct np_snapshot *right)
{
	for (sample_renderer *const *renderer = all_renderers; *renderer; renderer++)
		for (size_t j = 0; j < sizeof(views) / sizeof(views[0]); j++) {
			char *left_text = sample_render(*renderer, left, &views[j]);
			char *right_text = sample_render(*renderer, right, &views[j]);

			assert_string_equal(left_text, right_text);
			free(left_text);
			free(right_text);
		}
}

/* Every view of the snapshot is that of its report. The snapshot ends. */
static void check_round_trip(struct np_snapshot *snapshot)
{
	char *text = sample_render(render_json, snapshot, NULL);
	struct np_snapshot *again = replay(text);

	assert_same(snapshot, again);
	np_snapshot_destroy(snapshot);
	np_snapshot_destroy(again);
	free(text);
}

static void add_mappings(struct np_snapshot *snapshot, struct np_target *target)
{
	struct np_mapping *mapping =
		sample_mapping(snapshot, target, 0x7f0000000000, 0xffffffffff601000, "rw-s",
			       "/a\n\\\303\251\377\"\342\200\256");
	uint64_t *counters = &mapping->pages.zero;

	for (uint64_t i = 0; i < (uint64_t)NP_R_ACCESSIBLE * 3; i++)
		mapping->pages.by_node[0][i] = 100 + i;
	for (uint64_t i = 0; i < 13; i++) /* zero to protnone_thp */
		counters[i] = 200 + i;
	mapping->offset = UINT64_C(1) << 40;
	mapping->policy = strdup("bind:0-1");
	mapping->page_bytes = NP_FACT(4096);
	mapping->hugetlb = true;
	sample_mapping(snapshot, target, 0x1000, 0x2000, "---p", "");
}

static void test_mappings(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();

	(void)state;
	add_mappings(snapshot, &snapshot->targets[0]);
	snapshot->targets[0].range_start = 0x1000;
	snapshot->targets[0].range_end = UINT64_MAX - 4095;
	check_round_trip(snapshot);
}

static void test_no_mapping_is_not_no_mappings(void **state)
{
	struct np_snapshot *snapshot = sample_postgres(), *again;
	char *text;

	(void)state;
	snapshot->targets[0].mappings = calloc(1, sizeof(struct np_mapping));
	text = sample_render(render_json, snapshot, NULL);
	again = replay(text);
	assert_non_null(again->targets[0].mappings);
	assert_int_equal(again->targets[0].mapping_count, 0);
	np_snapshot_destroy(again);
	free(text);
	check_round_trip(snapshot);
}

static void test_problems(void **state)
{
	struct np_snapshot *snapshot = sample_hints_unknown();

	(void)state;
	add_mappings(snapshot, &snapshot->targets[0]);
	np_problem_add(snapshot, "/proc/4711/smaps", "open", EACCES, "smaps \033 was not compared");
	np_problem_add(snapshot, "", "", 0, "%s", "");
	check_round_trip(snapshot);
}

static void test_comparisons(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();

	(void)state;
	sample_comparisons(&snapshot->targets[0]);
	check_round_trip(snapshot);
}

/* What was predicted is known of the whole file only. */
static void test_prediction_of_a_mapping(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	static const struct np_view wide = { .width = 200 };
	char *text, *row, *mapping;

	(void)state;
	sample_comparisons(&snapshot->targets[0]);
	text = sample_render(np_view_compare, snapshot, &wide);
	row = strstr(text, "missing, as predicted");
	assert_non_null(row);
	mapping = strstr(row, "missing  /srv/a");
	assert_non_null(mapping);
	assert_null(strstr(mapping, "as predicted"));
	free(text);
	np_snapshot_destroy(snapshot);
}

static void test_grains(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	struct np_target *target = &snapshot->targets[0];

	(void)state;
	sample_mapping(snapshot, target, 0x1000, 0x800000, "rw-p", "/a");
	sample_mapping(snapshot, target, 0x7f0000000000, 0x7f0000008000, "rw-p", "");
	sample_grains(snapshot, target);
	check_round_trip(snapshot);
}

/* Larger than pages, and without any. */
static void test_coarse_grains(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();

	(void)state;
	sample_grains(snapshot, &snapshot->targets[0]);
	np_grains_add(snapshot->targets[0].grains, 0x7f1000000000, 1ULL << 30, NP_PRESENT, 0);
	assert_true(snapshot->targets[0].grains->shift > 12);
	check_round_trip(snapshot);
	snapshot = sample_postgres();
	snapshot->targets[0].grains = np_grains_create(snapshot->system.node_count);
	assert_non_null(snapshot->targets[0].grains);
	check_round_trip(snapshot);
}

static void test_experiment(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();

	(void)state;
	sample_comparisons(&snapshot->targets[0]);
	sample_experiment(&snapshot->targets[0]);
	check_round_trip(snapshot);
}

/* A report of --check-kernel has no target at all. */
static void test_kernel_check_alone(void **state)
{
	static const unsigned numbers[] = { 0, 1 };
	struct np_snapshot *snapshot = sample_system(2, numbers);

	(void)state;
	snapshot->check = (struct np_quickcheck){ .smaps_misses_thp = NP_EFFECT_NOT_TESTED,
						  .smaps_misses_base = NP_EFFECT_NOT_TESTED,
						  .move_pages_misses = NP_EFFECT_NOT_TESTED };
	sample_kernel_check(snapshot);
	check_round_trip(snapshot);
}

static void test_kernel_check(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();

	(void)state;
	free(snapshot->check.why_not);
	snapshot->check = (struct np_quickcheck){ .smaps_misses_thp = NP_EFFECT_NOT_TESTED,
						  .smaps_misses_base = NP_EFFECT_NOT_TESTED,
						  .move_pages_misses = NP_EFFECT_NOT_TESTED };
	sample_kernel_check(snapshot);
	check_round_trip(snapshot);
}

/* A line of --watch, which has one more object. */
static void test_rates(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	struct np_target *first = &snapshot->targets[0];

	(void)state;
	sample_threads(first);
	first->rates = calloc(1, sizeof(*first->rates));
	assert_non_null(first->rates);
	*first->rates = (struct np_rates){ .time = "2026-01-31T12:00:00.123Z", .interval_ns = 100000000,
					   .made = NP_FACT(7), .moved = NP_FACT(0) };
	check_round_trip(snapshot);
}

/* A reason that nobody asked for is in the report, but no problem of its replay. */
static void test_reasons_are_no_problems(void **state)
{
	struct np_snapshot *snapshot = sample_postgres(), *again;
	char *text;

	(void)state;
	sample_mapping(snapshot, &snapshot->targets[0], 0x1000, 0x2000, "---p", "");
	text = sample_render(render_json, snapshot, NULL);
	assert_non_null(strstr(text, "numa_maps"));
	again = replay(text);
	assert_int_equal(again->problem_count, 0);
	np_snapshot_destroy(again);
	free(text);
	check_round_trip(snapshot);
}

static void test_unknowns(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	struct np_system *system = &snapshot->system;
	struct np_target *target = &snapshot->targets[0];

	(void)state;
	system->numa_balancing = system->vmstat.numa_hint_faults = NP_NOT_KNOWN;
	system->nodes[0].memory_bytes = system->nodes[0].distances[1] = NP_NOT_KNOWN;
	free(system->nodes[1].distances);
	system->nodes[1].distances = NULL;
	free(system->thp);
	system->thp = NULL;
	target->threads = target->scan_seq = target->start_ticks = NP_NOT_KNOWN;
	target->preferred_node = NP_FACT(-1);
	free(target->command);
	target->command = NULL;
	target->source.exact = false;
	target->source.how_hints = strdup("a \\ way");
	check_round_trip(snapshot);
}

static void test_unreadable(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();

	(void)state;
	snapshot->targets[0].readable = false;
	sample_target(snapshot, 4194304, "\033]0;x\007\233\302\233", 1);
	np_problem_add(snapshot, "/proc/4711/maps", "open", EACCES, "its pages are not known");
	check_round_trip(snapshot);
}

static void test_many_sparse_nodes(void **state)
{
	unsigned numbers[256];
	struct np_snapshot *snapshot;
	struct np_target *target;

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		numbers[i] = 4 * i + 3;
	snapshot = sample_system(256, numbers);
	target = sample_target(snapshot, 1, "x", 1);
	for (unsigned i = 0; i <= 256; i++)
		target->pages.by_node[i % 3][i] = i;
	check_round_trip(snapshot);
}

static void test_checks(void **state)
{
	static const enum np_effect effects[] = { NP_EFFECT_NO, NP_EFFECT_YES, NP_EFFECT_NOT_TESTED };

	(void)state;
	for (size_t i = 0; i < 27; i++) {
		struct np_snapshot *snapshot = sample_postgres();
		struct np_quickcheck check = { true, effects[i % 3], effects[i / 3 % 3], effects[i / 9], NULL };

		if (i == 26 || i % 3 == 2)
			check.why_not = strdup("no huge page");
		snapshot->check = check;
		check_round_trip(snapshot);
	}
}

static void test_never_checked(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();

	(void)state;
	snapshot->check = (struct np_quickcheck){ 0 };
	check_round_trip(snapshot);
}

static void test_unknown_keys_are_skipped(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	char *text = sample_render(render_json, snapshot, NULL), *more;
	const char *rest;

	(void)state;
	rest = strchr(text, '{') + 1;
	assert_true(asprintf(&more, "{ \"to come\": [ { \"x\": 1.5 } ], %s", rest) > 0);
	np_snapshot_destroy(replay(more));
	np_snapshot_destroy(snapshot);
	free(more);
	free(text);
}

/* Reports of real machines: tests/fixtures/reports/, letter by letter, and what views make of them. */
static struct np_snapshot *replay_recorded(const char *name)
{
	char *path;
	struct np_snapshot *snapshot = sample_recorded(name, &path);

	sample_expect_file(path, sample_render(render_json, snapshot, NULL));
	free(path);
	return snapshot;
}

static void expect_view(const struct np_snapshot *snapshot, const char *name, const char *view, sample_renderer *render)
{
	char expected[128];

	snprintf(expected, sizeof(expected), "replay-%s-%s", name, view);
	sample_expect(expected, sample_render(render, snapshot, &views[0]));
}

static void check_recorded(const char *name)
{
	struct np_snapshot *snapshot = replay_recorded(name);

	expect_view(snapshot, name, "summary", np_view_summary);
	expect_view(snapshot, name, "vmas", render_vmas);
	np_snapshot_destroy(snapshot);
}

static void test_recorded_affected(void **state)
{
	(void)state;
	check_recorded("6.1-x86_64-two-nodes-hints");
}

static void test_recorded_clean(void **state)
{
	(void)state;
	check_recorded("6.12-x86_64-two-nodes-hints");
}

static void test_recorded_experiments(void **state)
{
	static const char *const names[] = { "6.18-x86_64-redis-experiment", "6.18-x86_64-node-experiment" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct np_snapshot *snapshot = replay_recorded(names[i]);

		assert_non_null(snapshot->targets[0].experiment);
		expect_view(snapshot, names[i], "experiment", np_view_experiment);
		np_snapshot_destroy(snapshot);
	}
}

static void test_recorded_check(void **state)
{
	static const char name[] = "6.18-x86_64-one-node-check";
	struct np_snapshot *snapshot = replay_recorded(name);

	(void)state;
	assert_int_equal(snapshot->target_count, 0);
	assert_int_equal(np_check_verdict(snapshot->kernel_check), NP_CHECK_CLEAN);
	expect_view(snapshot, name, "check", render_check);
	np_snapshot_destroy(snapshot);
}

/* In one line, however long. */
static void expect_sentence(sample_renderer *render, const struct np_snapshot *snapshot, const char *sentence)
{
	static const struct np_view wide = { .width = 300 };
	char *text = sample_render(render, snapshot, &wide);

	if (!strstr(text, sentence))
		fail_msg("'%s' is not in: %s", sentence, text);
	free(text);
}

static void test_answer_of_a_comparison(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	struct np_comparison *rows;

	(void)state;
	sample_comparisons(&snapshot->targets[0]);
	rows = snapshot->targets[0].comparisons;
	expect_sentence(np_view_compare, snapshot, "2 of 4 figures are wrong");
	rows[2].verdict = NP_AGREES;
	expect_sentence(np_view_compare, snapshot, "1 of 4 figures is wrong");
	rows[3].verdict = NP_AGREES;
	expect_sentence(np_view_compare, snapshot, "none of 4 figures is wrong, as far as can be told; of 1 it cannot");
	rows[4].verdict = NP_AGREES;
	expect_sentence(np_view_compare, snapshot, "all 4 figures agree");
	np_snapshot_destroy(snapshot);
}

static void test_verdicts_of_a_check(void **state)
{
	static const unsigned numbers[] = { 0, 1 };
	struct np_snapshot *snapshot = sample_system(2, numbers);
	struct np_kernel_check *check;
	size_t first = 0;

	(void)state;
	sample_kernel_check(snapshot);
	check = snapshot->kernel_check;
	while (check->tests[first].result != NP_CHECK_COSTS)
		first++;
	check->tests[first].result = NP_CHECK_ABSENT; /* so that no two numbers are the same */
	expect_sentence(render_check, snapshot,
			"affected by 474098edac26: 5 tests found this kernel wrong, 4 a cost by design; 2 could not be made");
	check->strict = true;
	for (size_t i = 0; i < check->test_count; i++)
		if (check->tests[i].result == NP_CHECK_FAILS)
			check->tests[i].result = NP_CHECK_PASSES;
	expect_sentence(render_check, snapshot,
			"costs, which --strict counts: 4 tests found one; 5 could not be made");
	check->strict = false;
	expect_sentence(render_check, snapshot,
			"incomplete: no defect found, but 2 tests could not be made here; 4 found a cost by design");
	for (size_t i = 0; i < check->test_count; i++)
		if (check->tests[i].result == NP_CHECK_UNKNOWN && !check->tests[i].estimate.known)
			check->tests[i].result = NP_CHECK_ABSENT;
	expect_sentence(render_check, snapshot,
			"clean: no defect; 4 tests found a cost that every kernel has, and 3 one that may be chance");
	check->quick = true;
	expect_sentence(render_check, snapshot,
			"clean, as far as --quick looks: no defect in 25 tests");
	np_snapshot_destroy(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mappings),
		cmocka_unit_test(test_no_mapping_is_not_no_mappings),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_comparisons),
		cmocka_unit_test(test_prediction_of_a_mapping),
		cmocka_unit_test(test_grains),
		cmocka_unit_test(test_coarse_grains),
		cmocka_unit_test(test_experiment),
		cmocka_unit_test(test_kernel_check),
		cmocka_unit_test(test_kernel_check_alone),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_reasons_are_no_problems),
		cmocka_unit_test(test_unknowns),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_many_sparse_nodes),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_never_checked),
		cmocka_unit_test(test_unknown_keys_are_skipped),
		cmocka_unit_test(test_recorded_affected),
		cmocka_unit_test(test_recorded_clean),
		cmocka_unit_test(test_recorded_experiments),
		cmocka_unit_test(test_recorded_check),
		cmocka_unit_test(test_answer_of_a_comparison),
		cmocka_unit_test(test_verdicts_of_a_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
