/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which readers have an effect: what is found, what is none, and what a few windows leave open. */
#include "check.h"

#include "chance.h"
#include "check_find.h"

static const struct np_finding_rule shares = { .found_from = 0.01, .none_below = 0.01 };
static const struct np_finding_rule losses = { .found_from = 0.01, .none_below = 0.25 };
static const struct np_finding_rule ratios = { .ratio = true, .found_from = 1.5, .none_below = 1.5 };

#define READERS 11
#define GROUPS (NP_CONTROL_GROUPS + READERS)

static struct np_finding_group groups[GROUPS];

/* One window a round, from the first one on. */
static void set(size_t group, size_t count, const double *numbers)
{
	groups[group].count = count;
	for (size_t k = 0; k < count; k++) {
		groups[group].numbers[k] = numbers[k];
		groups[group].rounds[k] = (unsigned)k;
	}
}

/* The same in all windows of a group, or of all groups from one on. */
static void fill(size_t first, size_t last, size_t count, double number)
{
	double numbers[NP_GROUP_MOST / NP_CONTROL_GROUPS];

	for (size_t k = 0; k < count; k++)
		numbers[k] = number;
	for (size_t i = first; i <= last; i++)
		set(i, count, numbers);
}

#define SET(group, ...)                                            \
	do {                                                       \
		const double numbers_[] = { __VA_ARGS__ };         \
		set(group, sizeof(numbers_) / sizeof(*numbers_), numbers_); \
	} while (0)

static void find(const struct np_finding_rule *rule)
{
	np_find_effects(groups, GROUPS, rule);
}

static void test_all_or_nothing(void **state)
{
	(void)state;
	fill(0, 1, 5, 0);
	fill(2, GROUPS - 2, 5, 1);
	fill(GROUPS - 1, GROUPS - 1, 5, 0);
	find(&shares);
	assert_int_equal(groups[1].finding, NP_FINDING_NONE);
	for (size_t i = 2; i < GROUPS - 1; i++)
		assert_int_equal(groups[i].finding, NP_FINDING_FOUND);
	assert_int_equal(groups[GROUPS - 1].finding, NP_FINDING_NONE);
	assert_true(groups[GROUPS - 1].size.high > 0.5); /* five windows prove no more than that */
}

