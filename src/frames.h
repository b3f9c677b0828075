/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which node a page frame belongs to. Zones say it where those of different nodes keep apart; where
 * nodes interleave, the memory blocks of sysfs do. Linked into numaprobe-walk too: libc only.
 */
#ifndef NUMAPROBE_FRAMES_H
#define NUMAPROBE_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#include "parse_zoneinfo.h"

struct np_frame_range {
	uint64_t start_pfn, end_pfn; /* [start, end) */
	unsigned node;
};

/* Sorted and disjoint; neighbours that touch are of different nodes. */
struct np_frames {
	size_t count;
	struct np_frame_range *ranges;
};

/* A memory block of sysfs: the frames [index, index + 1) * frames per block. */
struct np_block {
	uint64_t index;
	unsigned node;
};

/*
 * Pure: ranges from the zones, and from the blocks where zones of different nodes overlap. Blocks may be
 * in any order. Frames that two zones and no block claim, or two nodes' blocks, belong to no range: their
 * node is not known. block_frames may be 0 where block_count is. 0, -ENOMEM, -ERANGE; *ret, untouched
 * then, is for np_frames_free().
 */
int np_frames_build(const struct np_zones *zones, const struct np_block *blocks, size_t block_count,
		    uint64_t block_frames, struct np_frames *ret);

/*
 * The frames of the machine below root_fd: proc/zoneinfo, and sys/devices/system/{memory,node} where
 * zones overlap. A kernel without NUMA has all of its memory in zones of node 0; one without memory
 * blocks leaves overlapping frames out. 0 or -errno: of zoneinfo, or of what else was there and
 * unreadable; *ret, untouched then, is for np_frames_free().
 */
int np_frames_read(int root_fd, struct np_frames *ret);
void np_frames_free(struct np_frames *frames);

/* The range with this frame, or NULL. */
const struct np_frame_range *np_frames_find(const struct np_frames *frames, uint64_t pfn);

/* The frame's node, or -1 where it is not known. */
static inline int np_frames_node(const struct np_frames *frames, uint64_t pfn)
{
	const struct np_frame_range *range = np_frames_find(frames, pfn);

	return range ? (int)range->node : -1;
}

/*
 * The same, quick where frames near each other are looked up one after another: *hint, NULL at first, is
 * the caller's, and is kept by this function.
 */
static inline int np_frames_node_near(const struct np_frames *frames, uint64_t pfn,
				      const struct np_frame_range **hint)
{
	const struct np_frame_range *range = *hint;

	if (!range || pfn < range->start_pfn || pfn >= range->end_pfn) {
		range = np_frames_find(frames, pfn);
		if (!range)
			return -1;
		*hint = range;
	}
	return (int)range->node;
}

#endif
