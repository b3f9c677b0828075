// SPDX-License-Identifier: GPL-2.0-or-later
/* The meeting of page states and mappings: each page is counted once, and where it belongs. Of both sources. */
#include "targets.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "classify.h"
#include "input.h"
#include "pagemap.h"

#define PAGE_BYTES 4096
#define MAPS_MOST 8
#define PAGES_MOST 512 /* in which all mappings are */

static struct np_node nodes[] = { { .number = 0 }, { .number = 3 } };
static const struct np_system two_nodes = { .page_bytes = PAGE_BYTES, .node_count = 2, .nodes = nodes };

struct meeting {
	uint64_t base; /* address of the first page */
	struct np_map list[MAPS_MOST];
	struct np_maps maps;
	bool hugetlb[MAPS_MOST], inaccessible[MAPS_MOST];
	struct np_tally sum, by_mapping[MAPS_MOST];
	struct np_classifier classifier;
	uint64_t wanted[MAPS_MOST], wanted_outside; /* pages */
};

/* Ascending, with gaps or without. */
static void make_maps(struct input *input, struct meeting *meeting)
{
	uint64_t at = meeting->base, count = 1 + take(input) % MAPS_MOST;

	for (size_t i = 0; i < count; i++) {
		unsigned kind = take(input);
		struct np_map *map = &meeting->list[i];

		map->start = at + (take(input) & 15) * PAGE_BYTES;
		map->end = at = map->start + (1 + (take(input) & 31)) * PAGE_BYTES;
		strcpy(map->perms, kind & 1 ? "---p" : "rw-p");
		map->path = (char *)(uintptr_t)(kind & 2 ? "[vvar]" : "");
		meeting->hugetlb[i] = kind & 4;
	}
	meeting->maps = (struct np_maps){ count, meeting->list, NULL };
}

static void begin(struct meeting *meeting, struct input *input, uint64_t base)
{
	memset(meeting, 0, sizeof(*meeting));
	meeting->base = base;
	make_maps(input, meeting);
	FUZZ_CHECK(np_tally_init(&meeting->sum, 2) == 0);
	for (size_t i = 0; i < meeting->maps.count; i++)
		FUZZ_CHECK(np_tally_init(&meeting->by_mapping[i], 2) == 0);
	np_classifier_init(&meeting->classifier, &two_nodes);
	meeting->classifier.maps = &meeting->maps;
	meeting->classifier.hugetlb = meeting->hugetlb;
	meeting->classifier.inaccessible = meeting->inaccessible;
	meeting->classifier.sum = &meeting->sum;
	meeting->classifier.by_mapping = meeting->by_mapping;
	np_classifier_restart(&meeting->classifier);
}

static void want(struct meeting *meeting, uint64_t addr)
{
	for (size_t i = 0; i < meeting->maps.count; i++)
		if (addr >= meeting->list[i].start && addr < meeting->list[i].end) {
			meeting->wanted[i]++;
			return;
		}
	meeting->wanted_outside++;
}

static uint64_t counted(const struct np_tally *tally)
{
	return np_tally_resident(tally, 2, SIZE_MAX) + tally->zero + tally->special + tally->swapped + tally->migrating +
	       tally->device + tally->poisoned + tally->marker + tally->guard + tally->unknown;
}

/* All that was wanted is there; permissions alone tell hinted pages from those under PROT_NONE. */
static void end(struct meeting *meeting)
{
	uint64_t all = 0;

	FUZZ_CHECK(meeting->classifier.outside == meeting->wanted_outside);
	for (size_t i = 0; i < meeting->maps.count; i++) {
		const struct np_tally *tally = &meeting->by_mapping[i];
		uint64_t hinted = np_tally_state(tally, 2, NP_R_HINTED), protnone = np_tally_state(tally, 2, NP_R_PROTNONE);

		FUZZ_CHECK(counted(tally) == meeting->wanted[i]);
		FUZZ_CHECK(np_map_is_protnone(&meeting->list[i]) ? !hinted : !protnone);
		FUZZ_CHECK(!meeting->hugetlb[i] || (!hinted && !tally->thp));
		FUZZ_CHECK((hinted || protnone) == meeting->inaccessible[i]);
		FUZZ_CHECK(tally->hinted_thp <= hinted && tally->protnone_thp <= protnone);
		FUZZ_CHECK(tally->hinted_thp + tally->protnone_thp <= tally->thp);
		all += meeting->wanted[i];
		np_tally_free(&meeting->by_mapping[i]);
	}
	FUZZ_CHECK(counted(&meeting->sum) == all);
	np_tally_free(&meeting->sum);
}

/* What a walker may say, of the states that walker.c lets pass. */
void fuzz_classify(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct meeting meeting;
	struct np_classify_taker taker;

	begin(&meeting, &input, 0);
	taker = np_classify_taker_make(&meeting.classifier, 0);
	while (input.size && taker.addr < PAGES_MOST * PAGE_BYTES) {
		np_code code = (np_code)take2(&input);
		struct np_run run = { code, 1 + (take(&input) & 63) };

		if (np_code_state(code) >= NP_WALKED_STATES)
			continue;
		for (uint64_t i = 0; i < run.pages && np_code_state(code) != NP_ABSENT; i++)
			want(&meeting, taker.addr + i * PAGE_BYTES);
		FUZZ_CHECK(taker.taker.take(&taker.taker, &run, 1) == 0);
	}
	end(&meeting);
}

/*
 * A file as pagemap, with any entries; move_pages(2) is asked about this process, half of whose pages are there. The
 * memory lies low, so that a file with an entry for each page up to it is possible.
 */
void fuzz_pagemap(const uint8_t *data, size_t size)
{
	static const uint64_t base = 1ULL << 30;
	static int fd = -1;
	struct input input = { data, size };
	struct meeting meeting;
	uint64_t entries[PAGES_MOST] = { 0 };
	unsigned kind = take(&input);
	struct np_pagemap_rules rules = { kind & 1, kind & 2, kind & 4 ? 3 : -1 };
	int move_error = 0;

	if (fd < 0) {
		char *memory = mmap((void *)(uintptr_t)base, PAGES_MOST * PAGE_BYTES, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		FUZZ_CHECK(memory != MAP_FAILED && madvise(memory, PAGES_MOST * PAGE_BYTES, MADV_NOHUGEPAGE) == 0);
		for (int i = 0; i < PAGES_MOST; i += 2)
			memory[i * PAGE_BYTES] = 1;
		fd = memfd_create("pagemap", MFD_CLOEXEC);
		FUZZ_CHECK(fd >= 0);
	}
	begin(&meeting, &input, base);
	for (size_t i = 0; i < PAGES_MOST; i++) {
		entries[i] = (uint64_t)take(&input) << 56 | i;
		if (entries[i] >> 62) /* present, or swapped */
			want(&meeting, base + i * PAGE_BYTES);
	}
	meeting.wanted_outside = 0; /* only mappings are looked at */
	FUZZ_CHECK(pwrite(fd, entries, sizeof(entries), (off_t)(base / PAGE_BYTES * sizeof(*entries))) == sizeof(entries));
	FUZZ_CHECK(np_pagemap_read(fd, getpid(), &rules, &meeting.classifier, base, base + PAGES_MOST * PAGE_BYTES,
				   &move_error) == 0);
	end(&meeting);
}
