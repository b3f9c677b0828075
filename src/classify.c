// SPDX-License-Identifier: GPL-2.0-or-later
/* The meeting of page tables and mappings. */
#include "classify.h"

#include <string.h>

#define PAGE_SHIFT 12

bool np_map_is_protnone(const struct np_map *map)
{
	return memcmp(map->perms, "---", 3) == 0;
}

void np_classifier_init(struct np_classifier *classifier, const struct np_system *system)
{
	memset(classifier, 0, sizeof(*classifier));
	memset(classifier->node_index, -1, sizeof(classifier->node_index));
	classifier->node_count = system->node_count;
	for (size_t i = 0; i < system->node_count; i++)
		if (system->nodes[i].number < NP_MAX_NODES)
			classifier->node_index[system->nodes[i].number] = (int16_t)i;
}

static void clear_tally(struct np_tally *tally, size_t node_count)
{
	uint64_t *by_node[NP_R_STATES];

	for (int i = 0; i < NP_R_STATES; i++) {
		by_node[i] = tally->by_node[i];
		memset(by_node[i], 0, (node_count + 1) * sizeof(*by_node[i]));
	}
	memset(tally, 0, sizeof(*tally));
	memcpy(tally->by_node, by_node, sizeof(by_node));
}

void np_classifier_restart(struct np_classifier *classifier)
{
	classifier->at = 0;
	classifier->outside = 0;
	clear_tally(classifier->sum, classifier->node_count);
	for (size_t i = 0; i < classifier->maps->count; i++) {
		classifier->inaccessible[i] = false;
		if (classifier->by_mapping)
			clear_tally(&classifier->by_mapping[i], classifier->node_count);
	}
	if (classifier->recorder)
		classifier->recorder->restart(classifier->recorder, classifier->maps);
}

/* The counter that belongs to a state; NULL for one that is counted by node. */
static uint64_t *flat_counter(struct np_tally *tally, enum np_state state)
{
	switch (state) {
	case NP_ZERO:
		return &tally->zero;
	case NP_SPECIAL:
		return &tally->special;
	case NP_SWAPPED:
		return &tally->swapped;
	case NP_MIGRATING:
		return &tally->migrating;
	case NP_DEVICE:
		return &tally->device;
	case NP_POISONED:
		return &tally->poisoned;
	case NP_MARKER:
		return &tally->marker;
	case NP_GUARD:
		return &tally->guard;
	case NP_UNKNOWN:
		return &tally->unknown;
	default:
		return NULL;
	}
}

static enum np_resident resident_state(enum np_state state)
{
	switch (state) {
	case NP_HINTED:
		return NP_R_HINTED;
	case NP_PROTNONE:
		return NP_R_PROTNONE;
	case NP_ACCESSIBLE:
		return NP_R_ACCESSIBLE;
	default:
		return NP_R_PRESENT;
	}
}

static void count(struct np_tally *tally, size_t node_index, uint64_t pages, enum np_state state, bool huge,
		  bool hugetlb)
{
	uint64_t *flat = flat_counter(tally, state);

	if (flat) {
		*flat += pages;
		return;
	}
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): np_tally_init() made all of them */
	tally->by_node[resident_state(state)][node_index] += pages;
	if (hugetlb)
		tally->hugetlb += pages;
	else if (huge)
		tally->thp += pages;
	if (huge && !hugetlb && state == NP_HINTED)
		tally->hinted_thp += pages;
	if (huge && !hugetlb && state == NP_PROTNONE)
		tally->protnone_thp += pages;
}

static void count_in_mapping(struct np_classifier *classifier, uint64_t start, uint64_t pages, enum np_state state,
			     enum np_size size, int node)
{
	const struct np_map *map = &classifier->maps->maps[classifier->at];
	bool hugetlb = classifier->hugetlb[classifier->at];
	int index = node >= 0 && node < NP_MAX_NODES ? classifier->node_index[node] : -1;
	size_t node_index = index >= 0 ? (size_t)index : classifier->node_count;

	if (state == NP_INACCESSIBLE)
		state = np_map_is_protnone(map) ? NP_PROTNONE : NP_HINTED;
	/* The balancer never hints hugetlb pages (task_numa_work()), so this one's mprotect() is under way. */
	if (state == NP_HINTED && hugetlb)
		state = NP_UNKNOWN;
	if (state == NP_HINTED || state == NP_PROTNONE)
		classifier->inaccessible[classifier->at] = true;
	count(classifier->sum, node_index, pages, state, size != NP_SIZE_BASE, hugetlb);
	if (classifier->by_mapping)
		count(&classifier->by_mapping[classifier->at], node_index, pages, state, size != NP_SIZE_BASE,
		      hugetlb);
	if (classifier->recorder)
		classifier->recorder->record(classifier->recorder, start, pages, state, index, classifier->at);
	if (classifier->places)
		classifier->places->take(classifier->places, start, pages, state, size, classifier->at);
}

void np_classify(struct np_classifier *classifier, uint64_t start, uint64_t pages, enum np_state state,
		 enum np_size size, int node)
{
	const struct np_maps *maps = classifier->maps;
	uint64_t end = start + (pages << PAGE_SHIFT);

	if (state == NP_ABSENT)
		return;
	while (start < end) {
		const struct np_map *map;
		uint64_t part_end;

		while (classifier->at < maps->count && maps->maps[classifier->at].end <= start)
			classifier->at++;
		if (classifier->at == maps->count) {
			classifier->outside += (end - start) >> PAGE_SHIFT;
			return;
		}
		map = &maps->maps[classifier->at];
		if (start < map->start) {
			part_end = end < map->start ? end : map->start;
			classifier->outside += (part_end - start) >> PAGE_SHIFT;
		} else {
			part_end = end < map->end ? end : map->end;
			count_in_mapping(classifier, start, (part_end - start) >> PAGE_SHIFT, state, size, node);
		}
		start = part_end;
	}
}

void np_classify_untold(struct np_classifier *classifier, size_t mapping, unsigned untold)
{
	classifier->sum->untold |= untold;
	if (classifier->by_mapping)
		classifier->by_mapping[mapping].untold |= untold;
}

static int take_runs(struct np_run_taker *self, const struct np_run *runs, size_t count_)
{
	struct np_classify_taker *taker = (struct np_classify_taker *)self;

	for (size_t i = 0; i < count_; i++) {
		np_code code = (np_code)runs[i].code;

		np_classify(taker->classifier, taker->addr, runs[i].pages, np_code_state(code), np_code_size(code),
			    (int)np_code_node(code));
		taker->addr += (uint64_t)runs[i].pages << PAGE_SHIFT;
	}
	return 0;
}

struct np_classify_taker np_classify_taker_make(struct np_classifier *classifier, uint64_t start)
{
	return (struct np_classify_taker){ { take_runs }, classifier, start };
}
