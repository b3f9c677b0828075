/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of a report, by type; and objects, by a table of their keys. */
#include "replay_field.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "i18n.h"

#define NAMES_MOST 1000 /* different ones, of files, fields and commits */

int np_replay_wrong(struct np_replay *replay, const char *mistake)
{
	replay->where[0] = '\0';
	replay->mistake = mistake;
	return -EINVAL;
}

/* From the inside out: what is known of the place goes behind the part that is added. */
static int add_place(struct np_replay *replay, const char *part, int result)
{
	char inner[sizeof(replay->where)];

	if (result != -EINVAL)
		return result;
	memcpy(inner, replay->where, sizeof(inner));
	snprintf(replay->where, sizeof(replay->where), "%.60s%s%.180s", part, *inner && *inner != '[' ? "." : "", inner);
	return result;
}

int np_replay_at(struct np_replay *replay, const char *key, int result)
{
	char *escaped;

	if (!result)
		return 0;
	escaped = np_escape(key, true); /* some keys are the file's */
	if (!escaped)
		return -ENOMEM;
	result = add_place(replay, escaped, result);
	free(escaped);
	return result;
}

int np_replay_at_item(struct np_replay *replay, size_t index, int result)
{
	char part[32];

	snprintf(part, sizeof(part), "[%zu]", index);
	return add_place(replay, part, result);
}

int np_replay_expect(struct np_replay *replay, const struct np_json *value, enum np_json_type type)
{
	static const char *const mistakes[] = {
		[NP_JSON_NULL] = N_("not null"),      [NP_JSON_BOOL] = N_("neither true nor false"),
		[NP_JSON_INTEGER] = N_("no integer"), [NP_JSON_REAL] = N_("no number"),
		[NP_JSON_STRING] = N_("no string"),   [NP_JSON_ARRAY] = N_("no array"),
		[NP_JSON_OBJECT] = N_("no object"),
	};

	return np_json_type(value) == type ? 0 : np_replay_wrong(replay, _(mistakes[type]));
}

static int read_field(struct np_replay *replay, const struct np_json *object, const struct np_field *field, void *ret)
{
	const struct np_json *value = np_json_get(object, field->key);

	if (!value)
		return field->flags & NP_FIELD_OPTIONAL ? 0 : np_replay_wrong(replay, _("missing"));
	if (np_json_type(value) == NP_JSON_NULL && field->flags & NP_FIELD_NULL)
		return 0;
	return field->read(replay, value, field, (char *)ret + field->offset);
}

int np_replay_object(struct np_replay *replay, const struct np_json *object, const struct np_field *fields, void *ret)
{
	int result = np_replay_expect(replay, object, NP_JSON_OBJECT);

	for (const struct np_field *field = fields; !result && field->key; field++)
		result = np_replay_at(replay, field->key, read_field(replay, object, field, ret));
	return result;
}

static int read_integer(struct np_replay *replay, const struct np_json *value, const struct np_field *field,
			int64_t *ret)
{
	int64_t most = field->most ? field->most : INT64_MAX, number;
	int result = np_replay_expect(replay, value, NP_JSON_INTEGER);

	if (result)
		return result;
	number = np_json_integer(value);
	if (number < field->least || number > most)
		return np_replay_wrong(replay, _("out of range"));
	*ret = number;
	return 0;
}

int np_field_fact(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	int64_t number;
	int result = read_integer(replay, value, field, &number);

	if (!result)
		*(struct np_fact *)ret = NP_FACT(number);
	return result;
}

int np_field_count(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	int64_t number = 0;
	int result = read_integer(replay, value, field, &number);

	if (!result && number < 0)
		result = np_replay_wrong(replay, _("out of range"));
	if (!result)
		*(uint64_t *)ret = (uint64_t)number;
	return result;
}

int np_field_int64(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	return read_integer(replay, value, field, ret);
}

int np_field_int(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	int64_t number = 0;
	int result = read_integer(replay, value, field, &number);

	if (!result && (number < INT32_MIN || number > INT32_MAX))
		result = np_replay_wrong(replay, _("out of range"));
	if (!result)
		*(int *)ret = (int)number;
	return result;
}

int np_field_unsigned(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	int64_t number = 0;
	int result = read_integer(replay, value, field, &number);

	if (!result && (number < 0 || number > UINT32_MAX))
		result = np_replay_wrong(replay, _("out of range"));
	if (!result)
		*(unsigned *)ret = (unsigned)number;
	return result;
}

