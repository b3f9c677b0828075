// SPDX-License-Identifier: GPL-2.0-or-later
/* The walk down one address space's page tables. */
#include "walk.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "alike.h"

#define PAGE_SHIFT 12
#define LEVEL_SHIFT(level) (PAGE_SHIFT + NP_TABLE_BITS * ((level) - 1))
#define WINDOW_BYTES ((uint64_t)NP_WINDOW << LEVEL_SHIFT(2))
#ifndef WALK_TRIES /* fuzzing has fewer of all, and meets the ends of them */
/* A table that changes under each of so many looks is said to be unknown. */
#define WALK_TRIES 16
/* Looks at a window with a lone empty entry, and such looks in all: some milliseconds. */
#define LOOKS 40
#define EXTRA_LOOKS 160
#define BUFFERED_RUNS 2048
#endif

struct walk {
	struct np_table_source *source;
	const struct np_decoder *decoder;
	int pagemap_fd;
	struct np_run_sink *sink;
	uint64_t retries;
	const struct np_frame_range *near; /* the frames that were looked up last */
	uint64_t key_mask; /* bits of a base page's entry that its state depends on */
	np_code code;	   /* the run that is being made */
	uint64_t pages;
	size_t buffered;
	struct np_run buffer[BUFFERED_RUNS];
	uint64_t entries[NP_MAX_LEVELS + 1][NP_TABLE_ENTRIES]; /* by level, of the way down */
	struct np_common bits[NP_WINDOW];   /* of the window's tables as they were copied last */
	int extra_looks;		    /* that may still be spent on lone empty entries */
	__u64 looked[NP_WINDOW];	    /* the window's entry whose table is in seen; 0: not looked at twice */
	__u64 seen[NP_WINDOW][NP_TABLE_ENTRIES];
};

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static size_t slot(uint64_t addr, unsigned level)
{
	return addr >> LEVEL_SHIFT(level) & (NP_TABLE_ENTRIES - 1);
}

/* The end of what addr's entry at this level covers, or of the walk. */
static uint64_t entry_end(uint64_t addr, unsigned level, uint64_t end)
{
	uint64_t size = 1ULL << LEVEL_SHIFT(level);

	return min_u64(end, (addr & ~(size - 1)) + size);
}

static int flush_buffer(struct walk *walk)
{
	size_t count = walk->buffered;

	walk->buffered = 0;
	return count ? walk->sink->take(walk->sink, walk->buffer, count) : 0;
}

static int emit(struct walk *walk, int code, uint64_t pages)
{
	if (walk->pages && code == walk->code) {
		walk->pages += pages;
		return 0;
	}
	if (walk->pages)
		walk->buffer[walk->buffered++] = (struct np_run){ walk->code, walk->pages & NP_RUN_PAGES_MOST };
	walk->code = (np_code)code;
	walk->pages = pages;
	return walk->buffered == BUFFERED_RUNS ? flush_buffer(walk) : 0;
}

static int emit_unknown(struct walk *walk, uint64_t start, uint64_t end)
{
	return emit(walk, np_code_make(NP_UNKNOWN, 0, 0), (end - start) >> PAGE_SHIFT);
}

static int copy_tables(struct walk *walk, unsigned level, uint64_t addr, struct np_copy *ret)
{
	int tries = 0, result;

	do {
		walk->retries += tries > 0;
		*ret = (struct np_copy){ .addr = addr, .level = level, .pagemap_fd = walk->pagemap_fd };
		result = walk->source->copy(walk->source, ret);
		if (result)
			return result;
	} while (ret->status == NP_RUN_CHANGED && ++tries < WALK_TRIES);

	switch (ret->status) {
	case NP_RUN_EXITED:
		return -ESRCH;
	case NP_RUN_NOT_PAGEMAP:
		return -EBADF;
	case NP_RUN_REFUSED:
		return -EINVAL;
	default:
		return 0;
	}
}

