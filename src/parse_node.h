/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a node's directory, /sys/devices/system/node/node<N>. */
#ifndef NUMAPROBE_PARSE_NODE_H
#define NUMAPROBE_PARSE_NODE_H

#include "snapshot.h"

struct np_node_meminfo {
	struct np_fact total_bytes, free_bytes; /* unknown where the file has no such line */
};

/*
 * meminfo: lines "Node 0 MemTotal:  123 kB"; also /proc/meminfo, which has them without the node.
 * 0, -EINVAL, -ERANGE; *ret is untouched on failure.
 */
int np_parse_node_meminfo(const char *text, size_t length, struct np_node_meminfo *ret);

/*
 * distance: "10 21\n", to each online node in ascending order (node_read_distance(), drivers/base/node.c).
 * There must be exactly so many, else -EINVAL. 0 or -EINVAL, -ERANGE; ret[] is untouched on failure.
 */
int np_parse_distance(const char *text, size_t length, size_t node_count, struct np_fact *ret);

#endif
