/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in the address space pages are, for a picture of it: counts by grain, a piece of the address space of fixed
 * size. Grains start as single pages and double in size whenever there are too many of them, so that the memory
 * that they take is bounded, however large the process is.
 */
#ifndef NUMAPROBE_GRAINS_H
#define NUMAPROBE_GRAINS_H

#include "classify.h"

/* More cells than a picture has, so that grains don't show in it; and what one target adds to a report stays bounded. */
#ifndef NP_GRAINS_LIMIT
#define NP_GRAINS_LIMIT 8192
#endif

/* What pictures tell apart. */
enum np_look {
	NP_LOOK_PRESENT,
	NP_LOOK_HINTED,
	NP_LOOK_PROTNONE,
	NP_LOOK_ACCESSIBLE,
	NP_LOOK_SWAPPED,
	NP_LOOK_OTHER,
	NP_LOOKS,
};
extern const char *const np_look_keys[NP_LOOKS]; /* in reports */

struct np_grains {
	struct np_recorder recorder; /* first: cast back */
	unsigned shift;		     /* a grain is 1 << shift bytes */
	size_t node_count;
	size_t count, room;
	size_t stride;	    /* numbers of a grain: NP_LOOKS, then the resident pages of each node, then those of none known */
	uint64_t *indices;  /* ascending: address >> shift; only grains that hold something */
	uint32_t *counts;   /* count times stride */
	bool failed;	    /* memory was short: grains are missing */
	bool packed;	    /* addresses are those of np_grains_pack() */
};

/* NULL where memory is short. */
struct np_grains *np_grains_create(size_t node_count);
void np_grains_destroy(struct np_grains *grains);
/*
 * The counts of the grain at an address, to add to: that of the last call, or a new one behind it. The size of grains
 * may have grown by it. NULL where memory is short.
 */
uint32_t *np_grains_at(struct np_grains *grains, uint64_t addr);
/* So many pages at an address, which only ascend. node: index, or -1. */
void np_grains_add(struct np_grains *grains, uint64_t start, uint64_t pages, enum np_state state, int node);

/*
 * Addresses that tell nothing of the process: as if the first mapping started at 0, and each other one where the one
 * before it ends. Where grains are larger than pages, one may straddle mappings; its pages are then spread evenly.
 * 0 or -ENOMEM.
 */
int np_grains_pack(struct np_grains **grains, const struct np_mapping *mappings, size_t mapping_count);

static inline const uint32_t *np_grain_counts(const struct np_grains *grains, size_t i)
{
	return grains->counts + i * grains->stride;
}

#endif
