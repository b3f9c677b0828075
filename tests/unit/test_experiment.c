/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From windows to answers: yes only beyond chance, none only where there was something to see. */
#include "unit.h"

#include "experiment.h"
#include "readers.h"
#include "sample.h"

#define ROUNDS 5
#define MAY_MISS 0 /* windows that the balancer may pass by, for a "none seen" */

/* What all windows of a reader are like. */
struct kind {
	const char *reader;
	int64_t made, scans;
	double run_share;
};

static struct np_experiment *make(const struct kind *kinds, size_t count, unsigned rounds)
{
	struct np_experiment *experiment = calloc(1, sizeof(*experiment));

	assert_non_null(experiment);
	experiment->rounds = rounds;
	experiment->window_count = count * rounds;
	experiment->windows = calloc(experiment->window_count, sizeof(*experiment->windows));
	assert_non_null(experiment->windows);
	for (size_t i = 0; i < experiment->window_count; i++) {
		const struct kind *kind = &kinds[i % count];

		experiment->windows[i] = (struct np_trial){
			.reader = kind->reader, .elapsed_ns = 1000000000, .made = kind->made,
			.run_ns = NP_FACT((int64_t)(kind->run_share * 1e9)), .scans = NP_FACT(kind->scans),
		};
	}
	return experiment;
}

static const struct np_effect_test *find(const struct np_experiment *experiment, const char *reader,
					 enum np_measure_kind kind)
{
	for (size_t i = 0; i < experiment->test_count; i++)
		if (experiment->tests[i].kind == kind && strcmp(experiment->tests[i].reader, reader) == 0)
			return &experiment->tests[i];
	fail_msg("no test of %s", reader);
	return NULL;
}

static void analyse(struct np_experiment *experiment)
{
	uint64_t readers = 1ULL << (np_reader_find("smaps", 5) - np_readers);

	assert_int_equal(np_experiment_analyse(experiment, readers), 0);
}

static void expect_found(const struct np_experiment *experiment, const char *reader, enum np_measure_kind kind,
			 enum np_effect found, const char *reason)
{
	const struct np_effect_test *test = find(experiment, reader, kind);

	assert_int_equal(test->found, found);
	if (!reason)
		assert_null(test->reason);
	else
		assert_true(test->reason && strstr(test->reason, reason));
}

static void test_an_effect(void **state)
{
	static const struct kind kinds[] = { { "none", 0, 1, 0.5 }, { "busy", 1, 1, 0.5 }, { "smaps", 8000, 0, 0.3 } };
	struct np_experiment *experiment = make(kinds, 3, ROUNDS);

	(void)state;
	analyse(experiment);
	expect_found(experiment, "smaps", NP_MEASURE_CAUSES, NP_EFFECT_YES, NULL);
	expect_found(experiment, "smaps", NP_MEASURE_STALLS, NP_EFFECT_YES, NULL);
	expect_found(experiment, "smaps", NP_MEASURE_LOSES, NP_EFFECT_YES, NULL);
	expect_found(experiment, "busy", NP_MEASURE_STALLS, NP_EFFECT_NO, NULL);
	assert_true(find(experiment, "smaps", NP_MEASURE_CAUSES)->difference.difference == 7999);
	np_experiment_free(experiment);
}

static void test_no_effect(void **state)
{
	static const struct kind kinds[] = { { "none", 0, 1, 0.5 }, { "busy", 0, 1, 0.5 }, { "smaps", 0, 1, 0.5 } };
	struct np_experiment *experiment = make(kinds, 3, ROUNDS);

	(void)state;
	analyse(experiment);
	for (size_t i = 0; i < experiment->test_count; i++)
		assert_int_equal(experiment->tests[i].found, NP_EFFECT_NO);
	np_experiment_free(experiment);
}

/* The balancer passed by in one window of the control, and in none of the reader's. */
static void test_nothing_to_see(void **state)
{
	static const struct kind kinds[] = { { "none", 0, 0, 0.5 }, { "busy", 0, 0, 0.5 }, { "smaps", 0, 0, 0.5 } };
	struct np_experiment *experiment = make(kinds, 3, ROUNDS);

	(void)state;
	experiment->windows[1].scans = NP_FACT(1);
	analyse(experiment);
	expect_found(experiment, "smaps", NP_MEASURE_CAUSES, NP_EFFECT_NOT_TESTED, "too rarely");
	expect_found(experiment, "smaps", NP_MEASURE_LOSES, NP_EFFECT_NOT_TESTED, "too rarely");
	expect_found(experiment, "smaps", NP_MEASURE_STALLS, NP_EFFECT_NO, NULL);
	np_experiment_free(experiment);
}

