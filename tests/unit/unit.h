/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the unit tests of parsers share: recorded files, and hostile variants of a good text. */
#ifndef NUMAPROBE_TESTS_UNIT_H
#define NUMAPROBE_TESTS_UNIT_H

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "files.h"

#ifndef NUMAPROBE_FIXTURES
#define NUMAPROBE_FIXTURES "tests/fixtures"
#endif

#define UNIT_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define UNIT_MIB ((size_t)1 << 20)

static const char *const unit_machines[] = {
	"5.10-x86_64-two-nodes",    "6.1-x86_64-two-nodes",  "6.12-x86_64-cpuless-node",
	"6.12-x86_64-four-nodes",   "6.18-x86_64-one-node",  "7.3-x86_64-two-nodes",
};

/* The root of a recorded machine, open. */
static inline int unit_root(const char *machine)
{
	const char *fixtures = getenv("NUMAPROBE_FIXTURES");
	char path[4096];
	int fd = -1;

	snprintf(path, sizeof(path), "%s/%s", fixtures ? fixtures : NUMAPROBE_FIXTURES, machine);
	assert_int_equal(np_root_open(path, &fd), 0);
	return fd;
}

static inline struct np_text unit_fixture(const char *machine, const char *path)
{
	np_cleanup_close int root_fd = unit_root(machine);
	struct np_text text = { 0 };

	assert_int_equal(np_read_text(root_fd, path, &text), 0);
	return text;
}

static inline void unit_assert_near(double got, double wanted)
{
	if (isinf(wanted))
		assert_true(got == wanted);
	else
		assert_true(fabs(got - wanted) <= 1e-6 * fmax(1, fabs(wanted)));
}

/* A parser of a text as it is called here: what it returned is checked and freed. */
typedef int unit_parse(const char *text, size_t length);

/*
 * Define such a function: the call is an expression that parses text of some length into ret. On failure
 * *ret must be as it was, on success it is freed.
 */
#define UNIT_PARSER(name, type, call, free_it)                                                  \
	static int name(const char *text, size_t length)                                        \
	{                                                                                       \
		struct {                                                                        \
			type ret, before;                                                       \
		} both;                                                                         \
		type *const ret = &both.ret;                                                    \
		int err;                                                                        \
                                                                                                \
		memset(&both, 0x5a, sizeof(both));                                              \
		err = (call);                                                                   \
		if (err == 0) {                                                                 \
			free_it;                                                                \
		} else {                                                                        \
			assert_true(err == -EINVAL || err == -ERANGE);                          \
			assert_memory_equal(&both.ret, &both.before, sizeof(both.ret));         \
		}                                                                               \
		return err;                                                                     \
	}

/* Parse a copy that ends where its memory does, so that the sanitizer sees a read past it. */
static inline int unit_parse_exact(unit_parse *parse, const char *text, size_t length)
{
	char *copy = malloc(length ? length : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, text, length);
	err = parse(copy, length);
	free(copy);
	return err;
}

static inline void unit_refuses(unit_parse *parse, const char *text, int error)
{
	assert_int_equal(unit_parse_exact(parse, text, strlen(text)), error);
}

static inline void unit_prefixes(unit_parse *parse, const char *text, size_t length)
{
	for (size_t cut = 0; cut <= length; cut++)
		unit_parse_exact(parse, text, cut);
}

/* Every byte, one at a time, replaced by those that mean something to some parser. */
static inline void unit_replacements(unit_parse *parse, const char *text, size_t length)
{
	static const char bytes[] = { '\0', '\xff', '\xc3', '\n', ' ', '\t', '-', '9', 'f', ':', '=', '(', ')', '[' };
	char *copy = malloc(length + 1);

	assert_non_null(copy);
	memcpy(copy, text, length);
	for (size_t i = 0; i < length; i++) {
		for (size_t j = 0; j < sizeof(bytes); j++) {
			copy[i] = bytes[j];
			parse(copy, length);
		}
		copy[i] = text[i];
	}
	free(copy);
}

/* A line of a mebibyte of one byte, before the text and after it. */
static inline void unit_long_lines(unit_parse *parse, const char *text, size_t length)
{
	static const char bytes[] = { 'a', '0', '9', ' ', '\0', '\xff', '/', '(', ',' };
	char *copy = malloc(UNIT_MIB + 1 + length + UNIT_MIB + 1);

	assert_non_null(copy);
	memcpy(copy + UNIT_MIB + 1, text, length);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		char *after = copy + UNIT_MIB + 1 + length;

		memset(copy, bytes[i], UNIT_MIB);
		copy[UNIT_MIB] = '\n';
		memset(after, bytes[i], UNIT_MIB);
		after[UNIT_MIB] = '\n';
		unit_parse_exact(parse, copy, UNIT_MIB + 1 + length);
		unit_parse_exact(parse, copy + UNIT_MIB + 1, length + UNIT_MIB + 1);
		unit_parse_exact(parse, copy + UNIT_MIB + 1, length + UNIT_MIB);
	}
	free(copy);
}

/* None of them may crash the parser, or make it leave something behind. */
static inline void unit_hostile(unit_parse *parse, const char *text, size_t length)
{
	unit_prefixes(parse, text, length);
	unit_replacements(parse, text, length);
	unit_long_lines(parse, text, length);
}

/* The same, with whole lines from the start of a recorded file. */
static inline void unit_hostile_fixture(unit_parse *parse, const char *machine, const char *path)
{
	struct np_text text = unit_fixture(machine, path);
	size_t length = text.length;

	if (length > 3000)
		for (length = 3000; text.data[length - 1] != '\n';)
			length--;
	assert_int_equal(unit_parse_exact(parse, text.data, length), 0);
	unit_hostile(parse, text.data, length);
	np_text_free(&text);
}

#endif
