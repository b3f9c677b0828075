/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A picture of an address space, before it is painted: rows of cells, of which each stands for the same amount of
 * address space. Long stretches that hold nothing are folded. Pure; every painter paints the same.
 */
#ifndef NUMAPROBE_LAYOUT_H
#define NUMAPROBE_LAYOUT_H

#include "grains.h"
#include "snapshot.h"

struct np_cell {
	uint64_t start;	      /* address */
	uint64_t shown;	      /* what to call it: the address, or where they are packed the offset in its mapping */
	enum np_look look;    /* of most of its pages; only where pages is not 0 */
	uint64_t pages;	      /* that hold something */
	uint64_t resident;
	uint64_t counts[NP_LOOKS];
	size_t node;	      /* index of the node of most of its resident pages; node_count: not known */
	bool mixed;	      /* there are pages of other nodes too: */
	size_t other;	      /* index of the node of most of those */
	size_t mapping;	      /* that it starts in, or the first one in it; SIZE_MAX: none */
	uint64_t folded_bytes; /* not 0: no cell, but a mark in its place for so much that holds nothing */
};

struct np_layout_row {
	uint64_t folded_bytes; /* address space that was left out before this row; 0: none */
	size_t first, count;   /* cells */
	size_t mapping;	       /* that holds most of what is in the row; SIZE_MAX: none */
	size_t more;	       /* other mappings with something in it */
};

struct np_layout {
	uint64_t cell_bytes;
	size_t columns;
	size_t row_count;
	struct np_layout_row *rows; /* owned */
	size_t cell_count;
	struct np_cell *cells; /* owned */
};

/*
 * At most columns cells in a row, and about so many rows, but for those that folds begin. A target without grains, or
 * without pages, has no rows. 0 or -ENOMEM; *ret, untouched then, is for np_layout_free().
 */
int np_layout_make(const struct np_target *target, size_t columns, size_t rows, struct np_layout *ret);
void np_layout_free(struct np_layout *layout);

#endif
