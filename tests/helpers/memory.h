/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Simulated page tables for np_walk(): a source of tables that does what the BPF program does, a way to map
 * things, and a second walk that is too simple to be wrong.
 */
#ifndef NUMAPROBE_TESTS_MEMORY_H
#define NUMAPROBE_TESTS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "walk/walk.h"

#define MEMORY_TABLES 128

struct memory {
	struct np_table_source source; /* first: cast back */
	const struct np_decoder *decoder;
	struct np_tables out;
	__u64 tables[MEMORY_TABLES][NP_TABLE_ENTRIES]; /* number 0 is the top; a table's frame is its number */
	unsigned used;
	unsigned copies; /* runs so far */
	bool lock_held;	 /* what each run says of the mmap lock */
	/* Called between the copy and the check that it is still the same, with the run's number from 1 on. */
	void (*meanwhile)(struct memory *memory, unsigned run, const struct np_copy *copy);
	int fail_run, fail_with; /* this run returns that, or, above 0, gets it as status */
};

void memory_init(struct memory *memory, const struct np_decoder *decoder, unsigned levels);

/* The place of addr's entry at a level, with tables made down to it. NULL: there is no room for more. */
__u64 *memory_entry(struct memory *memory, uint64_t addr, unsigned level);

/* An entry that leads to a table. */
uint64_t memory_table_entry(const struct np_decoder *decoder, unsigned table);

/* What np_walk() hands out, without neighbours of equal code. */
struct memory_runs {
	struct np_run_sink sink; /* first: cast back */
	size_t count, room;
	struct np_run *runs;
	uint64_t pages;
	unsigned takes, fail_take; /* this call of take() returns -EPIPE */
};

void memory_runs_init(struct memory_runs *runs);
void memory_runs_free(struct memory_runs *runs);
int memory_runs_add(struct memory_runs *runs, np_code code, uint64_t pages);

/* The same walk over memory that does not change, one lookup from the top for each entry. */
void memory_walk_simply(struct memory *memory, uint64_t start, uint64_t end, struct memory_runs *ret);

#endif
