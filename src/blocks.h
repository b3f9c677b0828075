/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory blocks of sysfs and the nodes that they belong to. */
#ifndef NUMAPROBE_BLOCKS_H
#define NUMAPROBE_BLOCKS_H

#include "frames.h"

struct np_blocks {
	size_t count;
	struct np_block *blocks; /* in no order; one that straddles two nodes is there twice */
	uint64_t block_frames;	 /* frames a block, by the page size of this machine */
};

/*
 * sys/devices/system/memory/block_size_bytes and sys/devices/system/node/node<N>/memory<index>. A kernel
 * without memory hotplug has none: no blocks, and 0. Else 0 or -errno; *ret, untouched then, is for
 * np_blocks_free().
 */
int np_blocks_read(int root_fd, struct np_blocks *ret);
void np_blocks_free(struct np_blocks *blocks);

#endif
