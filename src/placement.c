/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of numa_maps, and a file of the cgroup. */
#include "placement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "files.h"
#include "parse_numa_maps.h"

#define FIRST_MAPPING_MOST 4096 /* entries; a walk of so many takes the kernel some microseconds */
#define LINE_BYTES 8192		/* a path has 4095 bytes at most, of which the kernel escapes a few */

/* Byte by byte: the kernel keeps the rest of a record, and makes no further one before it is asked for more. */
static int read_line(int dir_fd, char line[LINE_BYTES], size_t *ret_length)
{
	np_cleanup_close int fd = -1;
	size_t length = 0;
	int result = np_open(dir_fd, "numa_maps", O_RDONLY, &fd);

	if (result)
		return result;
	while (length < LINE_BYTES) {
		ssize_t got = read(fd, &line[length], 1);

		if (got <= 0)
			return got ? -errno : -ESRCH;
		if (line[length++] == '\n') {
			*ret_length = length;
			return 0;
		}
	}
	return -E2BIG;
}

static int read_policy(int dir_fd, unsigned page_bytes, char **ret)
{
	struct np_numa_maps maps = { 0 };
	char line[LINE_BYTES];
	size_t length = 0;
	int result = read_line(dir_fd, line, &length);

	if (!result)
		result = np_parse_numa_maps(line, length, page_bytes, &maps);
	if (result)
		return result;
	if (maps.count) {
		*ret = strdup(maps.maps[0].policy);
		result = *ret ? 0 : -ENOMEM;
	}
	np_numa_maps_free(&maps);
	return result;
}

/* By what the kernel goes through for the line: the zero page's entries, and swapped ones, as well. */
static bool first_is_small(const struct np_target *target, size_t node_count)
{
	const struct np_tally *pages;

	if (!target->mapping_count)
		return false;
	pages = &target->mappings[0].pages;
	return np_tally_resident(pages, node_count, SIZE_MAX) + pages->zero + pages->special + pages->swapped +
		       pages->migrating + pages->guard <= FIRST_MAPPING_MOST;
}

int np_placement_read(int root_fd, int dir_fd, unsigned page_bytes, size_t node_count, struct np_target *target)
{
	int result = np_cgroup_memory_nodes(root_fd, dir_fd, &target->memory_nodes);

	if (result == -ENOMEM)
		return result;
	if (target->mapping_count && target->mappings[0].policy)
		target->policy = strdup(target->mappings[0].policy);
	else if (first_is_small(target, node_count) && !target->range_end)
		result = read_policy(dir_fd, page_bytes, &target->policy);
	return result == -ENOMEM ? result : 0;
}
