/* SPDX-License-Identifier: GPL-2.0-or-later */
/* More than one walker for a process whose page tables are large: each walks its parts, and all parts are in order. */
#ifndef NUMAPROBE_TEAM_H
#define NUMAPROBE_TEAM_H

#include "parse_maps.h"
#include "walker.h"

#define NP_TEAM_MOST 64
/* Below so many bytes of page tables, 32 GiB of base pages, another walker's start costs more than it saves. */
#define NP_TEAM_TABLE_BYTES (64LL << 20)

struct np_team {
	struct np_walker *walkers[NP_TEAM_MOST]; /* the first is the caller's, and stays */
	size_t count;				 /* of those that serve */
	size_t wanted;				 /* at most so many; 0 is like 1 */
};

/* Starts what is wanted, once. One that can't be started is one less: it is only there for speed. */
void np_team_grow(struct np_team *team);
/* Ends what np_team_grow() started. */
void np_team_stop(struct np_team *team);

/*
 * np_walker_walk() for the mappings, by all of the team: the same runs, the same errors. A process that has exited
 * leaves the team as it was.
 */
int np_team_walk(struct np_team *team, int pagemap_fd, const struct np_maps *maps, uint64_t start, uint64_t end,
		 struct np_run_taker *taker, uint64_t *ret_retries);

#endif
