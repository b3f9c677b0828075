/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of the readers' numbers: a defect only where the memory was there all the time. */
#include "check.h"

#include <errno.h>
#include <string.h>

#include "check_say.h"
#include "defects.h"

#define PAGES 2048

static struct np_sayings sayings_of(uint64_t pages, struct np_fact resident_pages)
{
	struct np_sayings sayings = { .resident_pages = resident_pages };

	for (enum np_sayer sayer = 0; sayer < NP_SAYERS; sayer++)
		sayings.by[sayer].pages = pages;
	return sayings;
}

/* Of all readers. */
static void expect_result(const struct np_sayings *plain, const struct np_sayings *tested, enum np_check_result result,
			  const char *why)
{
	struct np_kernel_check *check = np_check_create();
	struct np_checker checker = { .check = check };

	assert_int_equal(np_sayings_judge(&checker, NP_MEMORY_HINTED, PAGES, plain, tested), 0);
	assert_int_equal(check->test_count, NP_SAYERS);
	for (size_t i = 0; i < check->test_count; i++) {
		assert_int_equal(check->tests[i].result, result);
		if (why)
			assert_non_null(strstr(check->tests[i].why, why));
	}
	np_check_destroy(check);
}

static void test_right_and_wrong(void **state)
{
	const struct np_sayings all = sayings_of(PAGES, NP_FACT(PAGES)), less = sayings_of(PAGES - 512, NP_FACT(PAGES));
	const struct np_sayings unseen = sayings_of(PAGES - 512, NP_NOT_KNOWN);

	(void)state;
	expect_result(&all, &all, NP_CHECK_PASSES, NULL);
	expect_result(&all, &less, NP_CHECK_FAILS, NULL);
	expect_result(&all, &unseen, NP_CHECK_FAILS, NULL); /* nobody could look at the page tables */
}

/* Touching brings back what was swapped out before the first look: those who did not count it were right. */
static void test_memory_that_went_away(void **state)
{
	const struct np_sayings all = sayings_of(PAGES, NP_FACT(PAGES)), swapped = sayings_of(PAGES - 512, NP_FACT(PAGES - 512));

	(void)state;
	expect_result(&all, &swapped, NP_CHECK_UNKNOWN, "swapped out or moved meanwhile");
	expect_result(&swapped, &all, NP_CHECK_UNKNOWN, "swapped out or moved meanwhile");
}

static void test_readers_that_fail(void **state)
{
	const struct np_sayings all = sayings_of(PAGES, NP_FACT(PAGES));
	struct np_sayings absent = all, failing = all;

	(void)state;
	for (enum np_sayer sayer = 0; sayer < NP_SAYERS; sayer++) {
		absent.by[sayer].error = -ENOTSUP;
		failing.by[sayer].error = -EACCES;
	}
	expect_result(&all, &absent, NP_CHECK_ABSENT, NULL);
	expect_result(&all, &failing, NP_CHECK_UNKNOWN, "Permission denied");
}

static struct np_kernel_check *judge_all(const struct np_sayings *plain, const struct np_sayings *tested)
{
	struct np_kernel_check *check = np_check_create();
	struct np_checker checker = { .check = check };

	assert_int_equal(np_sayings_judge(&checker, NP_MEMORY_HINTED, PAGES, plain, tested), 0);
	assert_int_equal(check->test_count, NP_SAYERS);
	return check;
}

static bool is_of_process(size_t sayer)
{
	return sayer == NP_SAYER_STATUS || sayer == NP_SAYER_STATM || sayer == NP_SAYER_ROLLUP;
}

/* Missing in both looks, which nobody could check: no defect, whoever says so. */
static void test_memory_that_was_never_all_there(void **state)
{
	const struct np_sayings less = sayings_of(PAGES - 512, NP_NOT_KNOWN);
	struct np_kernel_check *check = judge_all(&less, &less);

	(void)state;
	for (size_t i = 0; i < NP_SAYERS; i++) {
		assert_int_equal(check->tests[i].result, is_of_process(i) ? NP_CHECK_PASSES : NP_CHECK_UNKNOWN);
		if (!is_of_process(i))
			assert_non_null(strstr(check->tests[i].why, "did not stay resident"));
	}
	np_check_destroy(check);
}

/* A whole process may differ by 64 pages; an area by none. */
static void test_slack(void **state)
{
	const struct np_sayings all = sayings_of(PAGES, NP_FACT(PAGES));

	(void)state;
	for (uint64_t less = 64; less <= 65; less++) {
		const struct np_sayings said = sayings_of(PAGES - less, NP_NOT_KNOWN);
		struct np_kernel_check *check = judge_all(&all, &said);

		for (size_t i = 0; i < NP_SAYERS; i++) {
			bool passes = is_of_process(i) && less == 64;

			assert_int_equal(check->tests[i].result, passes ? NP_CHECK_PASSES : NP_CHECK_FAILS);
			assert_int_equal(check->tests[i].got_pages.value, passes ? PAGES : PAGES - less);
		}
		assert_string_equal(check->tests[NP_SAYER_MOVE_PAGES].cause, NP_DEFECT_FOLLOW);
		assert_null(check->tests[NP_SAYER_SMAPS].cause); /* of small pages, no defect is known */
		np_check_destroy(check);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right_and_wrong),
		cmocka_unit_test(test_memory_that_went_away),
		cmocka_unit_test(test_readers_that_fail),
		cmocka_unit_test(test_memory_that_was_never_all_there),
		cmocka_unit_test(test_slack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
