/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which columns of the mappings table are shown: from -o's list to one column for each node. */
#ifndef NUMAPROBE_COLUMN_CHOICE_H
#define NUMAPROBE_COLUMN_CHOICE_H

#include "columns.h"

struct np_column_list {
	size_t count;
	struct np_column_ref *refs;
};

/* What -o and --output-all ask for. */
struct np_column_choice {
	bool processes;			/* the table of processes, not of mappings */
	bool watched;			/* of processes that are looked at more than once: rates too */
	bool timed;			/* with the time of each look: for lines that are appended */
	bool all;			/* every column */
	bool listed;			/* the list stands alone; otherwise it follows the default columns */
	struct np_column_list list;
};

/*
 * -o's LIST, names between commas, or "+LIST" to add to the choice so far (the default columns at
 * first). 0, -ENOMEM, or -EINVAL with the unknown name in ret_unknown, which points into the list.
 * The choice changes only on success.
 */
int np_column_choice_parse(const char *list, struct np_column_choice *choice, const char **ret_unknown,
			   size_t *ret_unknown_length);
void np_column_choice_free(struct np_column_choice *choice);

/* The choice, or the column to sort by, cannot be shown without numa_maps. */
bool np_column_choice_needs_numa_maps(const struct np_column_choice *choice, const struct np_column_ref *sort);

/* All columns that were named, if any were, are out of numa_maps. */
bool np_column_choice_needs_only_numa_maps(const struct np_column_choice *choice);

/* A column is chosen, or sorted by, that only mappings have. */
bool np_column_choice_names_mappings(const struct np_column_choice *choice, const struct np_column_ref *sort);

/* The first node of the choice that the system does not have, or -1. */
int64_t np_column_choice_missing_node(const struct np_column_choice *choice, const struct np_column_ref *sort,
				      const struct np_system *system);

/*
 * The columns to show for this snapshot: each with one node at most. nodes_in_use: of the nodes that
 * the user did not name, only those that have memory or hold pages of a mapping. 0 or -ENOMEM.
 */
int np_column_choice_expand(const struct np_column_choice *choice, const struct np_snapshot *snapshot,
			    bool nodes_in_use, struct np_column_list *ret);

#endif
