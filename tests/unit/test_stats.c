/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Against values that can be counted by hand, or looked up in the tables of the methods' authors. */
#include "unit.h"

#include "chance.h"
#include "stats.h"

#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-6)

/* 3 and 3: 20 orders, of which one is as extreme on each side. */
static void test_separate(void **state)
{
	const double with[] = { 10, 11, 12 }, without[] = { 1, 2, 3 };
	struct np_difference difference;

	(void)state;
	np_permutation_test(with, 3, without, 3, &difference);
	NEAR(difference.with_mean, 11);
	NEAR(difference.difference, 9);
	NEAR(difference.p, 0.1);
	NEAR(difference.least_p, 0.1);
	NEAR(difference.more_p, 0.05);
	NEAR(difference.less_p, 1);
	NEAR(difference.superiority, 1);
	np_permutation_test(without, 3, with, 3, &difference);
	NEAR(difference.p, 0.1);
	NEAR(difference.superiority, 0);
}

/* { 1, 2, 4 } against { 3, 5, 6 }: of the 20 sums of three, 7 is reached by { 1, 2, 4 }, and 6 by { 1, 2, 3 }. */
static void test_counted_by_hand(void **state)
{
	const double with[] = { 1, 2, 4 }, without[] = { 3, 5, 6 };
	struct np_difference difference;

	(void)state;
	np_permutation_test(with, 3, without, 3, &difference);
	NEAR(difference.p, 2 * 2.0 / 20);
	NEAR(difference.superiority, 1.0 / 9);
}

static void test_equal(void **state)
{
	const double same[] = { 5, 5, 5, 5, 5, 5 };
	struct np_difference difference;

	(void)state;
	np_permutation_test(same, 6, same, 6, &difference);
	NEAR(difference.p, 1);
	NEAR(difference.superiority, 0.5);
	NEAR(difference.low, 0);
	NEAR(difference.high, 0);
	assert_true(isinf(np_detectable(same, 6, same, 6, true, 0.05)));
}

/* The interval is the inverted test: just outside of it the difference is rejected, just inside it isn't. */
static void test_interval(void **state)
{
	const double with[] = { 12, 15, 9, 14, 11, 13 }, without[] = { 3, 7, 5, 2, 6, 4 };
	struct np_difference difference, shifted;
	double moved[6];

	(void)state;
	np_permutation_test(with, 6, without, 6, &difference);
	assert_true(difference.low > 0 && difference.low < difference.difference);
	assert_true(difference.high > difference.difference);
	for (int i = 0; i < 6; i++)
		moved[i] = with[i] - (difference.low - 0.01);
	np_permutation_test(moved, 6, without, 6, &shifted);
	assert_true(shifted.p <= 0.05);
	for (int i = 0; i < 6; i++)
		moved[i] = with[i] - (difference.low + 0.01);
	np_permutation_test(moved, 6, without, 6, &shifted);
	assert_true(shifted.p > 0.05);
	assert_true(np_detectable(with, 6, without, 6, true, 0.025) >= difference.high);
}

/*
 * What would have been seen is decided in the same way as what is seen: put so much into one group, and the test
 * rejects at this level.
 */
static void test_detectable(void **state)
{
	static const double levels[] = { 0.05, 0.025, 0.05 / 6 };
	const double with[] = { 5, 1, 8, 2, 3.5 }, without[] = { 4, 1.5, 7, 2.5, 3 };
	double moved[5], last = 0;

	(void)state;
	for (size_t l = 0; l < UNIT_COUNT(levels); l++) {
		double up = np_detectable(with, 5, without, 5, true, levels[l]);
		double down = np_detectable(without, 5, with, 5, false, levels[l]);
		double centre = np_mean(with, 5) - np_mean(without, 5);

		NEAR(up, down);
		assert_true(up > last);
		last = up;
		for (int i = 0; i < 5; i++)
			moved[i] = with[i] - centre + up + 0.01;
		assert_true(np_permutation_more_p(moved, 5, without, 5) <= levels[l]);
	}
	assert_true(isinf(np_detectable(with, 5, without, 5, true, 0.05 / 13))); /* of 252 choices */
}

