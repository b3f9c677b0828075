// SPDX-License-Identifier: GPL-2.0-or-later
/* Documentation/admin-guide/mm/pagemap.rst; do_pages_stat_array() in mm/migrate.c. */
#include "pagemap.h"

#include <errno.h>
#include <numaif.h>
#include <string.h>
#include <unistd.h>

#include "pagemap_scan.h"

#define PAGE_SHIFT 12
#define PM_PRESENT (1ULL << 63)
#define PM_SWAP (1ULL << 62)
#define PM_GUARD (1ULL << 58)	  /* 6.15 */
#define PM_EXCLUSIVE (1ULL << 56) /* mapped once: the zero page never is */
#define BATCH 512
#define LARGE_BYTES (16ULL << 20) /* worth asking first what of it is there */

struct batch {
	size_t count; /* pages from start on */
	uint64_t start;
	uint64_t entries[BATCH];
	void *addresses[BATCH]; /* of the present ones, in order */
	int status[BATCH];
};

struct reading {
	int fd;
	pid_t pid;
	const struct np_pagemap_rules *rules;
	struct np_classifier *classifier;
	int move_error; /* move_pages was refused: not asked again */
};

static int read_entries(int fd, struct batch *batch)
{
	size_t wanted = batch->count * sizeof(uint64_t), have = 0;

	while (have < wanted) {
		ssize_t n = pread(fd, (char *)batch->entries + have, wanted - have,
				  (off_t)((batch->start >> PAGE_SHIFT) * sizeof(uint64_t) + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ESRCH; /* the address space is gone */
		have += (size_t)n;
	}
	return 0;
}

/* Asks for the nodes of all present pages of the batch. */
static int query_nodes(struct reading *reading, struct batch *batch)
{
	unsigned long count = 0;

	for (size_t i = 0; i < batch->count; i++)
		if (batch->entries[i] & PM_PRESENT)
			batch->addresses[count++] = (void *)(uintptr_t)(batch->start + (i << PAGE_SHIFT));
	if (!count || reading->move_error)
		return 0;
	if (move_pages(reading->pid, count, batch->addresses, NULL, batch->status, 0) == 0)
		return 0;
	if (errno == ESRCH)
		return -ESRCH;
	reading->move_error = errno;
	return 0;
}

static enum np_state accessible_state(const struct np_pagemap_rules *rules)
{
	return rules->never_hinted || rules->move_pages_misses ? NP_PRESENT : NP_ACCESSIBLE;
}

/* move_pages did not find a page that pagemap calls present. */
static enum np_state missed_state(const struct np_pagemap_rules *rules, const struct np_map *map, uint64_t entry,
				  int status)
{
	bool huge = status == -EFAULT, exclusive = entry & PM_EXCLUSIVE;

	/* vm_insert_pfn() memory of the kernel's own, which no query finds. */
	if (strncmp(map->path, "[vvar", 5) == 0)
		return NP_SPECIAL;
	if (status == -EFAULT && !exclusive)
		return rules->move_pages_misses ? NP_UNKNOWN : NP_ZERO;
	if (rules->move_pages_misses && (status == -ENOENT || huge))
		return np_map_is_protnone(map) ? NP_PROTNONE : NP_HINTED;
	return NP_UNKNOWN;
}

static void classify_present(struct reading *reading, const struct np_map *map, uint64_t addr, uint64_t entry,
			     int status)
{
	const struct np_pagemap_rules *rules = reading->rules;
	enum np_state state = np_map_is_protnone(map) ? NP_PROTNONE : accessible_state(rules);
	enum np_size size = NP_SIZE_BASE;
	int node = status;

	if (reading->move_error) {
		/* Without a query the zero page, and hints on an affected kernel, can't be told from others. */
		node = rules->only_node;
		state = np_map_is_protnone(map) ? NP_PROTNONE : NP_ACCESSIBLE;
	} else if (status < 0) {
		state = missed_state(rules, map, entry, status);
		node = rules->only_node;
		if (status == -EFAULT && (state == NP_HINTED || state == NP_PROTNONE))
			size = NP_SIZE_PMD;
	}
	np_classify(reading->classifier, addr, 1, state, size, node);
}

static void classify_batch(struct reading *reading, const struct np_map *map, const struct batch *batch)
{
	size_t present = 0;

	for (size_t i = 0; i < batch->count; i++) {
		uint64_t entry = batch->entries[i], addr = batch->start + (i << PAGE_SHIFT);

		if (entry & PM_PRESENT)
			classify_present(reading, map, addr, entry, batch->status[present++]);
		else if (entry & PM_SWAP)
			np_classify(reading->classifier, addr, 1, entry & PM_GUARD ? NP_GUARD : NP_SWAPPED,
				    NP_SIZE_BASE, -1);
	}
}

/* All entries of [start, end), which lies in one mapping. */
static int read_span(struct reading *reading, const struct np_map *map, uint64_t start, uint64_t end)
{
	static struct batch batch;

	for (batch.start = start; batch.start < end; batch.start += batch.count << PAGE_SHIFT) {
		uint64_t pages = (end - batch.start) >> PAGE_SHIFT;
		int result;

		batch.count = pages < BATCH ? (size_t)pages : BATCH;
		result = read_entries(reading->fd, &batch);
		if (!result)
			result = query_nodes(reading, &batch);
		if (result)
			return result;
		classify_batch(reading, map, &batch);
	}
	return 0;
}

/*
 * The same, but only where the kernel says that there is something: a reservation of terabytes would be 8 bytes a
 * page. -ENOTSUP where the kernel can't say, before anything was read.
 */
static int read_populated(struct reading *reading, const struct np_map *map, uint64_t start, uint64_t end)
{
	struct np_page_region regions[64];

	while (start < end) {
		int count = np_pagemap_scan(reading->fd, &start, end, NP_PAGE_IS_PRESENT | NP_PAGE_IS_SWAPPED,
					    regions, sizeof(regions) / sizeof(*regions));

		if (count < 0)
			return count;
		for (int i = 0; i < count; i++) {
			int result = read_span(reading, map, regions[i].start, regions[i].end);

			if (result)
				return result;
		}
	}
	return 0;
}

int np_pagemap_read(int pagemap_fd, pid_t pid, const struct np_pagemap_rules *rules,
		    struct np_classifier *classifier, uint64_t start, uint64_t end, int *ret_move_error)
{
	struct reading reading = { pagemap_fd, pid, rules, classifier, 0 };

	for (size_t i = 0; i < classifier->maps->count; i++) {
		const struct np_map *map = &classifier->maps->maps[i];
		uint64_t first = map->start > start ? map->start : start, last = map->end < end ? map->end : end;
		int result = -ENOTSUP;

		if (last > first && last - first > LARGE_BYTES)
			result = read_populated(&reading, map, first, last);
		if (result == -ENOTSUP)
			result = read_span(&reading, map, first, last);
		if (result)
			return result;
	}
	*ret_move_error = reading.move_error;
	return 0;
}
