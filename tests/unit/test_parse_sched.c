/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sched: exact values, hostile command names, kernels without NUMA balancing. */
#include "unit.h"

#include "parse_sched.h"

UNIT_PARSER(parse, struct np_sched, np_parse_sched(text, length, ret), (void)0)

#define RULE "-------------------------------------------------------------------\n"

static struct np_sched parse_good(const char *text)
{
	struct np_sched sched;

	assert_int_equal(np_parse_sched(text, strlen(text), &sched), 0);
	return sched;
}

static void test_values(void **state)
{
	struct np_sched sched = parse_good("postgres (4711, #threads: 14)\n" RULE
					   "se.exec_start                                :        964555.974140\n"
					   "mm->numa_scan_seq                            :                   17\n"
					   "numa_pages_migrated                          :                 1200\n"
					   "numa_preferred_nid                           :                   -1\n"
					   "total_numa_faults                            :  9223372036854775807\n"
					   "current_node=0, numa_group_id=0\n");

	(void)state;
	assert_string_equal(sched.command, "postgres");
	assert_true(sched.current_node.known && sched.current_node.value == 0);
	assert_true(sched.threads.known && sched.threads.value == 14);
	assert_true(sched.scan_seq.known && sched.scan_seq.value == 17);
	assert_true(sched.pages_migrated.known && sched.pages_migrated.value == 1200);
	assert_true(sched.preferred_node.known && sched.preferred_node.value == -1);
	assert_true(sched.total_faults.known && sched.total_faults.value == INT64_MAX);
}

static void test_absent(void **state)
{
	struct np_sched sched = parse_good("kthreadd (2, #threads: 1)\n" RULE "policy    :   0\n");

	(void)state;
	assert_false(sched.current_node.known);
	assert_true(sched.threads.known);
	assert_false(sched.scan_seq.known || sched.pages_migrated.known);
	assert_false(sched.preferred_node.known || sched.total_faults.known);
}

static void test_commands(void **state)
{
	static const char *const commands[] = {
		"", " ", "(", " (1", ")\n", "a (1, #threads:", "\n\n\n", "(1)", "x (2, #thr", "\xff\xfe (3",
		"numa_scan\n:9", " (1, #threads: ", "\n--------------", "123456789012345",
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(commands); i++) {
		char text[256];
		struct np_sched sched;

		snprintf(text, sizeof(text), "%s (4711, #threads: 3)\n" RULE "numa_pages_migrated : 5\n", commands[i]);
		sched = parse_good(text);
		assert_string_equal(sched.command, commands[i]);
		assert_int_equal(sched.threads.value, 3);
		assert_int_equal(sched.pages_migrated.value, 5);
	}
}

static void test_malformed(void **state)
{
	(void)state;
	unit_refuses(parse, "", -EINVAL);
	unit_refuses(parse, "a (1, #threads: 1)", -EINVAL);
	unit_refuses(parse, "a (1, #threads: )\n", -EINVAL);
	unit_refuses(parse, "a (1, #threads: 9223372036854775808)\n", -EINVAL);
	unit_refuses(parse, "a (1, #threads: 1)\ntotal_numa_faults : 1", -EINVAL);
	unit_refuses(parse, "a (1, #threads: 1)\ntotal_numa_faults : x\n", -EINVAL);
	unit_refuses(parse, "a (1, #threads: 1)\ntotal_numa_faults : 9223372036854775808\n", -ERANGE);
	unit_refuses(parse, "1234567890123456789012345678901234567890123456789012345678901234 (1, #threads: 1)\n", -EINVAL);
}

static void test_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(unit_machines); i++) {
		struct np_text text = unit_fixture(unit_machines[i], "proc/4711/sched");
		struct np_sched sched;

		assert_int_equal(np_parse_sched(text.data, text.length, &sched), 0);
		assert_string_equal(sched.command, "specimen");
		assert_int_equal(sched.threads.value, 2);
		assert_true(sched.scan_seq.known && sched.pages_migrated.known);
		assert_true(sched.preferred_node.known && sched.preferred_node.value == -1);
		np_text_free(&text);
	}
}

static void test_hostile(void **state)
{
	(void)state;
	unit_hostile_fixture(parse, "5.10-x86_64-two-nodes", "proc/4711/sched");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	  cmocka_unit_test(test_absent),   cmocka_unit_test(test_commands),
		cmocka_unit_test(test_malformed), cmocka_unit_test(test_recorded), cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
