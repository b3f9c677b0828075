// SPDX-License-Identifier: GPL-2.0-or-later
/* Walkers are processes of their own, so that the privileged program need not know of threads. */
#include "team.h"

#include <stdlib.h>

#define GIB (1ULL << 30)
/* For each walker: few enough to cost nothing, enough for all to end at about the same time. */
#define PARTS 8
/* Asked for ahead, so that a walker goes on while another one's answers are read. */
#define AHEAD 2

void np_team_grow(struct np_team *team)
{
	size_t started = team->count;

	while (started < team->wanted && started < NP_TEAM_MOST && np_walker_start(&team->walkers[started]) == 0)
		started++;
	for (size_t i = team->count; i < started; i++) {
		uint64_t space_end;
		char *why = NULL;

		if (np_walker_wait(team->walkers[i], &space_end, &why) == 0) {
			team->walkers[team->count++] = team->walkers[i];
		} else {
			np_walker_stop(team->walkers[i]);
			free(why);
		}
	}
	team->wanted = team->count;
}

void np_team_stop(struct np_team *team)
{
	while (team->count > 1)
		np_walker_stop(team->walkers[--team->count]);
}

static uint64_t mapped_bytes(const struct np_maps *maps, uint64_t start, uint64_t end)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < maps->count; i++) {
		uint64_t from = maps->maps[i].start > start ? maps->maps[i].start : start;
		uint64_t to = maps->maps[i].end < end ? maps->maps[i].end : end;

		bytes += to > from ? to - from : 0;
	}
	return bytes;
}

/* Where a part ends that starts here and has about so many bytes mapped; *at is the first mapping behind start. */
static uint64_t part_end(const struct np_maps *maps, size_t *at, uint64_t start, uint64_t end, uint64_t bytes)
{
	for (; *at < maps->count; ++*at) {
		const struct np_map *map = &maps->maps[*at];
		uint64_t from = map->start > start ? map->start : start, cut;

		if (map->end <= from)
			continue;
		if (map->end - from < bytes) {
			bytes -= map->end - from;
			continue;
		}
		/* Whole tables of level 2, of which two walkers would each copy a half otherwise. */
		cut = (from + bytes + GIB - 1) & ~(GIB - 1);
		return cut > start && cut < end ? cut : end;
	}
	return end;
}

struct part {
	uint64_t start, end;
};

static size_t make_parts(const struct np_maps *maps, uint64_t start, uint64_t end, struct part *parts, size_t most)
{
	uint64_t bytes = mapped_bytes(maps, start, end) / most + GIB;
	size_t count = 0, at = 0;

	while (start < end) {
		uint64_t next = count + 1 == most ? end : part_end(maps, &at, start, end, bytes);

		parts[count++] = (struct part){ start, next };
		start = next;
	}
	return count;
}

static int discard(struct np_run_taker *self, const struct np_run *runs, size_t count)
{
	(void)self, (void)runs, (void)count;
	return 0;
}

int np_team_walk(struct np_team *team, int pagemap_fd, const struct np_maps *maps, uint64_t start, uint64_t end,
		 struct np_run_taker *taker, uint64_t *ret_retries)
{
	struct part parts[PARTS * NP_TEAM_MOST];
	size_t count = make_parts(maps, start, end, parts, PARTS * team->count), asked = 0;
	struct np_run_taker nobody = { discard };
	int result = 0;

	*ret_retries = 0;
	for (size_t heard = 0; heard < (result ? asked : count); heard++) {
		uint64_t retries = 0;
		int error = 0;

		for (; !result && asked < count && asked < heard + AHEAD * team->count; asked++) {
			result = np_walker_ask(team->walkers[asked % team->count], pagemap_fd, parts[asked].start,
					       parts[asked].end);
			if (result)
				break;
		}
		/* What was asked for is heard to its end also after an error, so that each can be asked again. */
		if (heard < asked)
			error = np_walker_hear(team->walkers[heard % team->count], parts[heard].start,
					       parts[heard].end, result ? &nobody : taker, &retries);
		result = result ?: error;
		*ret_retries += retries;
	}
	return result;
}
