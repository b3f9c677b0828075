/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/zoneinfo: which page frames belong to which node. */
#ifndef NUMAPROBE_PARSE_ZONEINFO_H
#define NUMAPROBE_PARSE_ZONEINFO_H

#include <stddef.h>
#include <stdint.h>

struct np_zone {
	unsigned node;
	char name[16];	    /* "Normal" */
	uint64_t start_pfn; /* first page frame */
	uint64_t spanned;   /* frames from there on, holes and other nodes' frames in between included */
	uint64_t present;   /* frames without the holes */
};

struct np_zones {
	size_t count;
	struct np_zone *zones; /* in the file's order */
};

/*
 * The zones that have memory. Of one that has none the kernel prints no start_pfn (zoneinfo_show_print(),
 * mm/vmstat.c), and so it does with device memory (pmem, a GPU's): those frames are in no zone here.
 * 0, -EINVAL, -ERANGE, -ENOMEM; *ret, untouched then, is for np_zones_free().
 */
int np_parse_zoneinfo(const char *text, size_t length, struct np_zones *ret);
void np_zones_free(struct np_zones *zones);

#endif