/* [start, end), for which there was no table to copy. */
static int emit_instead(struct walk *walk, const struct np_copy *copy, uint64_t start, uint64_t end)
{
	int code;

	if (copy->status != NP_RUN_STOPPED)
		return emit_unknown(walk, start, end);
	code = np_decode(walk->decoder, copy->stop_entry, copy->stop_level, &walk->near);
	return code < 0 ? emit_unknown(walk, start, end) : emit(walk, code, (end - start) >> PAGE_SHIFT);
}

/*
 * The addresses around one of a leaf's that have its node, [*start, *start + *length). The zero page parts them:
 * it lies among the others, and its entry need not differ in anything else.
 */
static void same_node(const struct walk *walk, uint64_t address, uint64_t *start, uint64_t *length)
{
	const struct np_frame_range *range = walk->near;
	uint64_t first = range->start_pfn, end = range->end_pfn, zero = walk->decoder->zero_frame;

	if (zero >= first && zero < end) {
		if (address >> PAGE_SHIFT < zero)
			end = zero;
		else
			first = zero + 1;
	}
	*start = first << PAGE_SHIFT;
	*length = (end - first) << PAGE_SHIFT;
}

/* Which entries have this one's state; code is its code. */
static struct np_alike alike_to(const struct walk *walk, uint64_t entry, int code)
{
	enum np_state state = np_code_state((np_code)code);
	struct np_alike alike = { ~0ULL, entry, 0, 0, 0, 1 };

	if (state != NP_PRESENT && state != NP_INACCESSIBLE)
		return alike; /* the whole entry */
	alike.key_mask = walk->key_mask;
	alike.key = entry & walk->key_mask;
	alike.invert = state == NP_INACCESSIBLE && walk->decoder->arch->inaccessible_inverted ? ~0ULL : 0;
	alike.address_mask = walk->decoder->frame_mask;
	same_node(walk, (entry ^ alike.invert) & alike.address_mask, &alike.start, &alike.length);
	return alike;
}

/* bits are those of the table that the entries are all of; NULL: it has others too. */
static int emit_table(struct walk *walk, const __u64 *entries, size_t count, const struct np_common *bits)
{
	for (size_t i = 0; i < count;) {
		int code = np_decode(walk->decoder, entries[i], 1, &walk->near), result;
		struct np_alike alike = alike_to(walk, entries[i], code);
		bool all = bits && i == 0 && np_alike_all(&alike, bits);
		size_t n = all ? count : np_alike_count(&alike, entries + i, count - i);

		result = emit(walk, code, n);
		if (result)
			return result;
		i += n;
	}
	return 0;
}

/* One pass over the tables that were just copied, for both questions that follow. */
static void take_bits(struct walk *walk, const struct np_copy *copy, uint64_t start, uint64_t end)
{
	const struct np_tables *tables = walk->source->tables;

	for (uint64_t addr = start; addr < end; addr = entry_end(addr, 2, end)) {
		size_t i = slot(addr, 2) % NP_WINDOW;

		if (np_decode(walk->decoder, tables->entries[i], 2, &walk->near) == NP_ENTRY_TABLE &&
		    !((copy->changed | copy->failed) >> i & 1))
			walk->bits[i] = np_common_bits(tables->leaves[i], NP_TABLE_ENTRIES);
	}
}

static int copy_with_bits(struct walk *walk, uint64_t start, uint64_t end, struct np_copy *ret)
{
	int result = copy_tables(walk, 1, start, ret);

	if (!result && ret->status == NP_RUN_DONE)
		take_bits(walk, ret, start, end);
	return result;
}

/* A page missing among others, which is how an entry looks that is being rewritten, and rarely anything else. */
static bool has_lone_empty(const __u64 *entries)
{
	const size_t last = NP_TABLE_ENTRIES - 1;

	for (size_t i = 0; i <= last; i++)
		if (!entries[i] && (i == 0 || entries[i - 1]) && (i == last || entries[i + 1]))
			return true;
	return false;
}

