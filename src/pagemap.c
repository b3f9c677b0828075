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
#define HUGE_BYTES (2ULL << 20) /* the smallest huge page of any architecture */

struct batch {
	size_t count; /* pages from start on */
	uint64_t start;
	uint64_t entries[BATCH];
	uint64_t again[BATCH]; /* the same after move_pages(2), where that did not find a page */
	void *addresses[BATCH]; /* of the present ones, in order */
	int status[BATCH];
};

struct reading {
	int fd;
	pid_t pid;
	const struct np_pagemap_rules *rules;
	struct np_classifier *classifier;
	int move_error; /* move_pages was refused: not asked again */
	/* Of the mapping that is being read: */
	const struct np_map *map;
	bool may_be_thp;
	bool seen;	 /* it has an entry */
	unsigned untold; /* of enum np_untold */
};

static int read_entries(int fd, uint64_t start, size_t count, uint64_t *ret)
{
	size_t wanted = count * sizeof(*ret), have = 0;

	while (have < wanted) {
		ssize_t n = pread(fd, (char *)ret + have, wanted - have,
				  (off_t)((start >> PAGE_SHIFT) * sizeof(*ret) + have));

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

/* Where a page was not found, it may be gone by now, and say nothing of hints or the zero page. */
static int read_missed(const struct reading *reading, struct batch *batch, unsigned long count)
{
	unsigned long found = 0;

	while (found < count && batch->status[found] >= 0)
		found++;
	return found == count ? 0 : read_entries(reading->fd, batch->start, batch->count, batch->again);
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
		return read_missed(reading, batch, count);
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
static enum np_state missed_state(struct reading *reading, uint64_t entry, int status)
{
	bool misses = reading->rules->move_pages_misses, huge = status == -EFAULT, exclusive = entry & PM_EXCLUSIVE;

	/* vm_insert_pfn() memory of the kernel's own, which no query finds. */
	if (strncmp(reading->map->path, "[vvar", 5) == 0)
		return NP_SPECIAL;
	if (status == -EFAULT && !exclusive && misses)
		reading->untold |= NP_UNTOLD_ZERO;
	if (status == -EFAULT && !exclusive)
		return misses ? NP_UNKNOWN : NP_ZERO;
	if (misses && (status == -ENOENT || huge))
		return np_map_is_protnone(reading->map) ? NP_PROTNONE : NP_HINTED;
	return NP_UNKNOWN;
}

static void classify_present(struct reading *reading, uint64_t addr, uint64_t entry, int status, enum np_size size)
{
	const struct np_pagemap_rules *rules = reading->rules;
	bool protnone = np_map_is_protnone(reading->map);
	enum np_state state = protnone ? NP_PROTNONE : accessible_state(rules);
	int node = status;

	if (reading->move_error) {
		/* Without a query the zero page, and hints on an affected kernel, can't be told from others. */
		node = rules->only_node;
		state = protnone ? NP_PROTNONE : NP_ACCESSIBLE;
		reading->untold |= NP_UNTOLD_ZERO;
	} else if (status < 0) {
		state = missed_state(reading, entry, status);
		node = rules->only_node;
		if (status == -EFAULT && (state == NP_HINTED || state == NP_PROTNONE))
			size = NP_SIZE_PMD;
	}
	np_classify(reading->classifier, addr, 1, state, size, node);
}

/* pte_to_pagemap_entry() in fs/proc/task_mmu.c calls all swapped that is neither empty nor present. */
static void classify_swap(struct reading *reading, uint64_t addr, uint64_t entry)
{
	bool guard = entry & PM_GUARD;

	np_classify(reading->classifier, addr, 1, guard ? NP_GUARD : NP_SWAPPED, NP_SIZE_BASE, -1);
	if (!guard)
		reading->untold |= NP_UNTOLD_ENTRIES;
}

static void classify_batch(struct reading *reading, const struct batch *batch, enum np_size size)
{
	size_t present = 0;

	for (size_t i = 0; i < batch->count; i++) {
		uint64_t entry = batch->entries[i], addr = batch->start + (i << PAGE_SHIFT);
		int status = entry & PM_PRESENT ? batch->status[present++] : 0;

		reading->seen |= (entry & (PM_PRESENT | PM_SWAP)) != 0;
		if (status < 0 && !reading->move_error)
			entry = batch->again[i];
		if (entry & PM_PRESENT)
			classify_present(reading, addr, entry, status, size);
		else if (entry & PM_SWAP)
			classify_swap(reading, addr, entry);
	}
}

/* All entries of [start, end), which lies in one mapping; those that are present are of one size. */
static int read_span(struct reading *reading, uint64_t start, uint64_t end, enum np_size size)
{
	static struct batch batch;

	for (batch.start = start; batch.start < end; batch.start += batch.count << PAGE_SHIFT) {
		uint64_t pages = (end - batch.start) >> PAGE_SHIFT;
		int result;

		batch.count = pages < BATCH ? (size_t)pages : BATCH;
		result = read_entries(reading->fd, batch.start, batch.count, batch.entries);
		if (!result)
			result = query_nodes(reading, &batch);
		if (result)
			return result;
		classify_batch(reading, &batch, size);
	}
	return 0;
}

/*
 * The same, but only where the kernel says that there is something: a reservation of terabytes would be 8 bytes a
 * page. It says too what is huge. -ENOTSUP where it can't say, before anything was read.
 */
static int read_populated(struct reading *reading, uint64_t start, uint64_t end)
{
	struct np_page_region regions[64];

	while (start < end) {
		int count = np_pagemap_scan(reading->fd, &start, end, NP_PAGE_IS_PRESENT | NP_PAGE_IS_SWAPPED,
					    NP_PAGE_IS_HUGE, regions, sizeof(regions) / sizeof(*regions));

		if (count < 0)
			return count;
		for (int i = 0; i < count; i++) {
			bool huge = regions[i].categories & NP_PAGE_IS_HUGE;
			int result = read_span(reading, regions[i].start, regions[i].end,
					       huge ? NP_SIZE_PMD : NP_SIZE_BASE);

			if (result)
				return result;
		}
	}
	return 0;
}

/* Where nobody says what is huge, only move_pages may: by what it does not find. */
static int read_blindly(struct reading *reading, uint64_t start, uint64_t end)
{
	int result = read_span(reading, start, end, NP_SIZE_BASE);

	if (reading->may_be_thp && reading->seen)
		reading->untold |= NP_UNTOLD_THP;
	if (reading->may_be_thp && reading->seen && (!reading->rules->move_pages_misses || reading->move_error))
		reading->untold |= NP_UNTOLD_PROTNONE_THP;
	return result;
}

static int read_mapping(struct reading *reading, uint64_t start, uint64_t end)
{
	int result = -ENOTSUP;

	if (reading->map->end - reading->map->start >= HUGE_BYTES)
		result = read_populated(reading, start, end);
	return result == -ENOTSUP ? read_blindly(reading, start, end) : result;
}

int np_pagemap_read(int pagemap_fd, pid_t pid, const struct np_pagemap_rules *rules,
		    struct np_classifier *classifier, uint64_t start, uint64_t end, int *ret_move_error)
{
	struct reading reading = { .fd = pagemap_fd, .pid = pid, .rules = rules, .classifier = classifier };
	uint64_t at = 0, any;

	for (size_t i = 0; i < classifier->maps->count; i++) {
		const struct np_map *map = &classifier->maps->maps[i];
		uint64_t first = map->start > start ? map->start : start, last = map->end < end ? map->end : end;
		int result;

		if (first >= last)
			continue;
		reading.map = map;
		reading.may_be_thp = map->end - map->start >= HUGE_BYTES && !classifier->hugetlb[i];
		reading.seen = false;
		reading.untold = 0;
		result = read_mapping(&reading, first, last);
		if (result)
			return result;
		at = first;
		/* What is mapped by frame looks empty: walk_page_test() in mm/pagewalk.c. */
		np_classify_untold(classifier, i, reading.untold | (reading.seen ? 0 : NP_UNTOLD_SPECIAL));
	}
	*ret_move_error = reading.move_error;
	/* PAGEMAP_SCAN finds nothing in memory that was given back, and need not say why. */
	return at ? read_entries(pagemap_fd, at, 1, &any) : 0;
}
