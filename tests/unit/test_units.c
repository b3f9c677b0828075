/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes, shares and durations as people read them. */
#include "check.h"

#include "units.h"

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define TIB (GIB * 1024)

static void check_bytes(uint64_t bytes, const char *expected)
{
	char text[NP_UNITS_SIZE];

	np_format_bytes(bytes, false, text);
	assert_string_equal(text, expected);
}

static void test_bytes(void **state)
{
	(void)state;
	check_bytes(0, "0");
	check_bytes(1, "1B");
	check_bytes(1023, "1023B");
	check_bytes(1024, "1K");
	check_bytes(4096, "4K");
	check_bytes(824 * KIB, "824K");
	check_bytes(64 * MIB, "64.0M");
	check_bytes(12390 * MIB, "12.1G");
	check_bytes(16 * TIB, "16.0T");
	check_bytes(1024 * TIB, "1.0P");
	check_bytes(UINT64_MAX, "16.0E");
}

static void test_bytes_round_to_nearest(void **state)
{
	(void)state;
	check_bytes(1535, "1K");
	check_bytes(1536, "2K");
	check_bytes(1023 * KIB + 511, "1023K");
	check_bytes(MIB + MIB / 20 - 1, "1.0M");
	check_bytes(MIB + MIB / 20 + 1, "1.1M");
}

static void test_bytes_never_1024(void **state)
{
	(void)state;
	check_bytes(1023 * KIB + 512, "1.0M");
	check_bytes(GIB - MIB / 20 - 1, "1023.9M");
	check_bytes(GIB - MIB / 20 + 1, "1.0G");
	check_bytes(GIB - 1, "1.0G");
	check_bytes(TIB - 1, "1.0T");
	check_bytes(1024 * TIB - 1, "1.0P");
	check_bytes(1024 * 1024 * TIB - 1, "1.0E");
}

static void test_exact_bytes(void **state)
{
	char text[NP_UNITS_SIZE];

	(void)state;
	np_format_bytes(UINT64_MAX, true, text);
	assert_string_equal(text, "18446744073709551615");
	np_format_bytes(0, true, text);
	assert_string_equal(text, "0");
}

static void test_pages(void **state)
{
	(void)state;
	assert_true(np_pages_to_bytes(3, 4096) == 12288);
	assert_true(np_pages_to_bytes(UINT64_MAX / 4096 + 1, 4096) == UINT64_MAX);
}

static void check_percent(uint64_t part, uint64_t whole, const char *expected)
{
	char text[NP_UNITS_SIZE];

	np_format_percent(part, whole, text);
	assert_string_equal(text, expected);
}

static void test_percent(void **state)
{
	(void)state;
	check_percent(0, 0, "");
	check_percent(0, 5, "0.0 %");
	check_percent(89, 1000, "8.9 %");
	check_percent(1, 1000000, "<0.1 %");
	check_percent(999999, 1000000, ">99.9 %");
	check_percent(7, 7, "100.0 %");
	check_percent(UINT64_MAX / 2, UINT64_MAX, "50.0 %");
}

static void check_duration(uint64_t elapsed_ns, const char *expected)
{
	char text[NP_UNITS_SIZE];

	np_format_duration(elapsed_ns, text);
	assert_string_equal(text, expected);
}

static void test_duration(void **state)
{
	(void)state;
	check_duration(0, "<0.1 ms");
	check_duration(49999, "<0.1 ms");
	check_duration(400000, "0.4 ms");
	check_duration(9949999, "9.9 ms");
	check_duration(9950000, "10 ms");
	check_duration(34000000, "34 ms");
	check_duration(9999499999, "9999 ms");
	check_duration(12345678901, "12.3 s");
	check_duration(UINT64_MAX, "18446744073.7 s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),	      cmocka_unit_test(test_bytes_round_to_nearest),
		cmocka_unit_test(test_bytes_never_1024), cmocka_unit_test(test_exact_bytes),
		cmocka_unit_test(test_pages),	      cmocka_unit_test(test_percent),
		cmocka_unit_test(test_duration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
