/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statistics of few samples, against values that can be counted by hand or looked up. */
#include "check.h"

#include "estimate.h"

static void assert_near(double got, double expected, double most)
{
	if (got < expected - most || got > expected + most)
		fail_msg("%g is not within %g of %g", got, most, expected);
}

static void test_permutation(void **state)
{
	static const double high[] = { 9, 8, 7, 6 }, low[] = { 1, 0, 2, 0, 1, 0, 3, 0 }, same[] = { 5, 5, 5, 5 };

	(void)state;
	assert_near(np_permutation_p(high, 4, low, 8), 1.0 / 495, 1e-9); /* one of 12 over 4 */
	assert_near(np_permutation_p(low, 4, high, 4), 1, 1e-9);
	assert_near(np_permutation_p(same, 4, same, 4), 1, 1e-9);
	assert_near(np_permutation_p(high, 1, low, 3), 0.25, 1e-9);
}

static void test_permutation_of_nothing(void **state)
{
	static const double one[] = { 1 };

	(void)state;
	assert_near(np_permutation_p(one, 0, one, 1), 1, 0);
	assert_near(np_permutation_p(one, 1, one, 0), 1, 0);
}

/* The bounds of Clopper and Pearson for 0, 5 and 3 of 5, and 0 of 10. */
static void test_shares(void **state)
{
	static const double none[10] = { 0 }, all[] = { 1, 1, 1, 1, 1 }, some[] = { 1, 0, 1, 0, 1 };
	struct np_estimate estimate = np_estimate_share(none, 5);

	(void)state;
	assert_true(estimate.known);
	assert_near(estimate.value, 0, 0);
	assert_near(estimate.low, 0, 0);
	assert_near(estimate.high, 0.5218, 1e-3);
	estimate = np_estimate_share(all, 5);
	assert_near(estimate.low, 0.4782, 1e-3);
	assert_near(estimate.high, 1, 0);
	estimate = np_estimate_share(some, 5);
	assert_near(estimate.value, 0.6, 1e-9);
	assert_near(estimate.low, 0.1466, 1e-3);
	assert_near(estimate.high, 0.9473, 1e-3);
	assert_near(np_estimate_share(none, 10).high, 0.3085, 1e-3);
	assert_false(np_estimate_share(none, 0).known);
}

static void test_ratio(void **state)
{
	static const double twice[] = { 20, 21, 19, 20 }, once[] = { 10, 10.5, 9.5, 10, 10.2, 9.8 }, zero[] = { 0, 1 };
	struct np_estimate estimate = np_estimate_ratio(twice, 4, once, 6);

	(void)state;
	assert_true(estimate.known);
	assert_near(estimate.value, 2, 0.02);
	assert_true(estimate.low > 1.8 && estimate.low < estimate.value);
	assert_true(estimate.high < 2.2 && estimate.high > estimate.value);
	assert_near(estimate.p, 1.0 / 210, 1e-9);
	assert_false(np_estimate_ratio(twice, 1, once, 6).known);
	assert_false(np_estimate_ratio(zero, 2, once, 6).known);
}

static void test_ratio_of_equals(void **state)
{
	static const double same[] = { 5, 5, 5 };
	struct np_estimate estimate = np_estimate_ratio(same, 3, same, 3);

	(void)state;
	assert_near(estimate.value, 1, 1e-9);
	assert_near(estimate.low, 1, 1e-9);
	assert_near(estimate.high, 1, 1e-9);
	assert_near(estimate.p, 1, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_permutation), cmocka_unit_test(test_permutation_of_nothing),
		cmocka_unit_test(test_shares),	    cmocka_unit_test(test_ratio),
		cmocka_unit_test(test_ratio_of_equals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
