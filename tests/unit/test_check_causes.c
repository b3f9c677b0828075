// SPDX-License-Identifier: GPL-2.0-or-later
/* The windows of a recorded check, judged again: its sizes and findings come out as they were. */
#include "unit.h"

#include "sample.h"

/* From windows to verdicts is not to be had from outside without processes that burn for minutes. */
#include "../../src/check_causes.c"

static const struct np_check_test *test_named(const struct np_kernel_check *check, const char *name)
{
	for (size_t i = 0; i < check->test_count; i++)
		if (strcmp(check->tests[i].name, name) == 0)
			return &check->tests[i];
	fail_msg("no test %s", name);
	return NULL;
}

static void take_samples(const struct np_check_test *test, struct series *series)
{
	for (size_t k = 0; k < test->sample_count; k++) {
		size_t reader = 0;

		while (strcmp(series->readers[reader], test->samples[k].reader) != 0)
			assert_true(++reader < series->reader_count);
		assert_int_equal(np_samples_add(&series->by[reader], &test->samples[k]), 0);
	}
}

static void judge_again(const struct np_kernel_check *then, const struct judging *judging)
{
	struct np_kernel_check *check = np_check_create();
	struct np_checker checker = { .check = check };
	struct series series;

	series_init(&series, &checker, NP_SUBJECT_BURN);
	for (size_t i = 0; i < then->test_count; i++)
		if (then->tests[i].effect == judging->effect)
			take_samples(&then->tests[i], &series);
	assert_int_equal(judge_all(&series, judging), 0);
	assert_true(check->test_count > 10);
	for (size_t i = 0; i < check->test_count; i++) {
		const struct np_check_test *got = &check->tests[i], *wanted = test_named(then, got->name);

		if (got->result != wanted->result || np_check_is_open(got) != np_check_is_open(wanted))
			fail_msg("%s: another result: %d, not %d", got->name, (int)got->result, (int)wanted->result);
		unit_assert_near(got->estimate.value, wanted->estimate.value);
		unit_assert_near(got->estimate.low, wanted->estimate.low);
		unit_assert_near(got->estimate.high, wanted->estimate.high);
		unit_assert_near(got->estimate.p, wanted->estimate.p);
	}
	series_free(&series);
	np_check_destroy(check);
}

static void test_recorded(void **state)
{
	struct np_snapshot *snapshot = sample_recorded("6.18-x86_64-one-node-check", NULL);

	(void)state;
	judge_again(snapshot->kernel_check, &hints_made);
	judge_again(snapshot->kernel_check, &waits);
	judge_again(snapshot->kernel_check, &losses);
	np_snapshot_destroy(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_recorded) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
