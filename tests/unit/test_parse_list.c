/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of nodes: exact values, limits, hostile text. */
#include "unit.h"

#include "parse_list.h"

UNIT_PARSER(parse, struct np_node_list, np_parse_list(text, length, ret), (void)0)

static void test_values(void **state)
{
	static const unsigned expected[] = { 0, 1, 2, 3, 8, 10, 11, 1023 };
	struct np_node_list list;

	(void)state;
	assert_int_equal(np_parse_list("0-3,8,10-11,1023\n", 17, &list), 0);
	assert_int_equal(list.count, UNIT_COUNT(expected));
	assert_memory_equal(list.numbers, expected, sizeof(expected));
	assert_int_equal(np_parse_list("5", 1, &list), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.numbers[0], 5);
	assert_int_equal(np_parse_list("0-1023\n", 7, &list), 0);
	assert_int_equal(list.count, 1024);
	assert_int_equal(list.numbers[1023], 1023);
}

static void test_empty(void **state)
{
	struct np_node_list list;

	(void)state;
	assert_int_equal(np_parse_list("\n", 1, &list), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(np_parse_list("", 0, &list), 0);
	assert_int_equal(list.count, 0);
}

static void test_malformed(void **state)
{
	(void)state;
	unit_refuses(parse, "0-3,\n", -EINVAL);
	unit_refuses(parse, ",0\n", -EINVAL);
	unit_refuses(parse, "3-0\n", -EINVAL);
	unit_refuses(parse, "1,0\n", -EINVAL);
	unit_refuses(parse, "0,0\n", -EINVAL);
	unit_refuses(parse, "0-3,3\n", -EINVAL);
	unit_refuses(parse, "0-\n", -EINVAL);
	unit_refuses(parse, "0 1\n", -EINVAL);
	unit_refuses(parse, "0\n\n", -EINVAL);
	unit_refuses(parse, "-1\n", -EINVAL);
	unit_refuses(parse, "1024\n", -ERANGE);
	unit_refuses(parse, "0-4294967295\n", -ERANGE);
	unit_refuses(parse, "4294967296\n", -ERANGE);
}

static void test_recorded(void **state)
{
	static const size_t counts[UNIT_COUNT(unit_machines)] = { 2, 2, 3, 4, 1, 2 };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(unit_machines); i++) {
		struct np_text text = unit_fixture(unit_machines[i], "sys/devices/system/node/online");
		struct np_node_list list;

		assert_int_equal(np_parse_list(text.data, text.length, &list), 0);
		assert_int_equal(list.count, counts[i]);
		assert_int_equal(list.numbers[list.count - 1], counts[i] - 1);
		np_text_free(&text);
	}
}

static void test_hostile(void **state)
{
	(void)state;
	unit_hostile(parse, "0-3,8,10-11\n", 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	 cmocka_unit_test(test_empty),	 cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_recorded), cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
