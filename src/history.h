/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one walk saw, kept so that the next one can be held against it: which pages were hinted, and on which node.
 * Its memory is bounded: where pages of all states lie mixed there can be more than is kept, and then nothing is
 * said about them.
 */
#ifndef NUMAPROBE_HISTORY_H
#define NUMAPROBE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state.h"

#define NP_HISTORY_LIMIT ((size_t)2 << 20) /* runs of 16 bytes: 32 MiB */

struct np_history_run {
	uint64_t start_page;
	struct np_run run; /* equal state and node; the size is left out */
};

struct np_history {
	struct np_history_run *runs; /* ascending; owned */
	size_t count, room;
	bool overflowed; /* runs are missing: not to be compared */
};

/* What became of pages between two walks. A page counts only where both walks know its state. */
struct np_changes {
	uint64_t made;	  /* hinted now, and not before */
	uint64_t cleared; /* hinted before, and not now, because it was touched, moved or given back */
	uint64_t moved;	  /* resident on one node before and on another one now */
};

/* Forgets all runs, keeps the memory. */
void np_history_restart(struct np_history *history);
/* Pages from an address on; addresses ascend. node: any small number that stands for it, or -1 for not known. */
void np_history_add(struct np_history *history, uint64_t start, uint64_t pages, enum np_state state, int node);
void np_history_free(struct np_history *history);

/* 0, or -EOVERFLOW where one of them could not be kept in full. */
int np_history_compare(const struct np_history *before, const struct np_history *now, struct np_changes *ret);

#endif
