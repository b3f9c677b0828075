// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests for the thing, not for the version: distributions backport, and 6.1 was never repaired. */
#include "quickcheck.h"

#include <errno.h>
#include <numaif.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"
#include "parse_smaps.h"

#define HUGE_BYTES (2UL << 20)
#define BASE_BYTES (64UL << 10)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* 6.1 */
#endif

struct pieces {
	char *area;
	size_t area_bytes;
	char *huge; /* HUGE_BYTES, in one huge page if that could be had */
	char *base; /* BASE_BYTES of base pages, a mapping of its own */
};

static int map_pieces(struct pieces *ret)
{
	ret->area_bytes = 3 * HUGE_BYTES;
	ret->area = mmap(NULL, ret->area_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ret->area == MAP_FAILED)
		return -errno;
	ret->huge = (char *)(((unsigned long)ret->area + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1));
	ret->base = ret->huge + HUGE_BYTES + HUGE_BYTES / 2;
	madvise(ret->base, BASE_BYTES, MADV_NOHUGEPAGE);
	memset(ret->base, 1, BASE_BYTES);
	madvise(ret->huge, HUGE_BYTES, MADV_HUGEPAGE);
	memset(ret->huge, 1, HUGE_BYTES);
	madvise(ret->huge, HUGE_BYTES, MADV_COLLAPSE); /* also where huge pages are "never" for faults */
	return 0;
}

static int read_smaps(int root_fd, struct np_smaps *ret)
{
	np_cleanup_text struct np_text text = { 0 };
	int result = np_read_text(root_fd, "proc/self/smaps", &text);

	return result ? result : np_parse_smaps(text.data, text.length, ret);
}

static uint64_t bytes_at(const struct np_smaps *smaps, const char *start, size_t length, enum np_smaps_field field)
{
	uint64_t first = (uintptr_t)start, bytes = 0;

	for (size_t i = 0; i < smaps->count; i++)
		if (smaps->maps[i].start >= first && smaps->maps[i].end <= first + length)
			bytes += smaps->maps[i].bytes[field];
	return bytes;
}

static void set_reason(struct np_quickcheck *check, const char *what, int error)
{
	if (!check->why_not &&
	    asprintf(&check->why_not, error ? "%s: %s" : "%s", what, strerror(error)) < 0)
		check->why_not = NULL;
}

static enum np_effect missed(uint64_t bytes, uint64_t expected)
{
	return bytes == expected ? NP_EFFECT_NO : NP_EFFECT_YES;
}

/* Both pieces are resident under PROT_NONE now: does smaps say so? */
static void check_smaps(int root_fd, const struct pieces *pieces, bool is_huge, struct np_quickcheck *check)
{
	struct np_smaps smaps = { 0 };
	int result = read_smaps(root_fd, &smaps);

	if (result) {
		set_reason(check, "/proc/self/smaps", -result);
		return;
	}
	check->smaps_misses_base = missed(bytes_at(&smaps, pieces->base, BASE_BYTES, NP_SMAPS_RSS), BASE_BYTES);
	if (is_huge)
		check->smaps_misses_thp = missed(bytes_at(&smaps, pieces->huge, HUGE_BYTES, NP_SMAPS_RSS),
						 HUGE_BYTES);
	np_smaps_free(&smaps);
}

/* On an affected kernel the status of such a page is -ENOENT, else its node. */
static void check_move_pages(const struct pieces *pieces, struct np_quickcheck *check)
{
	void *page = pieces->base;
	int status = -1;

	if (move_pages(0, 1, &page, NULL, &status, 0) < 0)
		set_reason(check, "move_pages", errno);
	else if (status >= 0)
		check->move_pages_misses = NP_EFFECT_NO;
	else if (status == -ENOENT)
		check->move_pages_misses = NP_EFFECT_YES;
	else
		set_reason(check, "move_pages", -status);
}

void np_quickcheck(int root_fd, struct np_quickcheck *ret)
{
	struct np_smaps before = { 0 };
	struct pieces pieces = { 0 };
	bool is_huge = false;
	int result = map_pieces(&pieces);

	*ret = (struct np_quickcheck){ true, NP_EFFECT_NOT_TESTED, NP_EFFECT_NOT_TESTED, NP_EFFECT_NOT_TESTED, NULL };
	if (result) {
		set_reason(ret, "mmap", -result);
		return;
	}
	/* While it is accessible, even an affected kernel tells whether it is a huge page (unless it is hinted). */
	result = read_smaps(root_fd, &before);
	if (!result)
		is_huge = bytes_at(&before, pieces.huge, HUGE_BYTES, NP_SMAPS_ANON_HUGE_PAGES) == HUGE_BYTES;
	np_smaps_free(&before);

	if (mprotect(pieces.huge, HUGE_BYTES, PROT_NONE) < 0 || mprotect(pieces.base, BASE_BYTES, PROT_NONE) < 0) {
		set_reason(ret, "mprotect", errno);
	} else {
		check_smaps(root_fd, &pieces, is_huge, ret);
		check_move_pages(&pieces, ret);
		if (!is_huge)
			set_reason(ret, "no transparent huge page could be had for the test", 0);
	}
	munmap(pieces.area, pieces.area_bytes);
}
