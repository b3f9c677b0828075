/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grains as rows of text, "0x7f0000000000 x3 present=16 N0=16": as numbers of JSON they would be larger than all else. */
#include "json_grains.h"

#include <string.h>

#include "json_build.h"

static void write_row(const struct np_grains *grains, size_t first, size_t alike, const struct np_system *system, FILE *out)
{
	const uint32_t *counts = np_grain_counts(grains, first);

	fprintf(out, "0x%" PRIx64 " x%zu", grains->indices[first] << grains->shift, alike);
	for (enum np_look look = 0; look < NP_LOOKS; look++)
		if (counts[look])
			fprintf(out, " %s=%u", np_look_keys[look], counts[look]);
	for (size_t i = 0; i < grains->node_count; i++)
		if (counts[NP_LOOKS + i])
			fprintf(out, " N%u=%u", system->nodes[i].number, counts[NP_LOOKS + i]);
	if (counts[NP_LOOKS + grains->node_count])
		fprintf(out, " N?=%u", counts[NP_LOOKS + grains->node_count]);
}

static json_t *row(const struct np_grains *grains, size_t first, size_t alike, const struct np_system *system)
{
	char *line = NULL;
	size_t length;
	FILE *out = open_memstream(&line, &length);
	json_t *value = NULL;

	if (!out)
		return NULL;
	write_row(grains, first, alike, system, out);
	if (fclose(out) == 0)
		value = json_string(line);
	free(line);
	return value;
}

/* Grains from this one on that follow each other without a gap, and hold the same. */
static size_t count_alike(const struct np_grains *grains, size_t first)
{
	size_t bytes = grains->stride * sizeof(*grains->counts), count = 1;

	while (first + count < grains->count && grains->indices[first + count] == grains->indices[first] + count &&
	       memcmp(np_grain_counts(grains, first), np_grain_counts(grains, first + count), bytes) == 0)
		count++;
	return count;
}

json_t *np_json_grains(const struct np_grains *grains, const struct np_system *system)
{
	struct builder object = { json_object(), false }, rows = { json_array(), false };

	for (size_t i = 0, alike; i < grains->count; i += alike) {
		alike = count_alike(grains, i);
		append(&rows, row(grains, i, alike, system));
	}
	put(&object, "bytes", count(UINT64_C(1) << grains->shift));
	put(&object, "rows", finish(&rows));
	return finish(&object);
}
