/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one file that reads JSON: a struct np_json is a json_t of jansson. */
#include "json_read.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static json_t *mutable(const struct np_json *json)
{
	return (json_t *)(uintptr_t)json;
}

/* What is wrong is one line, though it may quote a text of several. */
static int describe(json_error_t *error, char **ret_error)
{
	if (json_error_code(error) == json_error_out_of_memory)
		return -ENOMEM;
	for (char *end = error->text; (end = strchr(end, '\n'));)
		*end = ' ';
	if (asprintf(ret_error, "line %d, column %d: %s", error->line, error->column, error->text) < 0)
		return -ENOMEM;
	return -EINVAL;
}

int np_json_parse(const char *text, size_t length, struct np_json **ret, char **ret_error)
{
	json_error_t error;
	json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

	if (!value)
		return describe(&error, ret_error);
	*ret = (struct np_json *)value;
	return 0;
}

void np_json_free(struct np_json *json)
{
	json_decref((json_t *)json);
}

enum np_json_type np_json_type(const struct np_json *json)
{
	static const enum np_json_type types[] = {
		[JSON_OBJECT] = NP_JSON_OBJECT, [JSON_ARRAY] = NP_JSON_ARRAY, [JSON_STRING] = NP_JSON_STRING,
		[JSON_INTEGER] = NP_JSON_INTEGER, [JSON_REAL] = NP_JSON_REAL, [JSON_TRUE] = NP_JSON_BOOL,
		[JSON_FALSE] = NP_JSON_BOOL, [JSON_NULL] = NP_JSON_NULL,
	};

	return types[json_typeof((const json_t *)json)];
}

bool np_json_bool(const struct np_json *json)
{
	return json_is_true((const json_t *)json);
}

int64_t np_json_integer(const struct np_json *json)
{
	return json_integer_value((const json_t *)json);
}

double np_json_real(const struct np_json *json)
{
	return json_number_value((const json_t *)json);
}

const char *np_json_string(const struct np_json *json)
{
	return json_string_value((const json_t *)json);
}

size_t np_json_count(const struct np_json *json)
{
	const json_t *value = (const json_t *)json;

	return json_is_array(value) ? json_array_size(value) : json_object_size(value);
}

const struct np_json *np_json_item(const struct np_json *array, size_t index)
{
	return (const struct np_json *)json_array_get((const json_t *)array, index);
}

const struct np_json *np_json_get(const struct np_json *object, const char *key)
{
	return (const struct np_json *)json_object_get((const json_t *)object, key);
}

int np_json_each(const struct np_json *object, np_json_member *call, void *argument)
{
	const char *key;
	json_t *value;

	json_object_foreach(mutable(object), key, value) {
		int result = call(key, (const struct np_json *)value, argument);

		if (result)
			return result;
	}
	return 0;
}
