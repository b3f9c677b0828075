/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages onto mappings: who owns a page, whether an inaccessible one is hinted or PROT_NONE, and the tallies. */
#ifndef NUMAPROBE_CLASSIFY_H
#define NUMAPROBE_CLASSIFY_H

#include "parse_maps.h"
#include "snapshot.h"
#include "state.h"
#include "walker.h"

/*
 * Is told of every run of pages in a mapping, in the order of addresses, with its state as it was decided: where
 * tallies are not enough. It has to bound its memory itself, and to remember what went wrong.
 */
struct np_recorder {
	/* A walk starts, maybe anew; the maps are the classifier's. */
	void (*restart)(struct np_recorder *self, const struct np_maps *maps);
	/* node: index of the system's list, or -1; mapping: index of the maps. */
	void (*record)(struct np_recorder *self, uint64_t start, uint64_t pages, enum np_state state, int node,
		       size_t mapping);
};

/* Told of every page, with its mapping and what it was found to be; for those who need places and not only counts. */
struct np_place_taker {
	void (*take)(struct np_place_taker *self, uint64_t start, uint64_t pages, enum np_state state, enum np_size size,
		     size_t mapping);
};

struct np_classifier {
	const struct np_maps *maps;	/* ascending; borrowed */
	const bool *hugetlb;		/* by mapping: backed by hugetlbfs; borrowed */
	struct np_tally *sum;		/* borrowed */
	struct np_tally *by_mapping;	/* one for each, or NULL; borrowed */
	bool *inaccessible;		/* set for each mapping with hinted or PROT_NONE pages; borrowed */
	struct np_recorder *recorder;	/* NULL: none; borrowed */
	size_t node_count;
	int16_t node_index[NP_MAX_NODES]; /* by node number; -1: no such node */
	size_t at;			/* the mapping that was hit last */
	struct np_place_taker *places;	/* NULL: counts are enough */
	uint64_t outside;		/* pages where no mapping is: it came, or went, since maps was read */
};

void np_classifier_init(struct np_classifier *classifier, const struct np_system *system);

/* Forget all counts but keep the arrays: a new walk. */
void np_classifier_restart(struct np_classifier *classifier);

/*
 * So many pages from an address on are in this state; node: its number, -1: not known. Addresses only ascend.
 * A walker's NP_INACCESSIBLE becomes NP_HINTED or NP_PROTNONE by the mapping's permissions.
 */
void np_classify(struct np_classifier *classifier, uint64_t start, uint64_t pages, enum np_state state,
		 enum np_size size, int node);

/* The source can't tell these, of enum np_untold, in a mapping. */
void np_classify_untold(struct np_classifier *classifier, size_t mapping, unsigned untold);

/* Classifies what the walker answers about an address and what follows it. */
struct np_classify_taker {
	struct np_run_taker taker; /* first: cast back */
	struct np_classifier *classifier;
	uint64_t addr;
};

struct np_classify_taker np_classify_taker_make(struct np_classifier *classifier, uint64_t start);

/* No access at all: "---". vma_is_accessible() in include/linux/mm.h: any of read, write, execute. */
bool np_map_is_protnone(const struct np_map *map);

#endif