/* Keeps a first look at the tables that have empty entries. Whether there are any. */
static bool begin_looks(struct walk *walk, const struct np_copy *copy, uint64_t start, uint64_t end)
{
	const struct np_tables *tables = walk->source->tables;
	bool wanted = false;

	for (uint64_t addr = start; addr < end; addr = entry_end(addr, 2, end)) {
		size_t i = slot(addr, 2) % NP_WINDOW;
		int code = np_decode(walk->decoder, tables->entries[i], 2, &walk->near);

		walk->looked[i] = 0;
		if (code != NP_ENTRY_TABLE || ((copy->changed | copy->failed) >> i & 1) ||
		    !np_table_has_empty(tables->leaves[i], &walk->bits[i]))
			continue;
		memcpy(walk->seen[i], tables->leaves[i], NP_TABLE_BYTES);
		walk->looked[i] = tables->entries[i];
		wanted = true;
	}
	return wanted;
}

/*
 * Fills in what another look at the same table found, so that an entry is empty only if every look found it so.
 * Whether one more look could find more.
 */
static bool add_look(struct walk *walk, const struct np_copy *copy)
{
	const struct np_tables *tables = walk->source->tables;
	bool lone = false;

	for (size_t i = 0; i < NP_WINDOW; i++) {
		if (!walk->looked[i] || ((copy->changed | copy->failed) >> i & 1))
			continue;
		if ((walk->looked[i] ^ tables->entries[i]) & walk->decoder->frame_mask) {
			walk->looked[i] = 0; /* another table: what was seen is of the past */
			continue;
		}
		for (size_t k = 0; k < NP_TABLE_ENTRIES; k++)
			if (tables->leaves[i][k])
				walk->seen[i][k] = tables->leaves[i][k];
		lone |= has_lone_empty(walk->seen[i]);
	}
	return lone;
}

/*
 * Copies a window, more than once where that is needed: an entry reads 0 for a moment while the kernel rewrites it.
 * ptep_modify_prot_start() clears it, and the NUMA scanner does so with each page that it hints (mm/mprotect.c:
 * change_pte_range()). Mostly that is over by the second look; an interrupt in between makes it last.
 */
static int copy_window(struct walk *walk, uint64_t addr, uint64_t end, struct np_copy *ret)
{
	int result = copy_with_bits(walk, addr, end, ret), looks = 0;
	bool more = !result && ret->status == NP_RUN_DONE && begin_looks(walk, ret, addr, end);

	while (more && !result) {
		result = copy_with_bits(walk, addr, end, ret);
		more = !result && ret->status == NP_RUN_DONE && add_look(walk, ret) && ++looks < LOOKS &&
		       walk->extra_looks > 0;
		walk->extra_looks -= more;
	}
	return result;
}

/* A window's table: all looks at it, or the only one. */
static const __u64 *window_table(const struct walk *walk, size_t i)
{
	return walk->looked[i] ? walk->seen[i] : walk->source->tables->leaves[i];
}

/* What a copied table, number i of the window, says of [start, end), which lies in it. */
static int emit_leaf(struct walk *walk, size_t i, uint64_t start, uint64_t end)
{
	const __u64 *entries = window_table(walk, i);
	size_t count = (end - start) >> PAGE_SHIFT;
	bool is_whole = count == NP_TABLE_ENTRIES && !walk->looked[i];

	return emit_table(walk, entries + slot(start, 1), count, is_whole ? &walk->bits[i] : NULL);
}