int np_field_bool(struct np_replay *replay, const struct np_json *value,
		  const struct np_field *field __attribute__((unused)), void *ret)
{
	int result = np_replay_expect(replay, value, NP_JSON_BOOL);

	if (!result)
		*(bool *)ret = np_json_bool(value);
	return result;
}

int np_field_text(struct np_replay *replay, const struct np_json *value,
		  const struct np_field *field __attribute__((unused)), void *ret)
{
	int result = np_replay_expect(replay, value, NP_JSON_STRING);

	if (result)
		return result;
	result = np_unescape(np_json_string(value), ret);
	return result == -EINVAL ? np_replay_wrong(replay, _("badly escaped")) : result;
}

int np_field_sentence(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	char *text = NULL, *escaped;
	int result = np_field_text(replay, value, field, &text);

	if (result)
		return result;
	escaped = np_escape(text, true);
	if (escaped && strcmp(escaped, text) == 0)
		*(char **)ret = text;
	else
		free(text);
	result = !escaped ? -ENOMEM : *(char **)ret ? 0 : np_replay_wrong(replay, _("not plain text"));
	free(escaped);
	return result;
}

int np_field_real(struct np_replay *replay, const struct np_json *value,
		  const struct np_field *field __attribute__((unused)), void *ret)
{
	if (np_json_type(value) != NP_JSON_REAL && np_json_type(value) != NP_JSON_INTEGER)
		return np_replay_wrong(replay, _("no number"));
	*(double *)ret = np_json_real(value);
	return 0;
}

/* Such as numaprobe itself has in its tables: renderers print it as it is. */
static bool is_name(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length < 40 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,+- ") == length;
}

static int keep(struct np_replay *replay, const char *text, void *ret)
{
	if (replay->snapshot->kept_count >= NAMES_MOST)
		return np_replay_wrong(replay, _("one name too many"));
	return np_snapshot_keep(replay->snapshot, text, ret);
}

int np_field_name(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	char *text = NULL;
	int result = np_field_text(replay, value, field, &text);

	if (!result && !is_name(text))
		result = np_replay_wrong(replay, _("no name"));
	if (!result)
		result = keep(replay, text, ret);
	free(text);
	return result;
}

int np_field_kept(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	char *text = NULL;
	int result = np_field_sentence(replay, value, field, &text);

	if (!result)
		result = keep(replay, text, ret);
	free(text);
	return result;
}

int np_field_address(struct np_replay *replay, const struct np_json *value,
		     const struct np_field *field __attribute__((unused)), void *ret)
{
	int result = np_replay_expect(replay, value, NP_JSON_STRING);
	const char *text;
	size_t digits;

	if (result)
		return result;
	text = np_json_string(value);
	digits = strncmp(text, "0x", 2) == 0 ? strspn(text + 2, "0123456789abcdef") : 0;
	if (digits < 1 || digits > 16 || text[2 + digits] != '\0')
		return np_replay_wrong(replay, _("no address"));
	*(uint64_t *)ret = strtoull(text + 2, NULL, 16);
	return 0;
}

int np_field_choice(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	int result = np_replay_expect(replay, value, NP_JSON_STRING);

	if (result)
		return result;
	for (int i = 0; field->words[i]; i++)
		if (strcmp(np_json_string(value), field->words[i]) == 0) {
			*(int *)ret = i;
			return 0;
		}
	return np_replay_wrong(replay, _("none of the known words"));
}

int np_field_object(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	return np_replay_object(replay, value, field->fields, ret);
}

int np_field_array(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	size_t *ret_count = (size_t *)(void *)((char *)ret - field->offset + field->count_offset);
	int result = np_replay_expect(replay, value, NP_JSON_ARRAY);
	size_t count;
	char *items;

	if (result)
		return result;
	count = np_json_count(value);
	if (field->most && count > (uint64_t)field->most)
		return np_replay_wrong(replay, _("longer than in any report"));
	items = calloc(count ? count : 1, field->item_bytes); /* an empty array is not NULL, which is null */
	if (!items)
		return -ENOMEM;
	*(void **)ret = items;
	*ret_count = count; /* also of items that are not read yet: they are all 0, and can be freed */
	for (size_t i = 0; i < count && !result; i++) {
		void *item = items + i * field->item_bytes;
		const struct np_json *from = np_json_item(value, i);

		result = field->read_item ? field->read_item(replay, from, field, item) :
					    np_replay_object(replay, from, field->fields, item);
		result = np_replay_at_item(replay, i, result);
	}
	return result;
}
