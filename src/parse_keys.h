/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a key and a number, as in status, meminfo, vmstat and sched, by a table of the keys wanted. */
#ifndef NUMAPROBE_PARSE_KEYS_H
#define NUMAPROBE_PARSE_KEYS_H

#include "parse_number.h"
#include "snapshot.h"

enum np_unit {
	NP_UNIT_NONE,
	NP_UNIT_KB, /* the number is followed by " kB", which is 1024 bytes; the fact is in bytes */
};

struct np_key {
	const char *name;
	size_t fact_offset; /* of the struct np_fact in the structure to be filled */
	enum np_unit unit;
};

#define NP_ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Take one line "key<blanks><separator><blanks>number" and put the number where the table says. A line
 * with a key that isn't in the table, or without a separator, is skipped.
 * 0; -EINVAL or -ERANGE where the number of a wanted key can't be read.
 */
int np_parse_key_line(struct np_span line, char separator, const struct np_key *keys, size_t key_count,
		      void *facts);

/* The number of kB that comes next, after blanks, in bytes. 0, -EINVAL, -ERANGE; below 2^63. */
int np_take_kb(struct np_span *span, uint64_t *ret_bytes);

#endif
