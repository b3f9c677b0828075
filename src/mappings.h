/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mappings of a target in the snapshot, made of what maps said and of what a walk counted. */
#ifndef NUMAPROBE_MAPPINGS_H
#define NUMAPROBE_MAPPINGS_H

#include "parse_maps.h"
#include "snapshot.h"

/* A tally for each of so many mappings, in one block for np_mappings_free_tallies(). NULL: memory is short. */
struct np_tally *np_mappings_make_tallies(size_t count, size_t node_count);
/* NULL is fine. */
void np_mappings_free_tallies(struct np_tally *tallies, size_t count);

/*
 * Gives the target, whose range counts, its mappings. hugetlb and tallies have one for each of the maps; the counts of
 * the tallies go over to the target. 0 or -ENOMEM: then the target has some of them, and is to be freed.
 */
int np_mappings_keep(const struct np_maps *maps, const bool *hugetlb, struct np_tally *tallies,
		     struct np_target *target);

#endif
