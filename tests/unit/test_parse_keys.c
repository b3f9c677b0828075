/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a key and a number: units, separators, what is skipped. */
#include "unit.h"

#include "parse_keys.h"

struct facts {
	struct np_fact bytes, number;
};

static const struct np_key keys[] = {
	{ "Bytes", offsetof(struct facts, bytes), NP_UNIT_KB },
	{ "a number", offsetof(struct facts, number), NP_UNIT_NONE },
};

static int parse(const char *line, struct facts *facts)
{
	return np_parse_key_line(np_span_make(line, strlen(line)), ':', keys, NP_ARRAY_SIZE(keys), facts);
}

static void test_values(void **state)
{
	struct facts facts = { 0 };

	(void)state;
	assert_int_equal(parse("Bytes:\t  12 kB", &facts), 0);
	assert_int_equal(parse("a number \t : -5 and more", &facts), 0);
	assert_true(facts.bytes.known && facts.bytes.value == 12288);
	assert_true(facts.number.known && facts.number.value == -5);
}

static void test_skipped(void **state)
{
	static const char *const lines[] = { "", ":", " : 5", "Byte: 1 kB", "Bytess: 1 kB", " Bytes: 1 kB", "Bytes 1 kB",
					     "bytes: 1 kB", "a number" };
	struct facts facts = { 0 };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(lines); i++)
		assert_int_equal(parse(lines[i], &facts), 0);
	assert_false(facts.bytes.known || facts.number.known);
}

static void test_failures(void **state)
{
	struct facts facts = { 0 };

	(void)state;
	assert_int_equal(parse("Bytes: 1", &facts), -EINVAL);
	assert_int_equal(parse("Bytes: kB", &facts), -EINVAL);
	assert_int_equal(parse("Bytes:", &facts), -EINVAL);
	assert_int_equal(parse("Bytes: 18446744073709551616 kB", &facts), -ERANGE);
	assert_int_equal(parse("Bytes: 9007199254740992 kB", &facts), -ERANGE);
	assert_int_equal(parse("a number: 9223372036854775808", &facts), -ERANGE);
	assert_false(facts.bytes.known || facts.number.known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_skipped),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
