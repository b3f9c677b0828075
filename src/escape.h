/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that somebody else chose (a command, a path) to text that is safe to show, and back.
 *
 * The rule, for terminals and reports alike: a backslash is written "\\"; each byte of a character
 * that a terminal might obey, hide or reorder, and each byte that is not part of valid UTF-8, is
 * written "\xHH" (two lower-case hexadecimal digits); all else stands for itself. So the text is
 * valid UTF-8 without control characters, and only one sequence of bytes belongs to it.
 */
#ifndef NUMAPROBE_ESCAPE_H
#define NUMAPROBE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The safe text; the caller frees it. NULL where memory is short.
 * utf8: characters beyond ASCII may stay (a UTF-8 locale, a report); else their bytes are escaped too.
 */
char *np_escape(const char *bytes, bool utf8);

/*
 * The bytes of a text; the caller frees them. 0, -ENOMEM, or -EINVAL for a text that np_escape() never
 * makes: a backslash before something else, or "\x00".
 */
int np_unescape(const char *text, char **ret);

/*
 * The first character of a text: its length in bytes, 1 to 4, or 0 where it is not valid UTF-8
 * (overlong forms, surrogates and numbers past U+10FFFF are not).
 */
size_t np_utf8_decode(const char *text, uint32_t *ret);

/* Columns of a terminal that the first length bytes of an escaped text take; SIZE_MAX: all of it. */
size_t np_text_width(const char *text, size_t length);

#endif
