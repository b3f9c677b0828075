/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of grains, as json_grains.c writes them. They are as far apart, and hold as much, as a measurement's can. */
#include "replay_grains.h"

#include <errno.h>
#include <string.h>

#include "columns.h"
#include "grains.h"
#include "i18n.h"
#include "parse_number.h"
#include "replay_pages.h"

#define SHIFT_LEAST 12
#define SHIFT_MOST 42 /* of 2^14 grains the largest address space has; the pages of two still fit into 32 bits */

struct reading {
	struct np_grains *grains;
	uint64_t next; /* the first index that may come */
};

/* "present", "N0", "N?": which of a grain's numbers that is. SIZE_MAX: none. */
static size_t number_of_key(const struct np_replay *replay, struct np_span key)
{
	const struct np_system *system = &replay->snapshot->system;
	uint64_t node;
	size_t index;

	for (size_t look = 0; look < NP_LOOKS; look++)
		if (np_span_equals(key, np_look_keys[look]))
			return look;
	if (np_span_equals(key, "N?"))
		return NP_LOOKS + system->node_count;
	if (!np_take_text(&key, "N") || np_take_u64(&key, &node) < 0 || np_span_length(key) || node > UINT32_MAX)
		return SIZE_MAX;
	index = np_node_index(system, (uint32_t)node);
	return index == SIZE_MAX ? SIZE_MAX : NP_LOOKS + index;
}

/* "present=16 N0=16", each key once at most. */
static int read_counts(struct np_replay *replay, struct np_span *line, const struct np_grains *grains, uint32_t *ret)
{
	uint64_t most = 2ULL << (grains->shift - SHIFT_LEAST), pages; /* packed ones may be a little over their size */
	struct np_span key;

	while (np_take_text(line, " ")) {
		size_t number = np_take_until(line, '=', &key) ? number_of_key(replay, key) : SIZE_MAX;

		if (number == SIZE_MAX || ret[number])
			return np_replay_wrong(replay, _("no row of grains"));
		if (np_take_u64(line, &pages) < 0 || pages == 0 || pages > most || pages > UINT32_MAX)
			return np_replay_wrong(replay, _("out of range"));
		ret[number] = (uint32_t)pages;
	}
	return np_span_length(*line) ? np_replay_wrong(replay, _("no row of grains")) : 0;
}

static int add_row(struct np_replay *replay, struct reading *reading, uint64_t addr, uint64_t alike, struct np_span *line)
{
	struct np_grains *grains = reading->grains;
	uint64_t index = addr >> grains->shift;
	uint32_t *counts = np_grains_at(grains, addr);
	int result = counts ? read_counts(replay, line, grains, counts) : -ENOMEM;

	for (uint64_t i = 1; !result && i < alike; i++) {
		uint32_t *copy = np_grains_at(grains, (index + i) << grains->shift);

		if (!copy)
			return -ENOMEM;
		memcpy(copy, copy - grains->stride, grains->stride * sizeof(*copy));
	}
	reading->next = index + alike;
	return result;
}

/* "0x7f0000000000 x3 ..." */
static int read_row(struct np_replay *replay, const struct np_json *value, struct reading *reading)
{
	struct np_grains *grains = reading->grains;
	int result = np_replay_expect(replay, value, NP_JSON_STRING);
	struct np_span line;
	uint64_t addr, alike;
	const char *text;

	if (result)
		return result;
	text = np_json_string(value);
	line = np_span_make(text, strlen(text));
	if (!np_take_text(&line, "0x") || np_take_hex(&line, &addr) < 0 || !np_take_text(&line, " x") ||
	    np_take_u64(&line, &alike) < 0)
		return np_replay_wrong(replay, _("no row of grains"));
	if (addr & ((1ULL << grains->shift) - 1) || addr >> grains->shift < reading->next ||
	    alike < 1 || alike > NP_GRAINS_LIMIT - grains->count || (addr >> grains->shift) + alike > UINT64_MAX >> grains->shift)
		return np_replay_wrong(replay, _("out of range"));
	return add_row(replay, reading, addr, alike, &line);
}

static int read_rows(struct np_replay *replay, const struct np_json *value,
		     const struct np_field *field __attribute__((unused)), void *ret)
{
	struct np_grains *grains = *(struct np_grains **)ret;
	struct reading reading = { .grains = grains };
	int result = np_replay_expect(replay, value, NP_JSON_ARRAY);

	for (size_t i = 0; !result && i < np_json_count(value); i++) {
		size_t before = grains->count;

		result = np_replay_at_item(replay, i, read_row(replay, np_json_item(value, i), &reading));
		if (!result)
			result = np_replay_account(replay, (grains->count - before) * grains->stride * sizeof(*grains->counts));
	}
	return result;
}

static int read_bytes(struct np_replay *replay, const struct np_json *value,
		      const struct np_field *field __attribute__((unused)), void *ret)
{
	static const struct np_field number = { .most = INT64_C(1) << SHIFT_MOST };
	struct np_grains *grains = *(struct np_grains **)ret;
	uint64_t bytes = 0;
	int result = np_field_count(replay, value, &number, &bytes);

	if (result)
		return result;
	if (bytes < 1ULL << SHIFT_LEAST || (bytes & (bytes - 1)) != 0)
		return np_replay_wrong(replay, _("out of range"));
	grains->shift = (unsigned)__builtin_ctzll(bytes);
	return 0;
}

/* Each gets the place of the pointer. bytes comes first, since rows are read by it. */
static const struct np_field fields[] = {
	{ .key = "bytes", .read = read_bytes },
	{ .key = "rows", .read = read_rows },
	NP_FIELD_END,
};

int np_field_grains(struct np_replay *replay, const struct np_json *value,
		    const struct np_field *field __attribute__((unused)), void *ret)
{
	struct np_grains *grains = np_grains_create(replay->snapshot->system.node_count);

	if (!grains)
		return -ENOMEM;
	*(struct np_grains **)ret = grains;
	grains->packed = replay->snapshot->redacted;
	return np_replay_object(replay, value, fields, ret);
}
