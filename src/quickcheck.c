// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests for the thing, not for the version: distributions backport, and 6.1 was never repaired. */
#include "quickcheck.h"

#include <errno.h>
#include <fcntl.h>
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

#define SMAPS_BYTES ((size_t)1 << 20) /* more than this program's own smaps has */

const struct np_quick_test np_quick_tests[] = {
	{ "smaps-counts-protnone-thp", offsetof(struct np_quickcheck, smaps_misses_thp) },
	{ "smaps-counts-protnone", offsetof(struct np_quickcheck, smaps_misses_base) },
	{ "move-pages-finds-protnone", offsetof(struct np_quickcheck, move_pages_misses) },
	{ NULL, 0 },
};

enum np_effect np_quick_effect(const struct np_quickcheck *check, const struct np_quick_test *test)
{
	enum np_effect effect;

	memcpy(&effect, (const char *)check + test->offset, sizeof(effect));
	return check->done ? effect : NP_EFFECT_NOT_TESTED;
}

const struct np_defect *np_quick_defect(const struct np_quickcheck *check, const char *reader)
{
	for (const struct np_quick_test *test = np_quick_tests; test->name; test++)
		if (strncmp(test->name, reader, strlen(reader)) == 0 && np_quick_effect(check, test) == NP_EFFECT_YES &&
		    np_defect_of_test(test->name))
			return np_defect_of_test(test->name);
	return NULL;
}

struct pieces {
	char *huge; /* HUGE_BYTES, in one huge page if that could be had */
	char *base; /* BASE_BYTES of base pages, a mapping of its own */
};

/*
 * Below everything else that this program maps, so that they come first in smaps: what lies behind them need not
 * be read, nor be walked by the kernel. Elsewhere where that room is taken.
 */
static int map_piece(uintptr_t wanted, size_t bytes, size_t alignment, char **ret)
{
	const int prot = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
	char *start = mmap((void *)wanted, bytes, prot, flags | MAP_FIXED_NOREPLACE, -1, 0), *area;

	if (start == MAP_FAILED) {
		area = mmap(NULL, bytes + alignment, prot, flags, -1, 0);
		if (area == MAP_FAILED)
			return -errno;
		start = (char *)(((uintptr_t)area + alignment - 1) & ~(alignment - 1));
		if (start > area)
			munmap(area, (size_t)(start - area));
		if (area + alignment > start)
			munmap(start + bytes, (size_t)(area + alignment - start));
	}
	*ret = start;
	return 0;
}

static void unmap_pieces(const struct pieces *pieces)
{
	if (pieces->base)
		munmap(pieces->base, BASE_BYTES);
	if (pieces->huge)
		munmap(pieces->huge, HUGE_BYTES);
}

static int map_pieces(struct pieces *ret)
{
	int result = map_piece(1UL << 20, BASE_BYTES, BASE_BYTES, &ret->base);

	if (!result)
		result = map_piece(2UL << 20, HUGE_BYTES, HUGE_BYTES, &ret->huge);
	if (result || !ret->base || !ret->huge)
		return result ? result : -ENOMEM;
	madvise(ret->base, BASE_BYTES, MADV_NOHUGEPAGE);
	memset(ret->base, 1, BASE_BYTES);
	madvise(ret->huge, HUGE_BYTES, MADV_HUGEPAGE);
	*ret->huge = 1;
	madvise(ret->huge, HUGE_BYTES, MADV_COLLAPSE); /* also where huge pages are "never" for faults */
	return 0;
}

static bool has_both(const struct np_smaps *smaps, const struct pieces *pieces)
{
	uint64_t base = (uintptr_t)pieces->base, huge = (uintptr_t)pieces->huge;

	return smaps->count && smaps->maps[smaps->count - 1].start >= (base > huge ? base : huge);
}

/* smaps as far as behind the pieces, or to its end. The kernel gives whole mappings, some five of them a read. */
static int read_smaps(int root_fd, const struct pieces *pieces, struct np_smaps *ret)
{
	np_cleanup_free char *text = malloc(SMAPS_BYTES);
	np_cleanup_close int fd = -1;
	int result = text ? np_open(root_fd, "proc/self/smaps", O_RDONLY, &fd) : -ENOMEM;
	size_t length = 0;
	ssize_t got = 1;

	while (!result && got > 0 && !has_both(ret, pieces)) {
		got = read(fd, text + length, SMAPS_BYTES - length);
		if (got < 0)
			return -errno;
		length += (size_t)got;
		if (length == SMAPS_BYTES)
			return -EFBIG;
		np_smaps_free(ret);
		result = np_parse_smaps(text, length, ret);
	}
	return result;
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
	int result = read_smaps(root_fd, pieces, &smaps);

	if (result) {
		set_reason(check, "/proc/self/smaps", -result);
		np_smaps_free(&smaps);
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
		unmap_pieces(&pieces);
		return;
	}
	/* While it is accessible, even an affected kernel tells whether it is a huge page (unless it is hinted). */
	result = read_smaps(root_fd, &pieces, &before);
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
	unmap_pieces(&pieces);
}
