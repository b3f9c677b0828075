/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of a report's objects, as tables: where each value goes, what type it has, and within which bounds it
 * is. A key that a table does not have is skipped: a later version may write more.
 */
#ifndef NUMAPROBE_REPLAY_FIELD_H
#define NUMAPROBE_REPLAY_FIELD_H

#include "json_read.h"
#include "snapshot.h"

/* All of one replay. */
struct np_replay {
	struct np_snapshot *snapshot; /* what is being filled; its nodes are there before any pages are */
	uint64_t tally_bytes;	      /* that tallies and grains have taken so far */
	char where[256];	      /* of the mistake: "targets[0].pages.zero" */
	const char *mistake;	      /* what is wrong there */
};

enum np_field_flags {
	NP_FIELD_NULL = 1 << 0,	    /* may be null: the value stays as it was, unknown */
	NP_FIELD_OPTIONAL = 1 << 1, /* may be missing: not every report of this schema has it */
};

struct np_field;

/* Puts a value where it belongs; never called for null. 0, -ENOMEM, or np_replay_wrong(). */
typedef int np_field_reader(struct np_replay *replay, const struct np_json *value, const struct np_field *field,
			    void *ret);

struct np_field {
	const char *key;
	np_field_reader *read;
	size_t offset; /* of the value, from the struct that the object describes */
	unsigned flags;
	int64_t least, most;		   /* of a number, or of items; most 0: INT64_MAX */
	const struct np_field *fields;	   /* of an object, or an item; its values' offsets count from where it is */
	const char *const *words;	   /* of a choice */
	/* Of an array: */
	size_t count_offset;		   /* of the size_t that takes the number of items */
	size_t item_bytes;
	np_field_reader *read_item;	   /* NULL: an object by fields. Gets the array's field */
};

/* Of tests in one list: far more than any has, and few enough to look through all for each. */
#define NP_REPLAY_TESTS_MOST 1024

/* Tables end with this. */
#define NP_FIELD_END { .key = NULL }

/* Reads an object by a table. */
int np_replay_object(struct np_replay *replay, const struct np_json *object, const struct np_field *fields, void *ret);

/* Notes what is wrong with the value that is being read: -EINVAL. The text is constant. */
int np_replay_wrong(struct np_replay *replay, const char *mistake);
/* The mistake, if result is one, was at this key, or at this item of an array, of what is being read. Returns result. */
int np_replay_at(struct np_replay *replay, const char *key, int result);
int np_replay_at_item(struct np_replay *replay, size_t index, int result);

/* 0, or a mistake where the value is not of this type. */
int np_replay_expect(struct np_replay *replay, const struct np_json *value, enum np_json_type type);

/* Readers. What each fills: */
np_field_reader np_field_fact;	  /* struct np_fact */
np_field_reader np_field_count;	  /* uint64_t */
np_field_reader np_field_int64;	  /* int64_t */
np_field_reader np_field_int;	  /* int */
np_field_reader np_field_unsigned; /* unsigned */
np_field_reader np_field_bool;	  /* bool */
np_field_reader np_field_text;	  /* char *, allocated: the bytes that were escaped */
np_field_reader np_field_sentence; /* the same, but none that would have to be escaped: for what is printed as it is */
np_field_reader np_field_real;	  /* double */
np_field_reader np_field_name;	  /* const char *, kept by the snapshot; short, of letters, digits and a little more */
np_field_reader np_field_kept;	  /* const char *, kept by the snapshot: a sentence, as above */
np_field_reader np_field_address; /* uint64_t, written "0x7f00" */
np_field_reader np_field_choice;  /* enum of int's size: the index of one of field->words, which NULL ends */
np_field_reader np_field_object;  /* a struct, by field->fields */
np_field_reader np_field_array;	  /* a pointer to zeroed, then filled structs, allocated; and their number */

#endif