/* What one copied window says of [*addr, end); stops at an entry that must be read again. */
static int emit_window(struct walk *walk, const struct np_copy *copy, uint64_t end, int *tries, uint64_t *addr)
{
	const struct np_tables *tables = walk->source->tables;

	while (*addr < end) {
		size_t i = slot(*addr, 2) % NP_WINDOW;
		uint64_t next = entry_end(*addr, 2, end);
		int code = np_decode(walk->decoder, tables->entries[i], 2, &walk->near), result;

		if (code == NP_ENTRY_TRANSIENT || ((copy->changed | copy->failed) >> i & 1)) {
			if (++*tries < WALK_TRIES)
				return 0;
			result = emit_unknown(walk, *addr, next);
		} else if (code == NP_ENTRY_TABLE) {
			result = emit_leaf(walk, i, *addr, next);
		} else {
			result = emit(walk, code, (next - *addr) >> PAGE_SHIFT);
		}
		if (result)
			return result;
		*tries = 0;
		*addr = next;
	}
	return 0;
}

/* [start, end) lies in one window of level-1 tables. */
static int walk_window(struct walk *walk, uint64_t start, uint64_t end)
{
	uint64_t addr = start;
	int tries = 0;

	while (addr < end) {
		struct np_copy copy;
		int result = copy_window(walk, addr, end, &copy);

		if (result)
			return result;
		if (copy.status != NP_RUN_DONE)
			return emit_instead(walk, &copy, addr, end);
		walk->retries += tries > 0;
		result = emit_window(walk, &copy, end, &tries, &addr);
		if (result)
			return result;
	}
	return 0;
}

/* [start, end) lies in one table of this level, 2 at least. */
static int walk_table(struct walk *walk, unsigned level, uint64_t start, uint64_t end)
{
	struct np_copy copy;
	int result = copy_tables(walk, level, start, &copy);

	if (result)
		return result;
	if (copy.status != NP_RUN_DONE)
		return emit_instead(walk, &copy, start, end);
	memcpy(walk->entries[level], walk->source->tables->entries, NP_TABLE_BYTES);

	for (uint64_t addr = start, next; addr < end; addr = next) {
		int code = np_decode(walk->decoder, walk->entries[level][slot(addr, level)], level,
				     &walk->near);

		next = entry_end(addr, level, end);
		if (level == 2 && code < 0) {
			next = min_u64(end, (addr & ~(WINDOW_BYTES - 1)) + WINDOW_BYTES);
			result = walk_window(walk, addr, next);
		} else if (code == NP_ENTRY_TABLE) {
			result = walk_table(walk, level - 1, addr, next);
		} else if (code == NP_ENTRY_TRANSIENT) {
			result = emit_unknown(walk, addr, next);
		} else {
			result = emit(walk, code, (next - addr) >> PAGE_SHIFT);
		}
		if (result)
			return result;
	}
	return 0;
}

static uint64_t key_mask(const struct np_arch *arch)
{
	return arch->present.mask | arch->inaccessible.mask | arch->swap.mask | arch->special;
}

int np_walk(struct np_table_source *source, const struct np_decoder *decoder, int pagemap_fd, uint64_t start,
	    uint64_t end, struct np_run_sink *sink, struct np_walk_stats *ret)
{
	/* Too large for a stack, and there is only ever one walk at a time. */
	static struct walk walk;
	uint64_t space_end = 1ULL << (LEVEL_SHIFT(source->levels + 1) - 1); /* the lower half of the top table */
	int result = 0;

	if (start >= end || end > space_end || (start | end) & ((1ULL << PAGE_SHIFT) - 1))
		return -EINVAL;
	walk.source = source;
	walk.decoder = decoder;
	walk.pagemap_fd = pagemap_fd;
	walk.sink = sink;
	walk.retries = walk.pages = walk.buffered = 0;
	walk.extra_looks = EXTRA_LOOKS;
	walk.near = NULL;
	walk.key_mask = key_mask(decoder->arch);

	result = walk_table(&walk, source->levels, start, end);
	if (!result)
		result = emit(&walk, NP_WALKED_STATES, 0); /* closes the last run; itself never sent */
	if (!result)
		result = flush_buffer(&walk);
	ret->retries = walk.retries;
	return result;
}
