/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts: exact where nothing moved, unknown where faults may explain it. */
#include "unit.h"

#include "defects.h"
#include "judge.h"

static struct np_evidence evidence(int64_t pages, uint64_t low, uint64_t high)
{
	return (struct np_evidence){ .pages = pages, .truth = { low, high }, .expected = { low, high }, .settled = true };
}

static void assert_verdict(const struct np_evidence *given, enum np_verdict verdict, int64_t difference)
{
	struct np_judgement judgement = np_judge(given);

	assert_int_equal(judgement.verdict, verdict);
	assert_int_equal(judgement.difference_pages, difference);
}

static void test_exact(void **state)
{
	struct np_evidence given = evidence(1000, 1000, 1000);

	(void)state;
	assert_verdict(&given, NP_AGREES, 0);
	given.pages = 999;
	assert_verdict(&given, NP_UNDER_REPORTS, -1);
	given.pages = 1001;
	assert_verdict(&given, NP_OVER_REPORTS, 1);
	given = evidence(0, 0, 0);
	assert_verdict(&given, NP_AGREES, 0);
}

static void test_bracket(void **state)
{
	struct np_evidence given = evidence(1000, 900, 1100);

	(void)state;
	for (int64_t pages = 900; pages <= 1100; pages += 50) {
		given.pages = pages;
		assert_verdict(&given, NP_AGREES, 0);
	}
	given.pages = 890;
	assert_verdict(&given, NP_UNDER_REPORTS, -10);
	given.pages = 1110;
	assert_verdict(&given, NP_OVER_REPORTS, 10);
}

static void test_lag(void **state)
{
	struct np_evidence given = evidence(940, 1000, 1000);

	(void)state;
	given.lag_pages = 64;
	assert_verdict(&given, NP_AGREES, -60);
	given.pages = 935;
	assert_verdict(&given, NP_UNDER_REPORTS, -65);
	given.pages = 5;
	given.truth = given.expected = (struct np_bracket){ 0, 0 };
	assert_verdict(&given, NP_AGREES, 5);
}

/* One fault may bring, or have brought back, a whole huge page. */
static void test_faults(void **state)
{
	struct np_evidence given = evidence(489, 1000, 1000);

	(void)state;
	given.faults = 1;
	assert_verdict(&given, NP_VERDICT_UNKNOWN, -511);
	assert_true(np_judge(&given).unsettled);
	given.pages = 487;
	assert_verdict(&given, NP_UNDER_REPORTS, -513);
	given.pages = 1513;
	assert_verdict(&given, NP_OVER_REPORTS, 513);
	given.pages = 1000;
	assert_verdict(&given, NP_AGREES, 0);
}

static void test_unsettled(void **state)
{
	struct np_evidence given = evidence(0, 100000, 100000);

	(void)state;
	given.settled = false;
	assert_verdict(&given, NP_VERDICT_UNKNOWN, -100000);
	given.pages = 100000;
	assert_verdict(&given, NP_AGREES, 0);
}

/* A defect that was seen on this kernel explains what it predicts, whatever else goes on. */
static void test_defect(void **state)
{
	struct np_evidence given = evidence(488, 1000, 1000);

	(void)state;
	given.defect = NP_DEFECT_FOLLOW;
	given.expected = (struct np_bracket){ 488, 488 };
	given.faults = 1000;
	given.settled = false;
	assert_verdict(&given, NP_UNDER_REPORTS, -512);
	assert_string_equal(np_judge(&given).cause, NP_DEFECT_FOLLOW);
	assert_int_equal(np_judge(&given).as_predicted, NP_EFFECT_YES);
	given.pages = 700;
	assert_verdict(&given, NP_VERDICT_UNKNOWN, -300);
	assert_null(np_judge(&given).cause);
}

static void test_defect_but_other_numbers(void **state)
{
	struct np_evidence given = evidence(100, 1000, 1000);

	(void)state;
	given.defect = NP_DEFECT_FOLLOW;
	given.expected = (struct np_bracket){ 488, 488 };
	assert_verdict(&given, NP_UNDER_REPORTS, -900);
	assert_int_equal(np_judge(&given).as_predicted, NP_EFFECT_NO);
	given.pages = 1000; /* the defect was predicted, and is not seen */
	assert_verdict(&given, NP_AGREES, 0);
	assert_int_equal(np_judge(&given).as_predicted, NP_EFFECT_NO);
	given.pages = 2000;
	assert_verdict(&given, NP_OVER_REPORTS, 1000);
	assert_null(np_judge(&given).cause);
	given.pages = 900; /* nothing of this process can be missed by the defect */
	given.expected = given.truth;
	assert_verdict(&given, NP_UNDER_REPORTS, -100);
	assert_null(np_judge(&given).cause);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),  cmocka_unit_test(test_bracket),	 cmocka_unit_test(test_lag),
		cmocka_unit_test(test_faults), cmocka_unit_test(test_unsettled), cmocka_unit_test(test_defect),
		cmocka_unit_test(test_defect_but_other_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
