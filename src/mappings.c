/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From maps and tallies to the mappings of a target. */
#include "mappings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void np_mappings_free_tallies(struct np_tally *tallies, size_t count)
{
	for (size_t i = 0; tallies && i < count; i++)
		np_tally_free(&tallies[i]);
	free(tallies);
}

struct np_tally *np_mappings_make_tallies(size_t count, size_t node_count)
{
	struct np_tally *tallies = calloc(count, sizeof(*tallies));

	for (size_t i = 0; tallies && i < count; i++) {
		if (np_tally_init(&tallies[i], node_count) == 0)
			continue;
		np_mappings_free_tallies(tallies, i);
		return NULL;
	}
	return tallies;
}

static bool is_in_range(const struct np_map *map, const struct np_target *target)
{
	return !target->range_end || (map->end > target->range_start && map->start < target->range_end);
}

static int keep(const struct np_map *map, bool hugetlb, struct np_tally *tally, struct np_mapping *ret)
{
	*ret = (struct np_mapping){
		.start = map->start, .end = map->end, .offset = map->offset, .hugetlb = hugetlb, .pages = *tally,
	};
	memcpy(ret->perms, map->perms, sizeof(ret->perms));
	*tally = (struct np_tally){ 0 };
	ret->path = strdup(map->path);
	return ret->path ? 0 : -ENOMEM;
}

int np_mappings_keep(const struct np_maps *maps, const bool *hugetlb, struct np_tally *tallies,
		     struct np_target *target)
{
	int result = 0;

	target->mappings = calloc(maps->count, sizeof(*target->mappings));
	if (!target->mappings)
		return -ENOMEM;
	for (size_t i = 0; !result && i < maps->count; i++)
		if (is_in_range(&maps->maps[i], target))
			result = keep(&maps->maps[i], hugetlb[i], &tallies[i],
				      &target->mappings[target->mapping_count++]);
	return result;
}
