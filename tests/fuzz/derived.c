// SPDX-License-Identifier: GPL-2.0-or-later
/* What is worked out of parsed files: how many pages each interface counted, and which frames are whose. */
#include "targets.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "claims.h"
#include "frames.h"
#include "input.h"
#include "readers.h"

/* The first byte says which claim, the others are the file. */
void fuzz_claims(const uint8_t *data, size_t size)
{
	const unsigned count = 10;
	const struct np_claim *claim = &np_claims[size ? data[0] % count : 0];
	struct np_read read = { .text = { (char *)(uintptr_t)(data + (size > 0)), size - (size > 0) } };
	struct np_answer_pages answer = { .pages = NP_NOT_KNOWN };
	int result;

	FUZZ_CHECK(claim->reader && !np_claims[count].reader);
	result = claim->extract(&read, 4096, &answer);
	FUZZ_CHECK(result <= 0 && (result || !answer.pages.known || answer.pages.value >= 0));
	np_answer_free(&answer);
}

/* Small, so that zones and blocks meet; or anywhere. */
static uint64_t take_frame(struct input *input)
{
	unsigned first = take(input);

	return first < 0xf0 ? first : take8(input);
}

#define MOST 12

struct made {
	struct np_zone zones[MOST];
	struct np_block blocks[MOST];
	size_t zone_count, block_count;
	uint64_t block_frames;
};

static void make_zones(struct input *input, struct made *made)
{
	unsigned counts = take(input);

	made->zone_count = (counts & 15) % MOST;
	made->block_count = (counts >> 4) % MOST;
	made->block_frames = take_frame(input) | 1; /* np_blocks_read() refuses 0 */
	for (size_t i = 0; i < made->zone_count; i++) {
		struct np_zone *zone = &made->zones[i];

		*zone = (struct np_zone){ .node = take(input) & 3, .start_pfn = take_frame(input), .spanned = take_frame(input) };
		if (zone->start_pfn + zone->spanned < zone->start_pfn) /* np_parse_zoneinfo() refuses it */
			zone->spanned = UINT64_MAX - zone->start_pfn;
	}
	for (size_t i = 0; i < made->block_count; i++)
		made->blocks[i] = (struct np_block){ .index = take_frame(input), .node = take(input) & 3 };
}

/* The node of those that claim the frame, -1: none, -2: several. */
static int claimant(int before, unsigned node)
{
	return before == -1 || before == (int)node ? (int)node : -2;
}

/* One frame, too simply to be wrong. */
static int node_of(const struct made *made, uint64_t pfn)
{
	int node = -1, block_node = -1;

	for (size_t i = 0; i < made->zone_count; i++)
		if (pfn >= made->zones[i].start_pfn && pfn - made->zones[i].start_pfn < made->zones[i].spanned)
			node = claimant(node, made->zones[i].node);
	if (node != -2)
		return node;
	for (size_t i = 0; i < made->block_count; i++)
		if (made->blocks[i].index == pfn / made->block_frames)
			block_node = claimant(block_node, made->blocks[i].node);
	return block_node < 0 ? -1 : block_node;
}

static void check_frame(const struct made *made, const struct np_frames *frames, uint64_t pfn)
{
	FUZZ_CHECK(np_frames_node(frames, pfn) == node_of(made, pfn));
}

static void check_ranges(const struct np_frames *frames)
{
	for (size_t i = 0; i < frames->count; i++) {
		const struct np_frame_range *range = &frames->ranges[i];

		FUZZ_CHECK(range->start_pfn < range->end_pfn);
		FUZZ_CHECK(i == 0 || range[-1].end_pfn < range->start_pfn ||
			   (range[-1].end_pfn == range->start_pfn && range[-1].node != range->node));
	}
}

/* Sorted, and the right node for each frame at an edge and beside it. */
void fuzz_frames(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct made made = { .zone_count = 0 };
	struct np_frames frames;
	struct np_zones zones;

	make_zones(&input, &made);
	zones = (struct np_zones){ made.zone_count, made.zones };
	if (np_frames_build(&zones, made.blocks, made.block_count, made.block_frames, &frames) < 0)
		return; /* blocks past the end of all numbers */
	check_ranges(&frames);
	for (int beside = -1; beside <= 1; beside++) {
		for (size_t i = 0; i < made.zone_count; i++) {
			check_frame(&made, &frames, made.zones[i].start_pfn + (uint64_t)beside);
			check_frame(&made, &frames, made.zones[i].start_pfn + made.zones[i].spanned + (uint64_t)beside);
		}
		for (size_t i = 0; i < made.block_count; i++)
			check_frame(&made, &frames, made.blocks[i].index * made.block_frames + (uint64_t)beside);
	}
	np_frames_free(&frames);
}
