/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tallies of a report: pages by state and node. */
#ifndef NUMAPROBE_REPLAY_PAGES_H
#define NUMAPROBE_REPLAY_PAGES_H

#include "replay_field.h"

/* A tally of zeros for the nodes of the report, within what one replay may take. 0, -ENOMEM, or a mistake. */
int np_replay_tally_init(struct np_replay *replay, struct np_tally *ret);

/* So many bytes more are taken by what the report makes cheap to ask for. 0, or a mistake. */
int np_replay_account(struct np_replay *replay, uint64_t bytes);

/* Fill an initialised struct np_tally: from "pages", and its parts by huge pages from "huge". */
np_field_reader np_field_pages, np_field_huge;

#endif