/*
 * The balancer came by in some windows of the reader, or of the control. Of ten, 252 choices; the one of five that is as
 * extreme is enough, after the correction for three effects; those of four are 6 already.
 */
static void test_enough_to_see(void **state)
{
	static const struct kind kinds[] = { { "none", 0, 1, 0.5 }, { "busy", 0, 1, 0.5 }, { "smaps", 0, 1, 0.5 } };

	(void)state;
	for (size_t unscanned = 0; unscanned <= ROUNDS; unscanned++) {
		struct np_experiment *experiment = make(kinds, 3, ROUNDS);

		for (size_t i = 0; i < unscanned; i++) {
			experiment->windows[3 * i + 2].scans = NP_FACT(0);
			experiment->windows[3 * i + 2].pte_updates = NP_FACT(9);
			/* Faults of another kind, no trace of the balancer. */
			experiment->windows[3 * i + 1].made = experiment->windows[3 * i + 2].made = 1;
		}
		analyse(experiment);
		expect_found(experiment, "smaps", NP_MEASURE_CAUSES,
			     unscanned <= MAY_MISS ? NP_EFFECT_NO : NP_EFFECT_NOT_TESTED,
			     unscanned <= MAY_MISS ? NULL : "too rarely");
		np_experiment_free(experiment);
	}
}

/* Passes come in bursts: then five windows without any would be no surprise. */
static void test_nothing_to_lose(void **state)
{
	static const struct kind kinds[] = { { "none", 0, 1, 0.5 }, { "busy", 0, 1, 0.5 }, { "smaps", 0, 1, 0.5 } };
	struct np_experiment *experiment = make(kinds, 3, ROUNDS);

	(void)state;
	for (size_t i = 0; i < experiment->window_count; i += ROUNDS - 1)
		experiment->windows[i].scans = NP_FACT(9);
	analyse(experiment);
	expect_found(experiment, "smaps", NP_MEASURE_LOSES, NP_EFFECT_NOT_TESTED, "the loss of all");
	np_experiment_free(experiment);
}

/* Other faults may come, but no hints. */
static void test_balancing_off(void **state)
{
	static const struct kind kinds[] = { { "none", 0, 0, 0.5 }, { "busy", 5, 0, 0.5 }, { "smaps", 900, 0, 0.5 } };
	struct np_experiment *experiment = make(kinds, 3, ROUNDS);

	(void)state;
	experiment->balancing_off = true;
	analyse(experiment);
	expect_found(experiment, "smaps", NP_MEASURE_CAUSES, NP_EFFECT_NOT_TESTED, "NUMA balancing is off");
	expect_found(experiment, "smaps", NP_MEASURE_LOSES, NP_EFFECT_NOT_TESTED, "NUMA balancing is off");
	expect_found(experiment, "smaps", NP_MEASURE_STALLS, NP_EFFECT_NO, NULL);
	np_experiment_free(experiment);
}

static void test_what_else_is_in_the_way(void **state)
{
	static const struct kind asleep[] = { { "none", 0, 1, 0 }, { "busy", 0, 1, 0 }, { "smaps", 9, 1, 0 } };
	static const struct kind awake[] = { { "none", 0, 1, 1 }, { "busy", 0, 1, 1 }, { "smaps", 900, 1, 1 } };
	struct np_experiment *experiment = make(asleep, 3, ROUNDS);

	(void)state;
	analyse(experiment);
	expect_found(experiment, "smaps", NP_MEASURE_CAUSES, NP_EFFECT_NOT_TESTED, "did not run");
	np_experiment_free(experiment);
	experiment = make(awake, 3, 2);
	analyse(experiment);
	expect_found(experiment, "smaps", NP_MEASURE_CAUSES, NP_EFFECT_NOT_TESTED, "too few rounds");
	np_experiment_free(experiment);
	experiment = make(awake, 3, ROUNDS);
	for (size_t i = 0; i < experiment->window_count; i++)
		experiment->windows[i].scans = NP_NOT_KNOWN;
	analyse(experiment);
	expect_found(experiment, "smaps", NP_MEASURE_CAUSES, NP_EFFECT_YES, NULL);
	expect_found(experiment, "smaps", NP_MEASURE_LOSES, NP_EFFECT_NOT_TESTED, "does not tell");
	np_experiment_free(experiment);
}

