/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status, statm and stat: exact values, absent lines, hostile command names and text. */
#include "unit.h"

#include "parse_status.h"

UNIT_PARSER(parse_status, struct np_status, np_parse_status(text, length, ret), (void)0)
UNIT_PARSER(parse_statm, struct np_statm, np_parse_statm(text, length, ret), (void)0)
UNIT_PARSER(parse_stat, struct np_stat, np_parse_stat(text, length, ret), (void)0)

static void assert_fact(struct np_fact fact, int64_t value)
{
	assert_true(fact.known);
	assert_true(fact.value == value);
}

static void test_status(void **state)
{
	static const char text[] = "Name:\tVmRSS:\nState:\tD (disk sleep)\nUid:\t1000\t0\t0\t0\nVmHWM:\t 9 kB\n"
				   "VmRSS:\t20973024 kB\nRssAnon:\t    3 kB\nRssFile:\t    2 kB\nRssShmem:\t    1 kB\n"
				   "VmSwap:\t       4 kB\nHugetlbPages:\t    2048 kB\nThreads:\t14\n";
	struct np_status status;

	(void)state;
	assert_int_equal(np_parse_status(text, sizeof(text) - 1, &status), 0);
	assert_fact(status.state, 'D');
	assert_fact(status.real_uid, 1000);
	assert_fact(status.rss_bytes, INT64_C(20973024) * 1024);
	assert_fact(status.rss_anon_bytes, 3072);
	assert_fact(status.rss_file_bytes, 2048);
	assert_fact(status.rss_shmem_bytes, 1024);
	assert_fact(status.swap_bytes, 4096);
	assert_fact(status.hugetlb_bytes, 2 << 20);
	assert_fact(status.threads, 14);
}

static void test_status_absent(void **state)
{
	static const char text[] = "Name:\tkthreadd\nState:\tS (sleeping)\nUid:\t0\t0\t0\t0\nThreads:\t1\n";
	struct np_status status;

	(void)state;
	assert_int_equal(np_parse_status(text, sizeof(text) - 1, &status), 0);
	assert_fact(status.threads, 1);
	assert_false(status.rss_bytes.known || status.rss_anon_bytes.known || status.rss_file_bytes.known);
	assert_false(status.rss_shmem_bytes.known || status.swap_bytes.known || status.hugetlb_bytes.known);
}

static void test_status_malformed(void **state)
{
	(void)state;
	unit_refuses(parse_status, "VmRSS:\t 1 kB", -EINVAL);
	unit_refuses(parse_status, "VmRSS:\t 1\n", -EINVAL);
	unit_refuses(parse_status, "VmRSS:\t 1 MB\n", -EINVAL);
	unit_refuses(parse_status, "VmRSS:\t-1 kB\n", -EINVAL);
	unit_refuses(parse_status, "VmRSS:\n", -EINVAL);
	unit_refuses(parse_status, "State:\t\n", -EINVAL);
	unit_refuses(parse_status, "VmRSS:\t 9007199254740992 kB\n", -ERANGE);
	unit_refuses(parse_status, "Threads:\t9223372036854775808\n", -ERANGE);
	assert_int_equal(unit_parse_exact(parse_status, "VmRSS:\t 9007199254740991 kB\n", 28), 0);
}

static void test_statm(void **state)
{
	static const char text[] = "6638 3927 455 1 0 4669 0\n";
	struct np_statm statm;

	(void)state;
	assert_int_equal(np_parse_statm(text, sizeof(text) - 1, &statm), 0);
	assert_int_equal(statm.size_pages, 6638);
	assert_int_equal(statm.resident_pages, 3927);
	assert_int_equal(statm.shared_pages, 455);
	unit_refuses(parse_statm, "1 2 3", -EINVAL);
	unit_refuses(parse_statm, "1 2\n", -EINVAL);
	unit_refuses(parse_statm, "1 2 x\n", -EINVAL);
	unit_refuses(parse_statm, "1 2x 3\n", -EINVAL);
	unit_refuses(parse_statm, "1 18446744073709551616 3\n", -ERANGE);
	unit_hostile(parse_statm, text, sizeof(text) - 1);
}

