/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking numbers, words and lines off the front of a piece of text. */
#include "parse_number.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

bool np_span_equals(struct np_span span, const char *text)
{
	return np_span_length(span) == strlen(text) && np_span_starts(span, text);
}

bool np_span_starts(struct np_span span, const char *text)
{
	size_t length = strlen(text);

	return np_span_length(span) >= length && memcmp(span.next, text, length) == 0;
}

bool np_span_whole_lines(struct np_span span)
{
	return span.next == span.end || span.end[-1] == '\n';
}

int np_span_copy(struct np_span span, char **ret)
{
	size_t length = np_span_length(span);
	char *copy;

	if (memchr(span.next, '\0', length))
		return -EINVAL;
	copy = malloc(length + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, span.next, length);
	copy[length] = '\0';
	*ret = copy;
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

void np_skip_blanks(struct np_span *span)
{
	while (span->next < span->end && is_blank(*span->next))
		span->next++;
}

bool np_take_until(struct np_span *span, char separator, struct np_span *ret)
{
	const char *found = memchr(span->next, separator, np_span_length(*span));

	if (!found)
		return false;
	*ret = (struct np_span){ span->next, found };
	span->next = found + 1;
	return true;
}

bool np_take_line(struct np_span *span, struct np_span *ret)
{
	if (span->next == span->end)
		return false;
	if (!np_take_until(span, '\n', ret)) {
		*ret = *span;
		span->next = span->end;
	}
	return true;
}

bool np_take_word(struct np_span *span, struct np_span *ret)
{
	const char *start;

	np_skip_blanks(span);
	start = span->next;
	while (span->next < span->end && !is_blank(*span->next))
		span->next++;
	*ret = (struct np_span){ start, span->next };
	return start < span->next;
}

bool np_take_text(struct np_span *span, const char *text)
{
	if (!np_span_starts(*span, text))
		return false;
	span->next += strlen(text);
	return true;
}

/* 16 and more: not a digit of any base here. */
static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	return UINT_MAX;
}

static int take_digits(struct np_span *span, unsigned base, uint64_t *ret)
{
	const char *next = span->next;
	uint64_t value = 0;

	for (; next < span->end; next++) {
		unsigned digit = digit_value(*next);

		if (digit >= base)
			break;
		if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit, &value))
			return -ERANGE;
	}
	if (next == span->next)
		return -EINVAL;
	span->next = next;
	*ret = value;
	return 0;
}

int np_take_u64(struct np_span *span, uint64_t *ret)
{
	return take_digits(span, 10, ret);
}

int np_take_hex(struct np_span *span, uint64_t *ret)
{
	return take_digits(span, 16, ret);
}

int np_take_i64(struct np_span *span, int64_t *ret)
{
	struct np_span rest = *span;
	bool negative = np_take_text(&rest, "-");
	uint64_t magnitude;
	int err;

	err = take_digits(&rest, 10, &magnitude);
	if (err < 0)
		return err;
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*ret = (int64_t)(negative ? 0 - magnitude : magnitude);
	*span = rest;
	return 0;
}

int np_take_unsigned(struct np_span *span, unsigned *ret)
{
	struct np_span rest = *span;
	uint64_t value;
	int err;

	err = take_digits(&rest, 10, &value);
	if (err < 0)
		return err;
	if (value > UINT_MAX)
		return -ERANGE;
	*ret = (unsigned)value;
	*span = rest;
	return 0;
}
