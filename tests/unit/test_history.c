/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two walks held against each other: hints made and cleared, pages moved. */
#include "check.h"

#include <errno.h>
#include <string.h>

#include "history.h"

#define PAGE 4096ULL

static struct np_history before, now;

static int start(void **state)
{
	(void)state;
	np_history_restart(&before);
	np_history_restart(&now);
	return 0;
}

static void expect(uint64_t made, uint64_t cleared, uint64_t moved)
{
	struct np_changes changes;

	assert_int_equal(np_history_compare(&before, &now, &changes), 0);
	assert_int_equal(changes.made, made);
	assert_int_equal(changes.cleared, cleared);
	assert_int_equal(changes.moved, moved);
}

static void test_nothing(void **state)
{
	(void)state;
	expect(0, 0, 0);
	np_history_add(&before, 10 * PAGE, 5, NP_PRESENT, 0);
	expect(0, 0, 0);
	np_history_add(&now, 20 * PAGE, 5, NP_PRESENT, 1);
	expect(0, 0, 0);
}

static void test_hints(void **state)
{
	(void)state;
	np_history_add(&before, 0, 10, NP_PRESENT, 0);
	np_history_add(&before, 10 * PAGE, 10, NP_HINTED, 0);
	np_history_add(&before, 20 * PAGE, 4, NP_HINTED, 0);
	np_history_add(&now, 0, 3, NP_HINTED, 0);
	np_history_add(&now, 3 * PAGE, 12, NP_PRESENT, 0);
	np_history_add(&now, 15 * PAGE, 5, NP_HINTED, 0);
	np_history_add(&now, 100 * PAGE, 7, NP_HINTED, 0); /* new memory, hinted already */
	expect(3 + 7, 5 + 4, 0);
}

static void test_moves(void **state)
{
	(void)state;
	np_history_add(&before, 0, 10, NP_HINTED, 0);
	np_history_add(&before, 10 * PAGE, 10, NP_PRESENT, -1);
	np_history_add(&before, 20 * PAGE, 10, NP_SWAPPED, -1);
	np_history_add(&now, 0, 4, NP_PRESENT, 1);
	np_history_add(&now, 4 * PAGE, 6, NP_HINTED, 0);
	np_history_add(&now, 10 * PAGE, 20, NP_PRESENT, 1);
	expect(0, 4, 4);
}

/* A page that could not be read this time, or the last time, is no change. */
static void test_unknown(void **state)
{
	(void)state;
	np_history_add(&before, 0, 10, NP_HINTED, 0);
	np_history_add(&before, 10 * PAGE, 10, NP_UNKNOWN, -1);
	np_history_add(&now, 0, 10, NP_UNKNOWN, -1);
	np_history_add(&now, 10 * PAGE, 10, NP_HINTED, 0);
	expect(0, 0, 0);
}

static void test_neighbours_are_joined(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		np_history_add(&now, i * PAGE, 1, NP_PRESENT, 3);
	assert_int_equal(now.count, 1);
	assert_int_equal(now.runs[0].run.pages, 1000);
}

static void test_limit(void **state)
{
	struct np_changes changes = { 1, 2, 3 };

	(void)state;
	for (uint64_t i = 0; i <= NP_HISTORY_LIMIT; i++)
		np_history_add(&now, i * PAGE, 1, NP_PRESENT, (int)(i & 1));
	assert_int_equal(now.count, NP_HISTORY_LIMIT);
	assert_int_equal(np_history_compare(&before, &now, &changes), -EOVERFLOW);
	assert_int_equal(np_history_compare(&now, &before, &changes), -EOVERFLOW);
	assert_int_equal(changes.made, 1);
}

static int end(void **state)
{
	(void)state;
	np_history_free(&before);
	np_history_free(&now);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing, start), cmocka_unit_test_setup(test_hints, start),
		cmocka_unit_test_setup(test_moves, start),   cmocka_unit_test_setup(test_unknown, start),
		cmocka_unit_test_setup(test_neighbours_are_joined, start),
		cmocka_unit_test_setup_teardown(test_limit, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
