/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a key and a number, by a table of the keys wanted. */
#include "parse_keys.h"

#include <errno.h>

int np_take_kb(struct np_span *span, uint64_t *ret_bytes)
{
	struct np_span rest = *span;
	uint64_t kb;
	int err;

	np_skip_blanks(&rest);
	err = np_take_u64(&rest, &kb);
	if (err < 0)
		return err;
	if (!np_take_text(&rest, " kB"))
		return -EINVAL;
	if (kb > INT64_MAX / 1024)
		return -ERANGE;
	*ret_bytes = kb * 1024;
	*span = rest;
	return 0;
}

static int take_value(struct np_span *value, enum np_unit unit, int64_t *ret)
{
	uint64_t bytes;
	int err;

	if (unit == NP_UNIT_NONE) {
		np_skip_blanks(value);
		return np_take_i64(value, ret);
	}
	err = np_take_kb(value, &bytes);
	if (err == 0)
		*ret = (int64_t)bytes;
	return err;
}

static const struct np_key *find_key(struct np_span name, const struct np_key *keys, size_t key_count)
{
	for (size_t i = 0; i < key_count; i++)
		if (np_span_equals(name, keys[i].name))
			return &keys[i];
	return NULL;
}

int np_parse_key_line(struct np_span line, char separator, const struct np_key *keys, size_t key_count,
		      void *facts)
{
	const struct np_key *key;
	struct np_span name;
	int64_t number;
	int err;

	if (!np_take_until(&line, separator, &name))
		return 0;
	while (name.end > name.next && (name.end[-1] == ' ' || name.end[-1] == '\t'))
		name.end--;
	key = find_key(name, keys, key_count);
	if (!key)
		return 0;
	err = take_value(&line, key->unit, &number);
	if (err < 0)
		return err;
	*(struct np_fact *)((char *)facts + key->fact_offset) = NP_FACT(number);
	return 0;
}
