/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packed reports: there and back, damaged in every way, and no more than the limit. */
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compress.h"

static struct np_text text_of(char byte, size_t length)
{
	struct np_text text = { malloc(length + 1), length };

	assert_non_null(text.data);
	memset(text.data, byte, length);
	return text;
}

/* The text packed, or the test ends here. */
static struct np_text pack(const struct np_text *text)
{
	struct np_text packed = { 0 };
	int result = np_compress(text->data, text->length, &packed);

	if (result == -ENOTSUP)
		skip();
	assert_int_equal(result, 0);
	return packed;
}

static int unpack(const char *bytes, size_t length, size_t limit)
{
	char *copy = malloc(length ? length : 1);
	struct np_text text = { 0 };
	int result;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	result = np_decompress(copy, length, limit, &text);
	if (result == 0)
		assert_int_equal(text.data[text.length], '\0');
	np_text_free(&text);
	free(copy);
	return result;
}

static void test_there_and_back(void **state)
{
	static const size_t lengths[] = { 0, 1, 65535, 65536, 65537, 1000000 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct np_text text = text_of('x', lengths[i]), packed = pack(&text), again = { 0 };

		assert_true(np_is_compressed(packed.data, packed.length));
		assert_int_equal(np_decompress(packed.data, packed.length, lengths[i], &again), 0);
		assert_int_equal(again.length, text.length);
		assert_memory_equal(again.data, text.data, text.length);
		np_text_free(&text);
		np_text_free(&packed);
		np_text_free(&again);
	}
}

/* 100 MB of zeros are some kilobytes: a small file must not take the machine's memory. */
static void test_limit(void **state)
{
	struct np_text text = text_of('\0', 100000000), packed = pack(&text);

	(void)state;
	assert_true(packed.length < 100000);
	assert_int_equal(unpack(packed.data, packed.length, 99999999), -EFBIG);
	assert_int_equal(unpack(packed.data, packed.length, 1), -EFBIG);
	assert_int_equal(unpack(packed.data, packed.length, 0), -EFBIG);
	np_text_free(&text);
	np_text_free(&packed);
}

/* There are bits that make no difference; with all others it is no longer what was packed. */
static void assert_same_or_refused(const struct np_text *packed, const struct np_text *text)
{
	struct np_text again = { 0 };
	int result = np_decompress(packed->data, packed->length, 1000000, &again);

	if (result == 0) {
		assert_int_equal(again.length, text->length);
		assert_memory_equal(again.data, text->data, text->length);
	} else {
		assert_true(result == -EBADMSG || result == -EFBIG);
	}
	np_text_free(&again);
}

static void test_damaged(void **state)
{
	struct np_text text = text_of('x', 1000), packed;

	(void)state;
	for (size_t i = 0; i < text.length; i++)
		text.data[i] = (char)('a' + i * i % 23);
	packed = pack(&text);
	for (size_t cut = 0; cut < packed.length; cut++)
		assert_int_equal(unpack(packed.data, cut, 1000000), -EBADMSG);
	for (size_t i = 0; i < packed.length; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			packed.data[i] = (char)(packed.data[i] ^ 1 << bit);
			assert_same_or_refused(&packed, &text);
			packed.data[i] = (char)(packed.data[i] ^ 1 << bit);
		}
	np_text_free(&text);
	np_text_free(&packed);
}

static void test_magic(void **state)
{
	(void)state;
	assert_true(np_is_compressed("\x28\xb5\x2f\xfd", 4));
	assert_false(np_is_compressed("\x28\xb5\x2f\xfd", 3));
	assert_false(np_is_compressed("", 0));
	assert_false(np_is_compressed("{\n  \"schema\"", 12));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_magic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
