/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values, objects and arrays of a report in the making: what the files that write JSON share. */
#ifndef NUMAPROBE_JSON_BUILD_H
#define NUMAPROBE_JSON_BUILD_H

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "escape.h"
#include "snapshot.h"

/*
 * All of these give a new value, or NULL where memory is short. jansson hands NULL on: an object or
 * array that was to take a NULL value refuses it, and put() and append() remember that as a failure.
 */

/* An object or array in the making. */
struct builder {
	json_t *value;
	bool failed;
};

static inline void put(struct builder *object, const char *key, json_t *value)
{
	if (json_object_set_new(object->value, key, value) < 0)
		object->failed = true;
}

static inline void append(struct builder *array, json_t *value)
{
	if (json_array_append_new(array->value, value) < 0)
		array->failed = true;
}

static inline json_t *finish(struct builder *builder)
{
	if (!builder->failed)
		return builder->value;
	json_decref(builder->value);
	return NULL;
}

static inline json_t *count(uint64_t number)
{
	return json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number);
}

static inline json_t *fact(const struct np_fact *fact_)
{
	return fact_->known ? json_integer(fact_->value) : json_null();
}

/* Bytes that somebody else may have chosen; null for NULL. */
static inline json_t *text(const char *bytes)
{
	char *safe;
	json_t *value;

	if (!bytes)
		return json_null();
	safe = np_escape(bytes, true);
	value = safe ? json_string(safe) : NULL;
	free(safe);
	return value;
}

static inline json_t *address(uint64_t number)
{
	return json_sprintf("0x%" PRIx64, number);
}

#endif
