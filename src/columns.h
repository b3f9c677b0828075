/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The columns of the table of mappings and of the table of processes: one table that -o, -s, -H and every format
 * of both use.
 */
#ifndef NUMAPROBE_COLUMNS_H
#define NUMAPROBE_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "snapshot.h"
#include "view.h"

enum np_value_kind {
	NP_VALUE_UNKNOWN,
	NP_VALUE_NONE,	  /* known, but there is none: no preferred node yet */
	NP_VALUE_PAGES,	  /* number: base pages */
	NP_VALUE_BYTES,	  /* number: bytes */
	NP_VALUE_NUMBER,  /* number: as it is */
	NP_VALUE_SHARE,	  /* number: ten-thousandths; 0 is nothing and 10000 everything, whatever was rounded */
	NP_VALUE_RATE,	  /* number: thousandths of something a second */
	NP_VALUE_ADDRESS, /* number: shown in hexadecimal, as in maps */
	NP_VALUE_TEXT,	  /* text: bytes that somebody else may have chosen; owned by the snapshot */
};

struct np_value {
	enum np_value_kind kind;
	uint64_t number;
	const char *text;
};

/* A row of the table. */
struct np_row {
	const struct np_system *system;
	const struct np_target *target;
	const struct np_mapping *mapping; /* NULL: the target as a whole */
	const struct np_snapshot *total;  /* not NULL: the target is made up, the sum of all that this one has */
};

enum np_column_flags {
	NP_COLUMN_DEFAULT = 1 << 0,   /* of mappings: shown where nothing is asked for */
	NP_COLUMN_SEVERAL = 1 << 1,   /* the same, but only with several targets */
	NP_COLUMN_RIGHT = 1 << 2,     /* aligned to the right */
	NP_COLUMN_NUMA_MAPS = 1 << 3, /* read from numa_maps, which costs the target a walk under its lock */
	NP_COLUMN_PER_NODE = 1 << 4,  /* stands for one column for each node; N3 is the one of node 3 */
	NP_COLUMN_NODELESS = 1 << 5,  /* goes with the columns of all nodes where it is not 0 everywhere */
	NP_COLUMN_PATH = 1 << 6,      /* may be shortened on a terminal */
	NP_COLUMN_PROCESS = 1 << 7,   /* of processes: shown where nothing is asked for */
	NP_COLUMN_MAPPING_ONLY = 1 << 8, /* a process has no such value */
	NP_COLUMN_RATE = 1 << 9,      /* of processes: known from two walks, so shown by --watch */
	NP_COLUMN_STATIC = 1 << 10,   /* left out by --watch where nothing is asked for, to make room for those */
};

struct np_column {
	const char *name;
	unsigned flags;
	const char *help;
	/* node: index into the system's nodes, for NP_COLUMN_PER_NODE */
	struct np_value (*get)(const struct np_column *column, const struct np_row *row, size_t node);
	size_t counter; /* offset of a counter in struct np_tally, for the getter of those */
};

#define NP_NODE_ALL UINT32_MAX

/* One column as it was asked for. */
struct np_column_ref {
	const struct np_column *column; /* NULL: none */
	uint32_t node;			/* number of a node, or NP_NODE_ALL, for NP_COLUMN_PER_NODE; else 0 */
};

/* The table of columns. */
const struct np_column *np_columns(size_t *ret_count);

/*
 * A name of -o or -s, in any case: "start", "N0", "NODES" (all nodes). length: of the name, which
 * needs no end. 0, or -EINVAL where there is no such column.
 */
int np_column_find(const char *name, size_t length, struct np_column_ref *ret);

/* Index of the node of this number, or SIZE_MAX. */
size_t np_node_index(const struct np_system *system, uint32_t number);

/* "START", "N3": the heading, in a buffer of 16 bytes where a node's number has to be written. */
const char *np_column_heading(const struct np_column_ref *ref, char buffer[16]);

/* The value of a row. Of a node that the system does not have it is unknown. */
struct np_value np_column_value(const struct np_column_ref *ref, const struct np_row *row);

/* <0, 0, >0. Text by its bytes. Values of one column; none is less, and an unknown one greater, than any other. */
int np_value_compare(const struct np_value *left, const struct np_value *right);

/* The value as text; the caller frees it. verbatim: text as its bytes, unescaped. NULL: no memory. */
char *np_value_format(const struct np_value *value, const struct np_view *view, unsigned page_bytes, bool verbatim);

/* -H: names and their meanings. */
void np_columns_print(FILE *out);

#endif
