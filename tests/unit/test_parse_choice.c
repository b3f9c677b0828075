/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bracketed word of several: exact values, hostile text. */
#include "unit.h"

#include "parse_choice.h"

UNIT_PARSER(parse, char *, np_parse_choice(text, length, ret), free(*ret))

static void assert_choice(const char *text, const char *expected)
{
	char *choice;

	assert_int_equal(np_parse_choice(text, strlen(text), &choice), 0);
	assert_string_equal(choice, expected);
	free(choice);
}

static void test_values(void **state)
{
	(void)state;
	assert_choice("always [madvise] never\n", "madvise");
	assert_choice("[none] integrity confidentiality\n", "none");
	assert_choice("none integrity [confidentiality]", "confidentiality");
}

static void test_malformed(void **state)
{
	static const char *const bad[] = { "", "\n", "always madvise\n", "[", "[]", "a [b", "a ]b[ c", "[a] [b]\n" };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(bad); i++)
		assert_int_equal(unit_parse_exact(parse, bad[i], strlen(bad[i])), -EINVAL);
	assert_int_equal(unit_parse_exact(parse, "[a\0b]", 5), -EINVAL);
}

static void test_hostile(void **state)
{
	(void)state;
	unit_hostile(parse, "always [madvise] never\n", 23);
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