/* As much as chance makes of one test in forty, but not after the correction for several. */
static void test_perhaps_chance(void **state)
{
	static const struct kind kinds[] = { { "none", 0, 1, 0.5 }, { "busy", 0, 1, 0.5 }, { "smaps", 0, 1, 0.5 },
					     { "stat", 0, 1, 0.5 }, { "maps", 0, 1, 0.5 } };
	static const int64_t made[][ROUNDS] = { { 0, 1, 3, 3, 9 }, { 2, 10, 12, 14, 16 } }; /* p: 6 of 252 */
	struct np_experiment *experiment = make(kinds, 5, ROUNDS);
	uint64_t readers = 0;

	(void)state;
	for (size_t i = 2; i < 5; i++)
		readers |= 1ULL << (np_reader_find(kinds[i].reader, strlen(kinds[i].reader)) - np_readers);
	for (size_t i = 0; i < ROUNDS; i++) {
		experiment->windows[5 * i + 1].made = made[0][i];
		experiment->windows[5 * i + 2].made = made[1][i];
	}
	assert_int_equal(np_experiment_analyse(experiment, readers), 0);
	assert_true(find(experiment, "smaps", NP_MEASURE_CAUSES)->difference.low > 0);
	expect_found(experiment, "smaps", NP_MEASURE_CAUSES, NP_EFFECT_NOT_TESTED, "may be chance");
	np_experiment_free(experiment);
}

/* What would have been seen is no less than what the correction lets be seen; windows that are all the same say nothing. */
static void test_what_would_be_seen(void **state)
{
	static const struct kind kinds[] = { { "none", 0, 1, 0.5 }, { "busy", 0, 1, 0.5 }, { "smaps", 0, 1, 0.5 } };
	struct np_experiment *experiment = make(kinds, 3, ROUNDS);
	const struct np_effect_test *stalls;
	double with[ROUNDS], without[ROUNDS];

	(void)state;
	for (size_t i = 0; i < experiment->window_count; i++)
		experiment->windows[i].run_ns.value += (int64_t)(i * i % 7) * 10000000;
	analyse(experiment);
	stalls = find(experiment, "smaps", NP_MEASURE_STALLS);
	assert_int_equal(stalls->found, NP_EFFECT_NO);
	for (size_t i = 0; i < ROUNDS; i++) {
		without[i] = (double)experiment->windows[3 * i + 1].run_ns.value / 1e7; /* per cent of a second */
		with[i] = (double)experiment->windows[3 * i + 2].run_ns.value / 1e7;
	}
	unit_assert_near(stalls->detectable, np_detectable(with, ROUNDS, without, ROUNDS, false, NP_ALPHA / 3));
	assert_true(isinf(find(experiment, "smaps", NP_MEASURE_CAUSES)->detectable));
	np_experiment_free(experiment);
}

/* The exit status is one of all effects: what chance makes of one effect of two readers in forty is no finding. */
static void test_one_family(void **state)
{
	static const struct kind kinds[] = { { "none", 0, 1, 0.5 }, { "busy", 0, 1, 0.5 }, { "smaps", 0, 1, 0.5 },
					     { "numaprobe", 0, 1, 0.5 } };
	static const int64_t made[][ROUNDS] = { { 1, 2, 3, 4, 6 }, { 5, 7, 8, 9, 10 } }; /* p: 2 of 252 */
	struct np_experiment *experiment = make(kinds, 4, ROUNDS);

	(void)state;
	for (size_t i = 0; i < ROUNDS; i++) {
		experiment->windows[4 * i + 1].made = made[0][i];
		experiment->windows[4 * i + 2].made = made[1][i];
		experiment->windows[4 * i + 3].made = made[0][i];
		experiment->windows[4 * i + 2].run_ns.value = 300000000;
	}
	assert_int_equal(np_experiment_analyse(experiment, np_experiment_default()), 0);
	assert_true(fabs(find(experiment, "smaps", NP_MEASURE_STALLS)->adjusted_p - 6.0 / 252) < 1e-9);
	assert_true(fabs(find(experiment, "smaps", NP_MEASURE_CAUSES)->adjusted_p - 5 * 2.0 / 252) < 1e-9);
	experiment->windows[2].run_ns.value = 500000000;
	experiment->test_count = 0;
	free(experiment->tests);
	assert_int_equal(np_experiment_analyse(experiment, np_experiment_default()), 0);
	assert_true(fabs(find(experiment, "smaps", NP_MEASURE_CAUSES)->adjusted_p - 6 * 2.0 / 252) < 1e-9);
	np_experiment_free(experiment);
}

