// SPDX-License-Identifier: GPL-2.0-or-later
/* How far counters may be off, by what was found of this kernel. */
#include "unit.h"

#include "lag.h"

static void test_pages(void **state)
{
	static const struct {
		enum np_lag_kind kind;
		uint64_t threads, cpus, pages;
	} rows[] = {
		{ NP_LAG_NONE, 100, 64, 0 },
		{ NP_LAG_BY_CPU, 100, 4, 3 * 4 * 32 }, /* threads do not matter */
		{ NP_LAG_BY_CPU, 1, 16, 3 * 16 * 32 },
		{ NP_LAG_BY_CPU, 1, 17, 3 * 17 * 34 },
		{ NP_LAG_BY_THREAD, 1, 4, 65 * 16 },
		{ NP_LAG_BY_THREAD, 1, 64, 3 * 64 * 128 }, /* whichever is more */
		{ NP_LAG_UNKNOWN, 2, 4, 2 * 65 * 16 },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rows); i++)
		assert_int_equal(np_lag_pages(rows[i].kind, rows[i].threads, rows[i].cpus), rows[i].pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pages) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