static void test_too_few(void **state)
{
	const double with[] = { 100, 200 }, without[] = { 1, 2 };
	struct np_difference difference;

	(void)state;
	np_permutation_test(with, 2, without, 2, &difference);
	NEAR(difference.least_p, 2.0 / 6);
	assert_true(isinf(np_detectable(with, 2, without, 2, true, 0.05)));
	assert_true(isinf(difference.low) && isinf(difference.high));
	np_permutation_test(with, 1, without, 1, &difference);
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
	np_permutation_test(with, 16, without, 16, &first);
	np_permutation_test(with, 16, without, 16, &second);
	assert_true(first.p == second.p && first.low == second.low && first.p > 0.9);
	for (int i = 0; i < 16; i++)
		with[i] += 20;
	np_permutation_test(with, 16, without, 16, &first);
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

/* One of 12 over 4; ties; and one against three. */
static void test_one_side(void **state)
{
	const double high[] = { 9, 8, 7, 6 }, low[] = { 1, 0, 2, 0, 1, 0, 3, 0 }, same[] = { 5, 5, 5, 5 };
	struct np_difference difference;

	(void)state;
	np_permutation_test(high, 4, low, 8, &difference);
	NEAR(difference.more_p, 1.0 / 495);
	np_permutation_test(low, 4, high, 4, &difference);
	NEAR(difference.more_p, 1);
	NEAR(difference.less_p, 1.0 / 70);
	np_permutation_test(same, 4, same, 4, &difference);
	NEAR(difference.more_p, 1);
	np_permutation_test(high, 1, low, 3, &difference);
	NEAR(difference.more_p, 0.25);
}

/* Drawn orders: the order that was seen is one of them, so that no p is 0. */
static void test_never_certain(void **state)
{
	double with[NP_GROUP_MOST], without[NP_GROUP_MOST];
	struct np_difference difference;

	(void)state;
	for (size_t i = 0; i < NP_GROUP_MOST; i++) {
		with[i] = 1000 + (double)i;
		without[i] = (double)i;
	}
	np_permutation_test(with, NP_GROUP_MOST, without, NP_GROUP_MOST, &difference);
	NEAR(difference.more_p, 1.0 / 20000);
	NEAR(difference.difference, 1000);
	assert_true(difference.low > 980 && difference.high < 1020);
}

/*
 * Shares of nothing but 0: the upper bound is the half width of the band, for 0.025 as L. H. Miller's table of 1956
 * has it ("Table of percentage points of Kolmogorov statistics", J. Am. Stat. Assoc. 51).
 */
static void test_band(void **state)
{
	static const struct {
		size_t count;
		double width;
	} table[] = { { 1, 0.975 }, { 4, 0.62394 }, { 5, 0.56328 }, { 10, 0.40925 }, { 20, 0.29408 }, { 40, 0.21012 } };
	static const double none[40] = { 0 };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(table); i++) {
		struct np_estimate estimate = np_estimate_share(none, table[i].count);

		assert_true(estimate.known);
		NEAR(estimate.value, 0);
		NEAR(estimate.low, 0);
		assert_true(fabs(estimate.high - table[i].width) < 1e-5);
	}
	assert_false(np_estimate_share(none, 0).known);
}

/* Of 4, the band takes the weight of the two largest, 0.5, and 0.12394 of the third's 0.25. */
static void test_shares(void **state)
{
	const double all[] = { 1, 1, 1, 1 }, some[] = { 0.5, 1, 0.25, 1 }, fifth[] = { 0.2, 0.2, 0.2, 0.2 };
	struct np_estimate estimate = np_estimate_share(all, 4);

	(void)state;
	assert_true(fabs(estimate.low - (1 - 0.62394)) < 1e-5);
	NEAR(estimate.high, 1);
	estimate = np_estimate_share(some, 4);
	NEAR(estimate.value, 0.6875);
	assert_true(fabs(estimate.low - (0.12606 * 0.5 + 0.25 * 0.25)) < 1e-5);
	assert_true(fabs(estimate.high - 1) < 1e-5);
	estimate = np_estimate_share(fifth, 4);
	NEAR(estimate.value, 0.2);
	assert_true(fabs(estimate.low - 0.2 * (1 - 0.62394)) < 1e-5);
	assert_true(fabs(estimate.high - (1 - 0.8 * (1 - 0.62394))) < 1e-5);
}

