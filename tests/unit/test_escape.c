/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hostile bytes become safe text, and come back from it. */
#include "check.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"

static void check(const char *bytes, bool utf8, const char *expected)
{
	char *text = np_escape(bytes, utf8);
	char *back = NULL;

	assert_string_equal(text, expected);
	assert_int_equal(np_unescape(text, &back), 0);
	assert_string_equal(back, bytes);
	free(text);
	free(back);
}

static void test_plain_text(void **state)
{
	(void)state;
	check("", true, "");
	check("/usr/lib/libc.so.6 (deleted)", false, "/usr/lib/libc.so.6 (deleted)");
	check("caf\303\251 \346\227\245\346\234\254 \360\237\220\247", true,
	      "caf\303\251 \346\227\245\346\234\254 \360\237\220\247");
	check("caf\303\251", false, "caf\\xc3\\xa9");
}

static void test_backslash_is_unambiguous(void **state)
{
	(void)state;
	check("\\", true, "\\\\");
	check("\\x41", true, "\\\\x41");
	check("\\\n", true, "\\\\\\x0a");
}

static void test_control_characters(void **state)
{
	(void)state;
	check("a\tb\nc\rd\033[31me\177", true, "a\\x09b\\x0ac\\x0dd\\x1b[31me\\x7f");
	check("\302\233" "31m", true, "\\xc2\\x9b31m"); /* C1's CSI, as UTF-8 */
	check("\233" "31m", true, "\\x9b31m");	       /* and as a bare byte */
	check("\302\205", true, "\\xc2\\x85");
}

static void test_reordering_and_hiding(void **state)
{
	(void)state;
	check("\342\200\256", true, "\\xe2\\x80\\xae"); /* U+202E right-to-left override */
	check("\342\200\252", true, "\\xe2\\x80\\xaa");
	check("\342\201\246", true, "\\xe2\\x81\\xa6"); /* U+2066 */
	check("\342\201\251", true, "\\xe2\\x81\\xa9");
	check("\342\200\216\342\200\217", true, "\\xe2\\x80\\x8e\\xe2\\x80\\x8f");
	check("\330\234", true, "\\xd8\\x9c");		 /* U+061C */
	check("\342\200\213", true, "\\xe2\\x80\\x8b"); /* U+200B zero width space */
	check("\342\200\250\342\200\251", true, "\\xe2\\x80\\xa8\\xe2\\x80\\xa9");
	check("\357\273\277", true, "\\xef\\xbb\\xbf");
	check("\363\240\201\201", true, "\\xf3\\xa0\\x81\\x81"); /* U+E0041 tag */
}

static void test_invalid_utf8(void **state)
{
	(void)state;
	check("\300\200", true, "\\xc0\\x80");		 /* overlong */
	check("\340\200\257", true, "\\xe0\\x80\\xaf");
	check("\355\240\200", true, "\\xed\\xa0\\x80"); /* surrogate */
	check("\364\220\200\200", true, "\\xf4\\x90\\x80\\x80");
	check("\370\210\200\200\200", true, "\\xf8\\x88\\x80\\x80\\x80");
	check("\303", true, "\\xc3"); /* cut short by the end */
	check("\343\201x", true, "\\xe3\\x81x");
	check("\377\303\251", true, "\\xff\303\251");
}

static void test_every_byte_comes_back(void **state)
{
	(void)state;
	for (int first = 1; first < 256; first++) {
		for (int second = 0; second < 256; second++) {
			const char bytes[] = { (char)first, (char)second, '\0' };
			char *text = np_escape(bytes, first & 1), *back = NULL;

			assert_int_equal(np_unescape(text, &back), 0);
			assert_string_equal(back, bytes);
			free(text);
			free(back);
		}
	}
}

static void test_unescape_refuses(void **state)
{
	static const char *const bad[] = { "\\", "a\\", "\\n", "\\x", "\\x1", "\\x1G", "\\xAB", "\\x00" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *back = NULL;

		assert_int_equal(np_unescape(bad[i], &back), -EINVAL);
		assert_null(back);
	}
}

static void test_width(void **state)
{
	(void)state;
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	assert_int_equal(np_text_width("abc", SIZE_MAX), 3);
	assert_int_equal(np_text_width("abc", 2), 2);
	assert_int_equal(np_text_width("caf\303\251", SIZE_MAX), 4);
	assert_int_equal(np_text_width("\346\227\245\346\234\254", SIZE_MAX), 4);
	assert_int_equal(np_text_width("", 5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_text),
		cmocka_unit_test(test_backslash_is_unambiguous),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_reordering_and_hiding),
		cmocka_unit_test(test_invalid_utf8),
		cmocka_unit_test(test_every_byte_comes_back),
		cmocka_unit_test(test_unescape_refuses),
		cmocka_unit_test(test_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
