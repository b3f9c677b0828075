/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking numbers, words and lines off the front of a piece of text, without locale, NUL or length
 * limits: the ground that the parsers of /proc and /sys stand on.
 */
#ifndef NUMAPROBE_PARSE_NUMBER_H
#define NUMAPROBE_PARSE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The text from next up to end, which belongs to someone else. Taking something moves next. */
struct np_span {
	const char *next, *end;
};

static inline struct np_span np_span_make(const char *text, size_t length)
{
	return (struct np_span){ text, text + length };
}

static inline size_t np_span_length(struct np_span span)
{
	return (size_t)(span.end - span.next);
}

bool np_span_equals(struct np_span span, const char *text);
bool np_span_starts(struct np_span span, const char *text);

/*
 * Every line has its newline. The kernel always writes whole lines, so text that ends within one was
 * cut off, and its last number may have lost digits.
 */
bool np_span_whole_lines(struct np_span span);

/* An allocated, NUL-terminated copy. 0, -ENOMEM, or -EINVAL where the text itself has a NUL. */
int np_span_copy(struct np_span span, char **ret);

/* Blanks are spaces and tabs. */
void np_skip_blanks(struct np_span *span);

/* The next line, without its newline; false at the end of the text. */
bool np_take_line(struct np_span *span, struct np_span *ret);

/* What is before the next blank or the end, leading blanks skipped; false where nothing is left. */
bool np_take_word(struct np_span *span, struct np_span *ret);

/* What is before the separator, and the separator; false, with nothing taken, where there is none. */
bool np_take_until(struct np_span *span, char separator, struct np_span *ret);

/* Exactly this text; false, with nothing taken, where something else comes next. */
bool np_take_text(struct np_span *span, const char *text);

/*
 * A number: at least one digit, as many as there are, no sign (but an optional '-' for np_take_i64), no
 * leading blank. Hexadecimal digits are lower-case and without 0x, as the kernel writes addresses.
 * 0, -EINVAL where no digit comes next, -ERANGE; nothing is taken on failure.
 */
int np_take_u64(struct np_span *span, uint64_t *ret);
int np_take_i64(struct np_span *span, int64_t *ret);
int np_take_hex(struct np_span *span, uint64_t *ret);
int np_take_unsigned(struct np_span *span, unsigned *ret);

#endif
