/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading JSON that nobody can be trusted to have written. */
#ifndef NUMAPROBE_JSON_READ_H
#define NUMAPROBE_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value of a parsed text. All but the outermost one belong to the value that they are part of. */
struct np_json;

enum np_json_type {
	NP_JSON_NULL,
	NP_JSON_BOOL,
	NP_JSON_INTEGER,
	NP_JSON_REAL, /* any number that is not written as an integer */
	NP_JSON_STRING,
	NP_JSON_ARRAY,
	NP_JSON_OBJECT,
};

/*
 * The one value of a text. An object that has a key twice, more depth than a stack should bear, an integer
 * past 64 bits, a string with a NUL, invalid UTF-8 and anything after the value are mistakes.
 * 0, -ENOMEM, or -EINVAL with the mistake in *ret_error ("line 3, column 7: ..."; the caller frees it; it
 * may quote bytes of the text).
 */
int np_json_parse(const char *text, size_t length, struct np_json **ret, char **ret_error);
void np_json_free(struct np_json *json);

enum np_json_type np_json_type(const struct np_json *json);

/* Of a value of that type. */
bool np_json_bool(const struct np_json *json);
int64_t np_json_integer(const struct np_json *json);
double np_json_real(const struct np_json *json); /* or of an integer */
const char *np_json_string(const struct np_json *json);

/* Of an array or an object. */
size_t np_json_count(const struct np_json *json);
const struct np_json *np_json_item(const struct np_json *array, size_t index);
/* NULL: no such key. */
const struct np_json *np_json_get(const struct np_json *object, const char *key);

/* Calls until one returns not 0, and returns that; 0 after the last. */
typedef int np_json_member(const char *key, const struct np_json *value, void *argument);
int np_json_each(const struct np_json *object, np_json_member *call, void *argument);

#endif
