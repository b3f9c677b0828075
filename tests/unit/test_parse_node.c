/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A node's meminfo and distance: exact values, absent lines, hostile text. */
#include "unit.h"

#include "parse_node.h"

struct three {
	struct np_fact facts[3];
};

UNIT_PARSER(parse_meminfo, struct np_node_meminfo, np_parse_node_meminfo(text, length, ret), (void)0)
UNIT_PARSER(parse_distance, struct three, np_parse_distance(text, length, 3, ret->facts), (void)0)

static void test_meminfo(void **state)
{
	static const char text[] = "Node 12 MemTotal:        1030492 kB\nNode 12 MemFree:          991568 kB\n"
				   "Node 12 MemUsed:           38924 kB\nNode 12 HugePages_Total:     1\n";
	struct np_node_meminfo meminfo;

	(void)state;
	assert_int_equal(np_parse_node_meminfo(text, sizeof(text) - 1, &meminfo), 0);
	assert_true(meminfo.total_bytes.known && meminfo.total_bytes.value == INT64_C(1030492) * 1024);
	assert_true(meminfo.free_bytes.known && meminfo.free_bytes.value == INT64_C(991568) * 1024);
	unit_hostile(parse_meminfo, text, sizeof(text) - 1);
}

static void test_meminfo_of_machine(void **state)
{
	static const char text[] = "MemTotal:        4 kB\nMemAvailable: 1 kB\n";
	struct np_node_meminfo meminfo;

	(void)state;
	assert_int_equal(np_parse_node_meminfo(text, sizeof(text) - 1, &meminfo), 0);
	assert_true(meminfo.total_bytes.known && meminfo.total_bytes.value == 4096);
	assert_false(meminfo.free_bytes.known);
}

static void test_meminfo_malformed(void **state)
{
	(void)state;
	unit_refuses(parse_meminfo, "Node 0 MemTotal: 1 kB", -EINVAL);
	unit_refuses(parse_meminfo, "Node 0 MemTotal: 1\n", -EINVAL);
	unit_refuses(parse_meminfo, "Node 0 MemFree: 9007199254740992 kB\n", -ERANGE);
}

static void test_distance(void **state)
{
	struct np_fact facts[3];

	(void)state;
	assert_int_equal(np_parse_distance("10 21 255\n", 10, 3, facts), 0);
	assert_true(facts[0].known && facts[0].value == 10);
	assert_true(facts[1].known && facts[1].value == 21);
	assert_true(facts[2].known && facts[2].value == 255);
	assert_int_equal(np_parse_distance("  7", 3, 1, facts), 0);
	assert_int_equal(facts[0].value, 7);
	unit_refuses(parse_distance, "10 21\n", -EINVAL);
	unit_refuses(parse_distance, "10 21 30 40\n", -EINVAL);
	unit_refuses(parse_distance, "10 x 30\n", -EINVAL);
	unit_refuses(parse_distance, "10 21 30\n10 21 30\n", -EINVAL);
	unit_refuses(parse_distance, "10 21 4294967296\n", -ERANGE);
	unit_hostile(parse_distance, "10 21 30\n", 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meminfo),
		cmocka_unit_test(test_meminfo_of_machine),
		cmocka_unit_test(test_meminfo_malformed),
		cmocka_unit_test(test_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
