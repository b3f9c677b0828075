/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages by grain. */
#include "grains.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_SHIFT 12

static enum np_look look_of(enum np_state state)
{
	switch (state) {
	case NP_PRESENT:
		return NP_LOOK_PRESENT;
	case NP_HINTED:
		return NP_LOOK_HINTED;
	case NP_PROTNONE:
		return NP_LOOK_PROTNONE;
	case NP_ACCESSIBLE:
		return NP_LOOK_ACCESSIBLE;
	case NP_SWAPPED:
		return NP_LOOK_SWAPPED;
	default:
		return NP_LOOK_OTHER;
	}
}

static void restart(struct np_recorder *self, const struct np_maps *maps __attribute__((unused)))
{
	struct np_grains *grains = (struct np_grains *)self;

	grains->count = 0;
	grains->shift = PAGE_SHIFT;
	grains->failed = false;
}

static void record(struct np_recorder *self, uint64_t start, uint64_t pages, enum np_state state, int node,
		   size_t mapping __attribute__((unused)))
{
	np_grains_add((struct np_grains *)self, start, pages, state, node);
}

struct np_grains *np_grains_create(size_t node_count)
{
	struct np_grains *grains = calloc(1, sizeof(*grains));

	if (grains)
		*grains = (struct np_grains){ .recorder = { restart, record }, .shift = PAGE_SHIFT,
					      .node_count = node_count, .stride = NP_LOOKS + node_count + 1 };
	return grains;
}

void np_grains_destroy(struct np_grains *grains)
{
	if (!grains)
		return;
	free(grains->indices);
	free(grains->counts);
	free(grains);
}

static uint32_t *counts_at(struct np_grains *grains, size_t i)
{
	return grains->counts + i * grains->stride;
}

/* Grains of twice the size: each takes over what two neighbours held. */
static void coarsen(struct np_grains *grains)
{
	size_t kept = 0;

	for (size_t i = 0; i < grains->count; i++) {
		uint64_t index = grains->indices[i] >> 1;

		if (kept && grains->indices[kept - 1] == index) {
			for (size_t k = 0; k < grains->stride; k++)
				counts_at(grains, kept - 1)[k] += counts_at(grains, i)[k];
			continue;
		}
		grains->indices[kept] = index;
		memmove(counts_at(grains, kept), counts_at(grains, i), grains->stride * sizeof(uint32_t));
		kept++;
	}
	grains->count = kept;
	grains->shift++;
}

static bool grow(struct np_grains *grains)
{
	size_t room = grains->room ? 2 * grains->room : 1024;
	uint64_t *indices = reallocarray(grains->indices, room, sizeof(*indices));
	uint32_t *counts;

	if (!indices)
		return false;
	grains->indices = indices;
	counts = reallocarray(grains->counts, room * grains->stride, sizeof(*counts));
	if (!counts)
		return false;
	grains->counts = counts;
	grains->room = room;
	return true;
}

/* The counts of the grain at an address, which is the last one or a new one; NULL where memory is short. */
static uint32_t *grain_at(struct np_grains *grains, uint64_t addr)
{
	while (grains->count == NP_GRAINS_LIMIT && grains->indices[grains->count - 1] != addr >> grains->shift)
		coarsen(grains);
	if (grains->count && grains->indices[grains->count - 1] == addr >> grains->shift)
		return counts_at(grains, grains->count - 1);
	if (grains->count == grains->room && !grow(grains))
		return NULL;
	grains->indices[grains->count] = addr >> grains->shift;
	return memset(counts_at(grains, grains->count++), 0, grains->stride * sizeof(uint32_t));
}

static bool is_resident(enum np_look look)
{
	return look <= NP_LOOK_ACCESSIBLE;
}

void np_grains_add(struct np_grains *grains, uint64_t start, uint64_t pages, enum np_state state, int node)
{
	enum np_look look = look_of(state);
	size_t node_at = NP_LOOKS + (node >= 0 && (size_t)node < grains->node_count ? (size_t)node : grains->node_count);

	while (pages && !grains->failed) {
		uint32_t *counts = grain_at(grains, start);
		uint64_t end = ((start >> grains->shift) + 1) << grains->shift;
		uint64_t part = (end - start) >> PAGE_SHIFT;

		if (!counts) {
			grains->failed = true;
			return;
		}
		part = part < pages ? part : pages;
		counts[look] += (uint32_t)part;
		if (is_resident(look))
			counts[node_at] += (uint32_t)part;
		pages -= part;
		start += part << PAGE_SHIFT;
	}
}
