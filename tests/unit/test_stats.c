/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The permutation test against values counted by hand, and Holm's correction. */
#include "unit.h"

#include <math.h>

#include "stats.h"

#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-6)

/* 3 and 3: 20 orders, of which one is as extreme on each side. */
static void test_separate(void **state)
{
	const double with[] = { 10, 11, 12 }, without[] = { 1, 2, 3 };
	struct np_difference difference;

	(void)state;
	np_permutation_test(with, 3, without, 3, 0.9, &difference);
	NEAR(difference.with_mean, 11);
	NEAR(difference.difference, 9);
	NEAR(difference.p, 0.1);
	NEAR(difference.least_p, 0.1);
	NEAR(difference.more_p, 0.05);
	NEAR(difference.less_p, 1);
	NEAR(difference.superiority, 1);
	np_permutation_test(without, 3, with, 3, 0.9, &difference);
	NEAR(difference.p, 0.1);
	NEAR(difference.superiority, 0);
}

/* { 1, 2, 4 } against { 3, 5, 6 }: of the 20 sums of three, 7 is reached by { 1, 2, 4 }, and 6 by { 1, 2, 3 }. */
static void test_counted_by_hand(void **state)
{
	const double with[] = { 1, 2, 4 }, without[] = { 3, 5, 6 };
	struct np_difference difference;

	(void)state;
	np_permutation_test(with, 3, without, 3, 0.9, &difference);
	NEAR(difference.p, 2 * 2.0 / 20);
	NEAR(difference.superiority, 1.0 / 9);
}

static void test_equal(void **state)
{
	const double same[] = { 5, 5, 5, 5, 5, 5 };
	struct np_difference difference;

	(void)state;
	np_permutation_test(same, 6, same, 6, 0.95, &difference);
	NEAR(difference.p, 1);
	NEAR(difference.superiority, 0.5);
	NEAR(difference.low, 0);
	NEAR(difference.high, 0);
	NEAR(difference.detectable, 0);
}

/* The interval is the inverted test: just outside of it the difference is rejected, just inside it isn't. */
static void test_interval(void **state)
{
	const double with[] = { 12, 15, 9, 14, 11, 13 }, without[] = { 3, 7, 5, 2, 6, 4 };
	struct np_difference difference, shifted;
	double moved[6];

	(void)state;
	np_permutation_test(with, 6, without, 6, 0.95, &difference);
	assert_true(difference.low > 0 && difference.low < difference.difference);
	assert_true(difference.high > difference.difference);
	for (int i = 0; i < 6; i++)
		moved[i] = with[i] - (difference.low - 0.01);
	np_permutation_test(moved, 6, without, 6, 0.95, &shifted);
	assert_true(shifted.p <= 0.05);
	for (int i = 0; i < 6; i++)
		moved[i] = with[i] - (difference.low + 0.01);
	np_permutation_test(moved, 6, without, 6, 0.95, &shifted);
	assert_true(shifted.p > 0.05);
	assert_true(difference.detectable >= difference.high);
}

static void test_too_few(void **state)
{
	const double with[] = { 100, 200 }, without[] = { 1, 2 };
	struct np_difference difference;

	(void)state;
	np_permutation_test(with, 2, without, 2, 0.95, &difference);
	NEAR(difference.least_p, 2.0 / 6);
	assert_true(isinf(difference.low) && isinf(difference.high) && isinf(difference.detectable));
	np_permutation_test(with, 1, without, 1, 0.95, &difference);
	NEAR(difference.p, 1);
}

/* Many orders are drawn, and the answer is about the same, and the same each time. */
static void test_drawn(void **state)
{
	double with[16], without[16];
	struct np_difference first, second;

	(void)state;
	for (int i = 0; i < 16; i++) {
		with[i] = i * 7 % 16;
		without[i] = i * 5 % 16;
	}
	np_permutation_test(with, 16, without, 16, 0.95, &first);
	np_permutation_test(with, 16, without, 16, 0.95, &second);
	assert_true(first.p == second.p && first.low == second.low && first.p > 0.9);
	for (int i = 0; i < 16; i++)
		with[i] += 20;
	np_permutation_test(with, 16, without, 16, 0.95, &first);
	assert_true(first.p < 0.001);
	assert_true(first.low < 20 && first.high > 20 && first.low > 15 && first.high < 25);
}

static void test_holm(void **state)
{
	const double p[] = { 0.01, 0.04, 0.03, 0.005 }, expected[] = { 0.03, 0.06, 0.06, 0.02 };
	double adjusted[4];

	(void)state;
	np_holm(p, 4, adjusted);
	for (int i = 0; i < 4; i++)
		NEAR(adjusted[i], expected[i]);
	np_holm(p, 1, adjusted);
	NEAR(adjusted[0], 0.01);
	np_holm(p, 0, adjusted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_separate), cmocka_unit_test(test_counted_by_hand), cmocka_unit_test(test_equal),
		cmocka_unit_test(test_interval), cmocka_unit_test(test_too_few),	 cmocka_unit_test(test_drawn),
		cmocka_unit_test(test_holm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
