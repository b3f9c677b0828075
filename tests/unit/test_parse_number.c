/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers, words and lines: limits, overflow, what is taken and what is left. */
#include "unit.h"

#include "parse_number.h"

static struct np_span span_of(const char *text)
{
	return np_span_make(text, strlen(text));
}

static void assert_left(struct np_span span, const char *rest)
{
	assert_true(np_span_equals(span, rest));
}

static void test_u64(void **state)
{
	struct np_span span = span_of("18446744073709551615x");
	uint64_t number = 7;

	(void)state;
	assert_int_equal(np_take_u64(&span, &number), 0);
	assert_true(number == UINT64_MAX);
	assert_left(span, "x");
	assert_int_equal(np_take_u64(&span, &number), -EINVAL);
	assert_left(span, "x");
	span = span_of("18446744073709551616");
	assert_int_equal(np_take_u64(&span, &number), -ERANGE);
	assert_left(span, "18446744073709551616");
	span = span_of("99999999999999999999999999");
	assert_int_equal(np_take_u64(&span, &number), -ERANGE);
	assert_true(number == UINT64_MAX);
	span = span_of("0000000000000000000000012,");
	assert_int_equal(np_take_u64(&span, &number), 0);
	assert_int_equal(number, 12);
	span = span_of("-1");
	assert_int_equal(np_take_u64(&span, &number), -EINVAL);
	span = span_of(" 1");
	assert_int_equal(np_take_u64(&span, &number), -EINVAL);
	span = span_of("");
	assert_int_equal(np_take_u64(&span, &number), -EINVAL);
}

static void test_i64(void **state)
{
	struct np_span span = span_of("-9223372036854775808");
	int64_t number = 7;

	(void)state;
	assert_int_equal(np_take_i64(&span, &number), 0);
	assert_true(number == INT64_MIN);
	span = span_of("9223372036854775807");
	assert_int_equal(np_take_i64(&span, &number), 0);
	assert_true(number == INT64_MAX);
	span = span_of("9223372036854775808");
	assert_int_equal(np_take_i64(&span, &number), -ERANGE);
	span = span_of("-9223372036854775809");
	assert_int_equal(np_take_i64(&span, &number), -ERANGE);
	assert_left(span, "-9223372036854775809");
	span = span_of("-");
	assert_int_equal(np_take_i64(&span, &number), -EINVAL);
	assert_left(span, "-");
	span = span_of("-0 ");
	assert_int_equal(np_take_i64(&span, &number), 0);
	assert_int_equal(number, 0);
}

static void test_hex(void **state)
{
	struct np_span span = span_of("ffffffffffffffffg");
	uint64_t number = 7;

	(void)state;
	assert_int_equal(np_take_hex(&span, &number), 0);
	assert_true(number == UINT64_MAX);
	assert_left(span, "g");
	span = span_of("10000000000000000");
	assert_int_equal(np_take_hex(&span, &number), -ERANGE);
	span = span_of("Ff");
	assert_int_equal(np_take_hex(&span, &number), -EINVAL);
	span = span_of("0x10");
	assert_int_equal(np_take_hex(&span, &number), 0);
	assert_int_equal(number, 0);
	assert_left(span, "x10");
}

static void test_unsigned(void **state)
{
	struct np_span span = span_of("4294967295");
	unsigned number = 7;

	(void)state;
	assert_int_equal(np_take_unsigned(&span, &number), 0);
	assert_true(number == UINT32_MAX);
	span = span_of("4294967296");
	assert_int_equal(np_take_unsigned(&span, &number), -ERANGE);
	assert_left(span, "4294967296");
}

static void test_lines(void **state)
{
	struct np_span span = span_of("a b\n\nlast"), line;

	(void)state;
	assert_false(np_span_whole_lines(span));
	assert_true(np_take_line(&span, &line));
	assert_left(line, "a b");
	assert_true(np_take_line(&span, &line));
	assert_left(line, "");
	assert_true(np_take_line(&span, &line));
	assert_left(line, "last");
	assert_false(np_take_line(&span, &line));
	assert_true(np_span_whole_lines(span_of("a\n")));
	assert_true(np_span_whole_lines(span_of("")));
}

static void test_words(void **state)
{
	struct np_span span = span_of(" \tone two\t "), word;

	(void)state;
	assert_true(np_take_word(&span, &word));
	assert_left(word, "one");
	assert_false(np_take_text(&span, "two"));
	assert_true(np_take_text(&span, " t"));
	assert_true(np_take_word(&span, &word));
	assert_left(word, "wo");
	assert_false(np_take_word(&span, &word));
	assert_left(span, "");
}

static void test_until(void **state)
{
	struct np_span span = span_of("key: value"), key;

	(void)state;
	assert_false(np_take_until(&span, '=', &key));
	assert_true(np_take_until(&span, ':', &key));
	assert_left(key, "key");
	assert_left(span, " value");
}

static void test_copy(void **state)
{
	char *copy = NULL;

	(void)state;
	assert_int_equal(np_span_copy(span_of("text"), &copy), 0);
	assert_string_equal(copy, "text");
	free(copy);
	copy = NULL;
	assert_int_equal(np_span_copy(np_span_make("a\0b", 3), &copy), -EINVAL);
	assert_null(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u64),   cmocka_unit_test(test_i64),   cmocka_unit_test(test_hex),
		cmocka_unit_test(test_unsigned), cmocka_unit_test(test_lines), cmocka_unit_test(test_words),
		cmocka_unit_test(test_until), cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
