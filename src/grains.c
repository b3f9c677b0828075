/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages by grain. */
#include "grains.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SHIFT 12

const char *const np_look_keys[NP_LOOKS] = {
	[NP_LOOK_PRESENT] = "present",	     [NP_LOOK_HINTED] = "hinted",   [NP_LOOK_PROTNONE] = "protnone",
	[NP_LOOK_ACCESSIBLE] = "accessible", [NP_LOOK_SWAPPED] = "swapped", [NP_LOOK_OTHER] = "other",
};

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

uint32_t *np_grains_at(struct np_grains *grains, uint64_t addr)
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
		uint32_t *counts = np_grains_at(grains, start);
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

/* From one grain to packed ones. */
struct packing {
	struct np_grains *packed;
	const struct np_mapping *mappings;
	size_t mapping_count;
	size_t first;	   /* mapping that does not end before the grain */
	uint64_t first_at; /* its packed address */
	/* Of the grain: */
	const uint32_t *counts;
	uint64_t start, end;
	uint64_t mapped_pages, done_pages;
};

/*
 * What of a count belongs to the first pages: of 2^31 at most, so that the product fits. No more pages than are mapped
 * can be there, whatever a report says; so no packed grain holds more than its size.
 */
static uint64_t share(const struct packing *packing, size_t k, uint64_t pages)
{
	uint64_t count = packing->counts[k];

	return (count < packing->mapped_pages ? count : packing->mapped_pages) * pages / packing->mapped_pages;
}

/* The next bytes of the grain are at this packed address. Both ends of a share are rounded alike, so nothing is lost. */
static int hand_on(struct packing *packing, uint64_t addr, uint64_t bytes)
{
	while (bytes) {
		uint32_t *counts = np_grains_at(packing->packed, addr);
		uint64_t room = (((addr >> packing->packed->shift) + 1) << packing->packed->shift) - addr;
		uint64_t part = bytes < room ? bytes : room, done = packing->done_pages + (part >> PAGE_SHIFT);

		if (!counts)
			return -ENOMEM;
		for (size_t k = 0; k < packing->packed->stride; k++)
			counts[k] += (uint32_t)(share(packing, k, done) - share(packing, k, packing->done_pages));
		packing->done_pages = done;
		addr += part;
		bytes -= part;
	}
	return 0;
}

/* What of a mapping lies in the grain. */
static uint64_t overlap(const struct packing *packing, const struct np_mapping *mapping)
{
	uint64_t start = mapping->start > packing->start ? mapping->start : packing->start;
	uint64_t end = mapping->end < packing->end ? mapping->end : packing->end;

	return start < end ? end - start : 0;
}

static int pack_grain(struct packing *packing)
{
	const struct np_mapping *mapping = packing->mappings + packing->first, *last = packing->mappings + packing->mapping_count;
	uint64_t at = packing->first_at;
	int result = 0;

	packing->mapped_pages = packing->done_pages = 0;
	for (const struct np_mapping *each = mapping; each < last && each->start < packing->end; each++)
		packing->mapped_pages += overlap(packing, each) >> PAGE_SHIFT;
	if (!packing->mapped_pages) /* a report may say anything */
		return 0;
	for (; !result && mapping < last && mapping->start < packing->end; mapping++) {
		uint64_t skipped = mapping->start < packing->start ? packing->start - mapping->start : 0;

		result = hand_on(packing, at + skipped, overlap(packing, mapping));
		at += mapping->end - mapping->start;
	}
	return result;
}

static int pack_all(struct packing *packing, const struct np_grains *grains)
{
	int result = 0;

	for (size_t i = 0; !result && i < grains->count; i++) {
		packing->counts = np_grain_counts(grains, i);
		packing->start = grains->indices[i] << grains->shift;
		packing->end = packing->start + (1ULL << grains->shift);
		for (; packing->first < packing->mapping_count; packing->first++) {
			const struct np_mapping *mapping = &packing->mappings[packing->first];

			if (mapping->end > packing->start)
				break;
			packing->first_at += mapping->end - mapping->start;
		}
		result = pack_grain(packing);
	}
	return result;
}

int np_grains_pack(struct np_grains **grains, const struct np_mapping *mappings, size_t mapping_count)
{
	struct packing packing = { .packed = np_grains_create((*grains)->node_count), .mappings = mappings,
				   .mapping_count = mapping_count };
	int result;

	if (!packing.packed)
		return -ENOMEM;
	packing.packed->shift = (*grains)->shift;
	packing.packed->packed = true;
	result = pack_all(&packing, *grains);
	if (result) {
		np_grains_destroy(packing.packed);
		return result;
	}
	np_grains_destroy(*grains);
	*grains = packing.packed;
	return 0;
}
