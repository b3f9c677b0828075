/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which node a page frame belongs to, from zones and memory blocks. */
#include "frames.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "blocks.h"
#include "files.h"
#include "parse_number.h"

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static int compare_blocks(const void *a, const void *b)
{
	const struct np_block *left = a, *right = b;

	return compare_numbers(&left->index, &right->index);
}

/* What is known while ranges are built, in ascending order. */
struct builder {
	const struct np_zones *zones;
	const struct np_block *blocks; /* sorted by index */
	size_t block_count;
	uint64_t block_frames;
	struct np_frames frames;
	size_t room;
};

static int add_range(struct builder *builder, uint64_t start_pfn, uint64_t end_pfn, unsigned node)
{
	struct np_frames *frames = &builder->frames;
	struct np_frame_range *last = frames->count ? &frames->ranges[frames->count - 1] : NULL;

	if (last && last->node == node && last->end_pfn == start_pfn) {
		last->end_pfn = end_pfn;
		return 0;
	}
	if (frames->count == builder->room) {
		size_t room = builder->room ? 2 * builder->room : 16;
		struct np_frame_range *more = realloc(frames->ranges, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		frames->ranges = more;
		builder->room = room;
	}
	frames->ranges[frames->count++] = (struct np_frame_range){ start_pfn, end_pfn, node };
	return 0;
}

/* The nodes of the zones that cover these frames, which no zone covers in part. */
enum owner { OWNER_NONE, OWNER_ONE, OWNER_SEVERAL };

static enum owner zone_owner(const struct np_zones *zones, uint64_t pfn, unsigned *ret_node)
{
	enum owner owner = OWNER_NONE;

	for (size_t i = 0; i < zones->count; i++) {
		const struct np_zone *zone = &zones->zones[i];

		if (pfn < zone->start_pfn || pfn - zone->start_pfn >= zone->spanned)
			continue;
		if (owner == OWNER_ONE && zone->node != *ret_node)
			return OWNER_SEVERAL;
		owner = OWNER_ONE;
		*ret_node = zone->node;
	}
	return owner;
}

/* The frames [start, end), which several nodes' zones span, as far as blocks of one node claim them. */
static int add_blocks(struct builder *builder, uint64_t start_pfn, uint64_t end_pfn)
{
	const struct np_block *block = builder->blocks, *end = block + builder->block_count;
	int err = 0;

	while (err == 0 && block < end) {
		const struct np_block *same = block;
		uint64_t first, last;
		bool shared = false;

		while (block < end && block->index == same->index)
			shared |= block++->node != same->node;
		if (__builtin_mul_overflow(same->index, builder->block_frames, &first) ||
		    __builtin_add_overflow(first, builder->block_frames, &last))
			return -ERANGE;
		first = first > start_pfn ? first : start_pfn;
		last = last < end_pfn ? last : end_pfn;
		if (first < last && !shared)
			err = add_range(builder, first, last, same->node);
	}
	return err;
}

static int add_interval(struct builder *builder, uint64_t start_pfn, uint64_t end_pfn)
{
	unsigned node = 0;

	switch (zone_owner(builder->zones, start_pfn, &node)) {
	case OWNER_NONE:
		break;
	case OWNER_ONE:
		return add_range(builder, start_pfn, end_pfn, node);
	case OWNER_SEVERAL:
		return add_blocks(builder, start_pfn, end_pfn);
	}
	return 0;
}

/* Where zones start and end, in ascending order: 2 * zones->count frame numbers, which the caller frees. */
static uint64_t *zone_edges(const struct np_zones *zones)
{
	uint64_t *edges = calloc(2 * zones->count + 1, sizeof(*edges));

	if (!edges)
		return NULL;
	for (size_t i = 0; i < zones->count; i++) {
		edges[2 * i] = zones->zones[i].start_pfn;
		edges[2 * i + 1] = zones->zones[i].start_pfn + zones->zones[i].spanned;
	}
	qsort(edges, 2 * zones->count, sizeof(*edges), compare_numbers);
	return edges;
}

static int build(struct builder *builder)
{
	np_cleanup_free uint64_t *edges = zone_edges(builder->zones);
	int err = 0;

	if (!edges)
		return -ENOMEM;
	for (size_t i = 1; err == 0 && i < 2 * builder->zones->count; i++)
		if (edges[i - 1] < edges[i])
			err = add_interval(builder, edges[i - 1], edges[i]);
	return err;
}

int np_frames_build(const struct np_zones *zones, const struct np_block *blocks, size_t block_count,
		    uint64_t block_frames, struct np_frames *ret)
{
	np_cleanup_free struct np_block *sorted = calloc(block_count + 1, sizeof(*sorted));
	struct builder builder = { zones, sorted, block_count, block_frames, { 0 }, 0 };
	int err;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < block_count; i++)
		sorted[i] = blocks[i];
	qsort(sorted, block_count, sizeof(*sorted), compare_blocks);
	err = build(&builder);
	if (err < 0) {
		np_frames_free(&builder.frames);
		return err;
	}
	*ret = builder.frames;
	return 0;
}

static bool zones_overlap(const struct np_zones *zones)
{
	for (size_t i = 0; i < zones->count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct np_zone *a = &zones->zones[i], *b = &zones->zones[j];

			if (a->node != b->node && a->start_pfn < b->start_pfn + b->spanned &&
			    b->start_pfn < a->start_pfn + a->spanned)
				return true;
		}
	return false;
}

static int read_zones(int root_fd, struct np_zones *ret)
{
	np_cleanup_text struct np_text text = { 0 };
	int err;

	err = np_read_text(root_fd, "proc/zoneinfo", &text);
	if (err < 0)
		return err;
	return np_parse_zoneinfo(text.data, text.length, ret);
}

int np_frames_read(int root_fd, struct np_frames *ret)
{
	struct np_zones zones = { 0 };
	struct np_blocks blocks = { 0 };
	int err;

	err = read_zones(root_fd, &zones);
	if (err < 0)
		return err;
	if (zones_overlap(&zones))
		err = np_blocks_read(root_fd, &blocks);
	if (err == 0)
		err = np_frames_build(&zones, blocks.blocks, blocks.count, blocks.block_frames, ret);
	np_blocks_free(&blocks);
	np_zones_free(&zones);
	return err;
}

void np_frames_free(struct np_frames *frames)
{
	free(frames->ranges);
	*frames = (struct np_frames){ 0 };
}

const struct np_frame_range *np_frames_find(const struct np_frames *frames, uint64_t pfn)
{
	size_t low = 0, high = frames->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (pfn < frames->ranges[middle].start_pfn)
			high = middle;
		else if (pfn >= frames->ranges[middle].end_pfn)
			low = middle + 1;
		else
			return &frames->ranges[middle];
	}
	return NULL;
}