/* The interval holds the mean in 95 of 100 samples and more, whatever the distribution: here one where it is hard. */
static void test_coverage(void **state)
{
	static const double chances[] = { 0.02, 0.3, 0.9 };
	uint64_t chance = 1;

	(void)state;
	for (size_t c = 0; c < UNIT_COUNT(chances); c++) {
		int held = 0;

		for (int i = 0; i < 2000; i++) {
			double shares[6];
			struct np_estimate estimate;

			for (int k = 0; k < 6; k++)
				shares[k] = (double)np_chance_below(1000, &chance) < 1000 * chances[c] ? 0.8 : 0.1;
			estimate = np_estimate_share(shares, 6);
			held += estimate.low <= 0.1 + 0.7 * chances[c] && 0.1 + 0.7 * chances[c] <= estimate.high;
		}
		assert_true(held >= 1900);
	}
}

static void test_ratio(void **state)
{
	const double twice[] = { 20, 21, 19, 20 }, once[] = { 10, 10.5, 9.5, 10, 10.2, 9.8 }, zero[] = { 0, 1, 1, 1 };
	struct np_estimate estimate = np_estimate_ratio(twice, 4, once, 6);

	(void)state;
	assert_true(estimate.known);
	assert_true(fabs(estimate.value - 2) < 0.02);
	assert_true(estimate.low > 1.8 && estimate.low < estimate.value);
	assert_true(estimate.high < 2.2 && estimate.high > estimate.value);
	NEAR(estimate.p, 1.0 / 210);
	estimate = np_estimate_ratio(once, 6, once, 6);
	NEAR(estimate.value, 1);
	assert_false(np_estimate_ratio(twice, 2, once, 2).known);
	assert_false(np_estimate_ratio(zero, 4, once, 6).known);
	assert_false(np_estimate_ratio(once, 6, zero, 4).known);
	assert_false(np_estimate_ratio(twice, 0, once, 6).known);
}

/* Nothing less would be found, and nothing more missed. */
static void test_detectable_is_tight(void **state)
{
	static const double levels[] = { 0.05, 0.025, 0.05 / 6 };
	const double group[] = { 5, 1, 8, 2, 3.5 };
	double more[5], less[5];

	(void)state;
	for (size_t l = 0; l < UNIT_COUNT(levels); l++) {
		double up = np_detectable(group, 5, group, 5, true, levels[l]);

		for (int i = 0; i < 5; i++) {
			more[i] = group[i] + up + 0.01;
			less[i] = group[i] + up - 0.01;
		}
		assert_true(np_permutation_more_p(more, 5, group, 5) <= levels[l]);
		assert_true(np_permutation_more_p(less, 5, group, 5) > levels[l]);
	}
}

/* 0.1 + 0.2 + 0.3 is not 0.2 + 0.3 + 0.1 to the last bit, and is the same all the same: 14 of 20 sums are no less. */
static void test_ties_of_fractions(void **state)
{
	const double same[] = { 0.1, 0.2, 0.3 };
	struct np_difference difference;

	(void)state;
	np_permutation_test(same, 3, same, 3, &difference);
	NEAR(difference.more_p, 0.7);
	NEAR(difference.less_p, 0.7);
	NEAR(difference.p, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_separate), cmocka_unit_test(test_counted_by_hand), cmocka_unit_test(test_equal),
		cmocka_unit_test(test_interval), cmocka_unit_test(test_detectable), cmocka_unit_test(test_too_few),	 cmocka_unit_test(test_drawn),
		cmocka_unit_test(test_holm),	 cmocka_unit_test(test_one_side),
		cmocka_unit_test(test_never_certain), cmocka_unit_test(test_band), cmocka_unit_test(test_shares),
		cmocka_unit_test(test_coverage), cmocka_unit_test(test_ratio),
		cmocka_unit_test(test_detectable_is_tight),
		cmocka_unit_test(test_ties_of_fractions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