/* Recorded of smaps on a machine with other work: hints in three windows of five are no proof, and no proof of none. */
static void test_some_windows(void **state)
{
	(void)state;
	fill(0, 1, 5, 0);
	fill(2, GROUPS - 1, 5, 0.99);
	SET(2, 0, 1, 0.96875, 0, 1);
	SET(3, 0, 0, 0.4375, 0, 0);
	find(&shares);
	assert_int_equal(groups[2].finding, NP_FINDING_OPEN);
	assert_int_equal(groups[3].finding, NP_FINDING_OPEN);
	assert_int_equal(groups[4].finding, NP_FINDING_FOUND);

	/* Three times as many windows, of the controls too, settle it. */
	fill(0, 1, 15, 0);
	SET(2, 0, 1, 0.96875, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0);
	SET(3, 0, 0, 0.4375, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	find(&shares);
	assert_int_equal(groups[2].finding, NP_FINDING_FOUND);
	assert_int_equal(groups[3].finding, NP_FINDING_OPEN);
}

/* Scans are lost without readers too. */
static void test_beside_controls(void **state)
{
	(void)state;
	SET(0, 0, 0, 1, 0, 0);
	SET(1, 0, 1, 0, 0, 0);
	fill(2, GROUPS - 1, 5, 0);
	SET(2, 1, 0, 0, 1, 0);
	SET(3, 1, 1, 0, 1, 0);
	SET(4, 1, 1, 1, 1, 1);
	find(&losses);
	assert_int_equal(groups[1].finding, NP_FINDING_NONE);
	assert_int_equal(groups[2].finding, NP_FINDING_NONE);
	assert_int_equal(groups[3].finding, NP_FINDING_OPEN);
	assert_int_equal(groups[4].finding, NP_FINDING_OPEN); /* p is 0.022, times eleven */
	assert_int_equal(groups[5].finding, NP_FINDING_NONE);
}

static void test_ratios(void **state)
{
	(void)state;
	SET(0, 100, 110, 120, 105, 95);
	SET(1, 102, 98, 115, 101, 99);
	for (size_t i = 2; i < GROUPS; i++)
		SET(i, 100, 101, 102, 103, 104);
	SET(2, 1000, 1100, 1200, 1300, 900);
	SET(3, 120, 130, 110, 125, 115);
	SET(4, 90, 100, 5000, 95, 3000);
	find(&ratios);
	assert_int_equal(groups[2].finding, NP_FINDING_FOUND);
	assert_int_equal(groups[3].finding, NP_FINDING_NONE);
	assert_int_equal(groups[4].finding, NP_FINDING_OPEN);
	assert_int_equal(groups[5].finding, NP_FINDING_NONE);
}

/*
 * Those that were settled after five rounds have nothing of the others, by which the machine had become twice as fast,
 * and hinted what it had left alone before: they are compared with what the controls were in their own rounds.
 */
static void test_machine_that_changes(void **state)
{
	(void)state;
	SET(0, 100, 104, 98, 101, 99, 50, 51, 49, 52, 48, 50, 51, 49, 52, 48);
	SET(1, 102, 97, 103, 100, 96, 51, 50, 48, 49, 52, 51, 50, 48, 49, 52);
	for (size_t i = 2; i < GROUPS; i++)
		SET(i, 101, 99, 103, 100, 98);
	SET(3, 1010, 990, 1030, 1000, 980);
	SET(4, 101, 99, 103, 100, 98, 50, 51, 49, 50, 51, 49, 52, 48, 50, 51);
	find(&ratios);
	for (size_t i = 1; i < GROUPS; i++)
		assert_int_equal(groups[i].finding, i == 3 ? NP_FINDING_FOUND : NP_FINDING_NONE);
	assert_in_range((int)(groups[2].size.value * 100), 98, 102);

	/* The other way round, later windows of the controls hide nothing. */
	SET(0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1);
	SET(1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1);
	fill(2, GROUPS - 1, 5, 1);
	find(&shares);
	for (size_t i = 2; i < GROUPS; i++)
		assert_int_equal(groups[i].finding, NP_FINDING_FOUND);
}

/* What a load does as well is not the reader's doing, and what a reader does beyond that takes more windows to find. */
static void test_load_is_not_the_reader(void **state)
{
	(void)state;
	for (size_t windows = 5; windows <= 15; windows += 10) {
		fill(0, 0, windows, 0);
		fill(1, GROUPS - 1, windows, 0.25);
		fill(2, 2, windows, 1);
		find(&shares);
		assert_int_equal(groups[1].finding, NP_FINDING_FOUND); /* of none alone: without correction */
		assert_int_equal(groups[2].finding, windows == 5 ? NP_FINDING_OPEN : NP_FINDING_FOUND);
		for (size_t i = 3; i < GROUPS; i++)
			assert_int_equal(groups[i].finding, NP_FINDING_NONE);

		fill(0, 0, windows, 100);
		fill(1, GROUPS - 1, windows, 300);
		fill(2, 2, windows, 3000);
		find(&ratios);
		assert_int_equal(groups[2].finding, windows == 5 ? NP_FINDING_OPEN : NP_FINDING_FOUND);
		for (size_t i = 3; i < GROUPS; i++)
			assert_int_equal(groups[i].finding, NP_FINDING_NONE);
	}
}

/* A load that makes less of it, or hardly more, leaves both controls to compare with: five windows are enough. */
static void test_load_that_does_nothing(void **state)
{
	(void)state;
	fill(0, 0, 5, 120);
	fill(1, 1, 5, 100);
	fill(2, GROUPS - 1, 5, 1000);
	find(&ratios);
	assert_int_equal(groups[2].finding, NP_FINDING_FOUND);
	fill(0, 0, 5, 0);
	fill(1, 1, 5, 0.005);
	fill(2, GROUPS - 1, 5, 1);
	find(&shares);
	assert_int_equal(groups[2].finding, NP_FINDING_FOUND);
}

/* A window that says nothing, of a reader, leaves its round out for what the reader is compared with. */
static void test_round_without_a_number(void **state)
{
	(void)state;
	SET(0, 0, 0, 1, 0, 0, 0, 0, 0);
	SET(1, 0, 0, 1, 0, 0, 0, 0, 0);
	fill(2, GROUPS - 1, 8, 0);
	SET(2, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02);
	for (size_t k = 2; k < groups[2].count; k++)
		groups[2].rounds[k]++;
	find(&shares);
	assert_int_equal(groups[2].finding, NP_FINDING_FOUND);
}

/* What nobody made proves something only where it could have been made. */
static void test_nothing_in_any_window(void **state)
{
	(void)state;
	fill(0, GROUPS - 1, 5, 0);
	fill(2, 2, 5, 0.0001); /* a fault that has nothing to do with hints */
	fill(3, 3, 0, 0);
	assert_false(np_find_any(groups, GROUPS, &shares));
	SET(4, 0, 0, 0, 0, 0.5);
	assert_true(np_find_any(groups, GROUPS, &shares));
	fill(0, GROUPS - 1, 0, 0);
	assert_false(np_find_any(groups, GROUPS, &shares));
}

static void test_too_few(void **state)
{
	(void)state;
	fill(0, 1, 5, 0);
	fill(2, GROUPS - 1, 1, 1);
	fill(3, 3, 0, 0);
	find(&shares);
	assert_int_equal(groups[1].finding, NP_FINDING_NONE);
	for (size_t i = 2; i < GROUPS; i++)
		assert_int_equal(groups[i].finding, NP_FINDING_TOO_FEW);
	fill(0, 1, 0, 0);
	fill(2, GROUPS - 1, 5, 1);
	find(&shares);
	for (size_t i = 0; i < GROUPS; i++)
		assert_int_equal(groups[i].finding, NP_FINDING_TOO_FEW);
}

/* Of readers that differ by chance alone, one in more than sixty checks is found: of 2000, some 30. */
static void test_chance_finds_little(void **state)
{
	uint64_t seed = 1;
	int found = 0;

	(void)state;
	for (int check = 0; check < 2000; check++) {
		bool any = false;

		for (size_t i = 0; i < GROUPS; i++) {
			double numbers[5];

			for (size_t k = 0; k < 5; k++)
				numbers[k] = (double)np_chance_below(1000, &seed) / 1000;
			set(i, 5, numbers);
		}
		find(&shares);
		for (size_t i = NP_CONTROL_GROUPS; i < GROUPS; i++)
			any |= groups[i].finding == NP_FINDING_FOUND;
		found += any;
	}
	assert_in_range(found, 1, 50);
}

/* Beyond chance, and still nothing to speak of. */
static void test_too_small_to_speak_of(void **state)
{
	(void)state;
	fill(0, 1, 5, 100);
	fill(2, GROUPS - 1, 5, 120);
	find(&ratios);
	for (size_t i = 2; i < GROUPS; i++)
		assert_int_equal(groups[i].finding, NP_FINDING_NONE);
	fill(0, 1, 5, 0);
	fill(2, GROUPS - 1, 5, 0.005);
	find(&shares);
	for (size_t i = 2; i < GROUPS; i++)
		assert_int_equal(groups[i].finding, NP_FINDING_NONE);
}

/* Beyond chance, but the interval holds 0: five windows of fifteen, beside readers that leave nothing of Holm's correction. */
static void test_interval_that_holds_nothing(void **state)
{
	(void)state;
	fill(0, 1, 15, 0);
	fill(3, GROUPS - 1, 15, 1);
	SET(2, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	find(&shares);
	assert_true(groups[2].size.p <= NP_FOUND_P);
	assert_int_equal(groups[2].finding, NP_FINDING_OPEN);
	assert_int_equal(groups[3].finding, NP_FINDING_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_or_nothing), cmocka_unit_test(test_some_windows),
		cmocka_unit_test(test_beside_controls), cmocka_unit_test(test_ratios),
		cmocka_unit_test(test_load_is_not_the_reader), cmocka_unit_test(test_load_that_does_nothing),
		cmocka_unit_test(test_machine_that_changes), cmocka_unit_test(test_round_without_a_number),
		cmocka_unit_test(test_nothing_in_any_window),
		cmocka_unit_test(test_too_few),	       cmocka_unit_test(test_chance_finds_little),
		cmocka_unit_test(test_too_small_to_speak_of),
		cmocka_unit_test(test_interval_that_holds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