static void test_stat(void **state)
{
	static const char *const commands[] = { "sh", "", ")", "a) S 1 (b", "a b\nc", "\xff) R 9 9 9 9 9" };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(commands); i++) {
		char text[256];
		struct np_stat stat;

		snprintf(text, sizeof(text),
			 "4711 (%s) S 124 0 0 0 -1 4194304 1133 5 6 7 3 11 0 0 20 0 14 0 212 27189248 3927\n", commands[i]);
		assert_int_equal(np_parse_stat(text, strlen(text), &stat), 0);
		assert_int_equal(stat.minor_faults, 1133);
		assert_int_equal(stat.threads, 14);
		assert_int_equal(stat.start_ticks, 212);
		assert_int_equal(stat.major_faults, 6);
		assert_int_equal(stat.state, 'S');
		assert_false(stat.processor.known); /* the line ends before it */
	}
}

static void test_stat_malformed(void **state)
{
	(void)state;
	unit_refuses(parse_stat, "", -EINVAL);
	unit_refuses(parse_stat, "4711 sh S 1\n", -EINVAL);
	unit_refuses(parse_stat, "1 (a) S 124 0 0 0 -1 4194304 1133 5 6 7 3 11 0 0 20 0 14 0\n", -EINVAL);
	unit_refuses(parse_stat, "1 (a) S 124 0 0 0 -1 4194304 1133 5 6 7 3 11 0 0 20 0 14 0 212", -EINVAL);
	unit_refuses(parse_stat, "1 (a) S 124 0 0 0 -1 4194304 -1 5 6 7 3 11 0 0 20 0 14 0 212 1\n", -EINVAL);
	unit_refuses(parse_stat, "1 (a) S 1 0 0 0 -1 4 18446744073709551616 5 6 7 3 11 0 0 20 0 14 0 212 1\n", -ERANGE);
}

static void test_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(unit_machines); i++) {
		struct np_text status_text = unit_fixture(unit_machines[i], "proc/4711/status");
		struct np_text statm_text = unit_fixture(unit_machines[i], "proc/4711/statm");
		struct np_text stat_text = unit_fixture(unit_machines[i], "proc/4711/stat");
		struct np_status status;
		struct np_statm statm;
		struct np_stat stat;

		assert_int_equal(np_parse_status(status_text.data, status_text.length, &status), 0);
		assert_int_equal(np_parse_statm(statm_text.data, statm_text.length, &statm), 0);
		assert_int_equal(np_parse_stat(stat_text.data, stat_text.length, &stat), 0);
		assert_fact(status.state, 'S');
		assert_fact(status.threads, 2);
		assert_fact(status.real_uid, 0);
		assert_fact(status.swap_bytes, 0);
		assert_fact(status.hugetlb_bytes, strstr(unit_machines[i], "6.18") ? 0 : 2 << 20);
		assert_int_equal(status.rss_bytes.value, status.rss_anon_bytes.value + status.rss_file_bytes.value +
								 status.rss_shmem_bytes.value);
		assert_int_equal(stat.threads, 2);
		assert_true(stat.minor_faults > 900 && stat.start_ticks > 100);
		assert_true(statm.size_pages > statm.resident_pages && statm.resident_pages > statm.shared_pages);
		np_text_free(&status_text);
		np_text_free(&statm_text);
		np_text_free(&stat_text);
	}
}

static void test_hostile(void **state)
{
	(void)state;
	unit_hostile_fixture(parse_status, "7.3-x86_64-two-nodes", "proc/4711/status");
	unit_hostile_fixture(parse_stat, "7.3-x86_64-two-nodes", "proc/4711/stat");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),	  cmocka_unit_test(test_status_absent),
		cmocka_unit_test(test_status_malformed), cmocka_unit_test(test_statm),
		cmocka_unit_test(test_stat),	  cmocka_unit_test(test_stat_malformed),
		cmocka_unit_test(test_recorded),  cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
