/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of processes: exact values, limits, hostile text. */
#include "unit.h"

#include "parse_pids.h"

UNIT_PARSER(parse, struct np_pids, np_parse_pids(text, length, ret), np_pids_free(ret))

static void assert_pids(const char *text, const pid_t *expected, size_t count)
{
	struct np_pids pids;

	assert_int_equal(np_parse_pids(text, strlen(text), &pids), 0);
	assert_int_equal(pids.count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(pids.pids[i], expected[i]);
	np_pids_free(&pids);
}

static void test_values(void **state)
{
	static const pid_t expected[] = { 4711, 0, 1, 1, 2147483647 };

	(void)state;
	assert_pids("4711\n0\n1\n1\n2147483647\n", expected, UNIT_COUNT(expected)); /* cgroup.procs */
	assert_pids("4711 0 1 1 2147483647 ", expected, UNIT_COUNT(expected));	      /* children */
	assert_pids("", expected, 0);
	assert_pids("\n", expected, 0);
}

static void test_malformed(void **state)
{
	(void)state;
	unit_refuses(parse, "1\n-1\n", -EINVAL);
	unit_refuses(parse, "1 x\n", -EINVAL);
	unit_refuses(parse, "1,2\n", -EINVAL);
	unit_refuses(parse, "2147483648\n", -ERANGE);
	unit_refuses(parse, "18446744073709551616\n", -ERANGE);
}

static void test_hostile(void **state)
{
	(void)state;
	unit_hostile(parse, "1\n4711\n0\n", 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