/* Exit status 4 is for what an experiment found, not for what a comparison saw. */
static void test_found(void **state)
{
	struct np_read_effect read = { .reader = "smaps", .clears = NP_EFFECT_YES, .stopped = true };
	struct np_target target = { .read_effects = &read, .read_effect_count = 1 };
	const struct np_snapshot snapshot = { .targets = &target, .target_count = 1 };

	(void)state;
	assert_true(np_experiment_found(&snapshot));
	read.stopped = false;
	assert_false(np_experiment_found(&snapshot));
}

static void assert_same_test(const struct np_effect_test *got, const struct np_effect_test *wanted)
{
	assert_int_equal(got->kind, wanted->kind);
	assert_string_equal(got->reader, wanted->reader);
	assert_string_equal(got->control, wanted->control);
	assert_int_equal(got->found, wanted->found);
	unit_assert_near(got->difference.with_mean, wanted->difference.with_mean);
	unit_assert_near(got->difference.without_mean, wanted->difference.without_mean);
	unit_assert_near(got->difference.difference, wanted->difference.difference);
	unit_assert_near(got->difference.low, wanted->difference.low);
	unit_assert_near(got->difference.high, wanted->difference.high);
	unit_assert_near(got->difference.p, wanted->difference.p);
	unit_assert_near(got->difference.superiority, wanted->difference.superiority);
	unit_assert_near(got->adjusted_p, wanted->adjusted_p);
	unit_assert_near(got->detectable, wanted->detectable);
}

/* Analysed again from its windows, a recorded report says what it said. tests/live/redo.py does so in another language. */
static void test_recorded(void **state)
{
	static const char *const names[] = { "6.18-x86_64-node-experiment", "6.18-x86_64-redis-experiment" };

	(void)state;
	for (size_t n = 0; n < UNIT_COUNT(names); n++) {
		struct np_snapshot *snapshot = sample_recorded(names[n], NULL);
		struct np_experiment *experiment = snapshot->targets[0].experiment;
		struct np_effect_test *before = experiment->tests;
		size_t count = experiment->test_count;
		uint64_t readers = 0;

		assert_true(count > 0);
		for (size_t i = 0; i < count; i++) {
			const struct np_reader *reader = np_reader_find(before[i].reader, strlen(before[i].reader));

			assert_non_null(reader);
			if (reader->kind != NP_READER_CONTROL)
				readers |= 1ULL << (reader - np_readers);
		}
		experiment->tests = NULL;
		experiment->test_count = 0;
		assert_int_equal(np_experiment_analyse(experiment, readers), 0);
		assert_int_equal(experiment->test_count, count);
		for (size_t i = 0; i < count; i++)
			assert_same_test(&experiment->tests[i], &before[i]);
		free(before);
		np_snapshot_destroy(snapshot);
	}
}

/* The balancer left hints in the reader's windows, and never came by in those of the control. */
static void test_where_the_balancer_came_by(void **state)
{
	static const struct kind kinds[] = { { "none", 0, 0, 0.5 }, { "busy", 0, 0, 0.5 }, { "smaps", 0, 0, 0.5 } };
	struct np_experiment *experiment = make(kinds, 3, ROUNDS);

	(void)state;
	for (size_t i = 2; i < experiment->window_count; i += 3)
		experiment->windows[i].hints_after = 9;
	analyse(experiment);
	expect_found(experiment, "smaps", NP_MEASURE_CAUSES, NP_EFFECT_NO, NULL);
	expect_found(experiment, "smaps", NP_MEASURE_LOSES, NP_EFFECT_NOT_TESTED, "too rarely");
	np_experiment_free(experiment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_effect),     cmocka_unit_test(test_no_effect),
		cmocka_unit_test(test_nothing_to_see), cmocka_unit_test(test_balancing_off),
		cmocka_unit_test(test_what_else_is_in_the_way), cmocka_unit_test(test_found),
		cmocka_unit_test(test_enough_to_see), cmocka_unit_test(test_nothing_to_lose),
		cmocka_unit_test(test_perhaps_chance), cmocka_unit_test(test_one_family),
		 cmocka_unit_test(test_what_would_be_seen),
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_where_the_balancer_came_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
