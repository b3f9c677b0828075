/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that somebody else chose to text that is safe to show, and back. */
#include "escape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* What a terminal obeys, hides or reorders: Unicode's Cc, Cf, Zl and Zp, and blanks of no width. */
static const struct {
	uint32_t first, last;
} unsafe[] = {
	{ 0x00, 0x1f },	      /* C0: ESC, newline, tab, ... */
	{ 0x7f, 0x9f },	      /* DEL and C1: 0x9b starts a sequence as ESC [ does */
	{ 0xad, 0xad },	      /* soft hyphen */
	{ 0x34f, 0x34f },     /* combining grapheme joiner */
	{ 0x61c, 0x61c },     /* Arabic letter mark */
	{ 0x115f, 0x1160 },   /* Hangul fillers */
	{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
	{ 0x180b, 0x180f },   /* Mongolian selectors and vowel separator */
	{ 0x200b, 0x200f },   /* zero width space, joiners, left-to-right and right-to-left marks */
	{ 0x2028, 0x202e },   /* line and paragraph separators, embeddings and overrides */
	{ 0x2060, 0x206f },   /* word joiner, invisible operators, isolates */
	{ 0x3164, 0x3164 },   /* Hangul filler */
	{ 0xfe00, 0xfe0f },   /* variation selectors */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xffa0, 0xffa0 },   /* Hangul filler */
	{ 0xfff0, 0xffff },   /* interlinear annotation, noncharacters */
	{ 0x1d173, 0x1d17a }, /* musical formatting */
	{ 0xe0000, 0xe0fff }, /* tags, more variation selectors */
};

static bool is_unsafe(uint32_t character)
{
	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
		if (character >= unsafe[i].first && character <= unsafe[i].last)
			return true;
	return false;
}

size_t np_utf8_decode(const char *text, uint32_t *ret)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char lead = (unsigned char)text[0];
	size_t length = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0;
	uint32_t character;

	if (length == 0)
		return 0;
	character = length == 1 ? lead : lead & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		unsigned char next = (unsigned char)text[i]; /* the end of the text is no continuation */

		if ((next & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (next & 0x3f);
	}
	if (character < smallest[length] || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
		return 0;
	*ret = character;
	return length;
}

/* Bytes at the start of a text that may stand for themselves; 0 where the first has to be escaped. */
static size_t safe_length(const char *bytes, bool utf8)
{
	uint32_t character;
	size_t length = np_utf8_decode(bytes, &character);

	if (length == 0 || is_unsafe(character) || character == '\\' || (length > 1 && !utf8))
		return 0;
	return length;
}

/* Every byte of an unsafe character is escaped: none of them starts a safe one. */
static char *escape_byte(char *end, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	*end++ = '\\';
	if (byte == '\\') {
		*end++ = '\\';
		return end;
	}
	*end++ = 'x';
	*end++ = digits[byte >> 4];
	*end++ = digits[byte & 15];
	return end;
}

char *np_escape(const char *bytes, bool utf8)
{
	char *text = malloc(strlen(bytes) * 4 + 1);
	char *end = text;

	if (!text)
		return NULL;
	while (*bytes) {
		size_t length = safe_length(bytes, utf8);

		if (length == 0) {
			end = escape_byte(end, (unsigned char)*bytes++);
			continue;
		}
		end = mempcpy(end, bytes, length);
		bytes += length;
	}
	*end = '\0';
	return text;
}

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

/* One escape, at its backslash: its length, and the byte; 0 where it is none. */
static size_t unescape_byte(const char *text, char *ret)
{
	int high, low;

	if (text[1] == '\\') {
		*ret = '\\';
		return 2;
	}
	if (text[1] != 'x')
		return 0;
	high = hex_digit(text[2]);
	low = high < 0 ? -1 : hex_digit(text[3]);
	if (low < 0 || (high == 0 && low == 0))
		return 0;
	*ret = (char)(high << 4 | low);
	return 4;
}

int np_unescape(const char *text, char **ret)
{
	char *bytes = malloc(strlen(text) + 1);
	char *end = bytes;

	if (!bytes)
		return -ENOMEM;
	while (*text) {
		size_t length = 1;

		if (*text == '\\')
			length = unescape_byte(text, end);
		else
			*end = *text;
		if (length == 0) {
			free(bytes);
			return -EINVAL;
		}
		text += length;
		end++;
	}
	*end = '\0';
	*ret = bytes;
	return 0;
}

size_t np_text_width(const char *text, size_t length)
{
	size_t width = 0;

	for (size_t at = 0; at < length && text[at];) {
		uint32_t character;
		size_t bytes = np_utf8_decode(text + at, &character);
		int columns = bytes > 1 ? wcwidth((wchar_t)character) : 1;

		/* -1: a character that the C library does not know, or any beyond ASCII in the C locale. */
		width += columns < 0 ? 1 : (size_t)columns;
		at += bytes ? bytes : 1;
	}
	return width;
}
