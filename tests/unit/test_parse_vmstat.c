/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmstat: exact values, kernels without NUMA balancing, hostile text. */
#include "unit.h"

#include "parse_vmstat.h"

UNIT_PARSER(parse, struct np_vmstat, np_parse_vmstat(text, length, ret), (void)0)

static void test_values(void **state)
{
	static const char text[] = "nr_free_pages 5\nnuma_pte_updates 9223372036854775807\nnuma_huge_pte_updates 2\n"
				   "numa_hint_faults 3\nnuma_hint_faults_local 4\nnuma_pages_migrated 5\n"
				   "pgpromote_success 6\npgpromote_candidate 99\npgdemote_kswapd 7\npgdemote_direct 8\n";
	struct np_vmstat vmstat;

	(void)state;
	assert_int_equal(np_parse_vmstat(text, sizeof(text) - 1, &vmstat), 0);
	assert_true(vmstat.numa_pte_updates.known && vmstat.numa_pte_updates.value == INT64_MAX);
	assert_true(vmstat.numa_huge_pte_updates.known && vmstat.numa_huge_pte_updates.value == 2);
	assert_true(vmstat.numa_hint_faults.known && vmstat.numa_hint_faults.value == 3);
	assert_true(vmstat.numa_hint_faults_local.known && vmstat.numa_hint_faults_local.value == 4);
	assert_true(vmstat.numa_pages_migrated.known && vmstat.numa_pages_migrated.value == 5);
	assert_true(vmstat.pgpromote_success.known && vmstat.pgpromote_success.value == 6);
	assert_true(vmstat.pgdemote_kswapd.known && vmstat.pgdemote_kswapd.value == 7);
	assert_true(vmstat.pgdemote_direct.known && vmstat.pgdemote_direct.value == 8);
	unit_hostile(parse, text, sizeof(text) - 1);
}

static void test_absent(void **state)
{
	struct np_vmstat vmstat;

	(void)state;
	assert_int_equal(np_parse_vmstat("nr_free_pages 5\n", 16, &vmstat), 0);
	assert_false(vmstat.numa_pte_updates.known || vmstat.numa_huge_pte_updates.known);
	assert_false(vmstat.numa_hint_faults.known || vmstat.numa_hint_faults_local.known);
	assert_false(vmstat.numa_pages_migrated.known);
}

static void test_malformed(void **state)
{
	(void)state;
	unit_refuses(parse, "numa_hint_faults 3", -EINVAL);
	unit_refuses(parse, "numa_hint_faults \n", -EINVAL);
	unit_refuses(parse, "numa_hint_faults x\n", -EINVAL);
	unit_refuses(parse, "numa_hint_faults 9223372036854775808\n", -ERANGE);
}

static void test_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(unit_machines); i++) {
		struct np_text text = unit_fixture(unit_machines[i], "proc/vmstat");
		struct np_vmstat vmstat;

		assert_int_equal(np_parse_vmstat(text.data, text.length, &vmstat), 0);
		assert_true(vmstat.numa_pte_updates.known && vmstat.numa_huge_pte_updates.known);
		assert_true(vmstat.numa_hint_faults.known && vmstat.numa_hint_faults_local.known);
		assert_true(vmstat.numa_pages_migrated.known);
		np_text_free(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
