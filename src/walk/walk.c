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
/* More looks at a window with a lone empty entry, by the mmap lock, and such looks in all: some milliseconds. */
#define LOOKS_LOCKED 100
#define LOOKS_FREE 4
#define EXTRA_LOOKS 400
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
	struct np_common bits[NP_WINDOW];   /* of the window's tables that were looked at once */
	int extra_looks;		    /* that may still be spent on lone empty entries */
	__u64 looked[NP_WINDOW];	    /* the window's entry whose table is in seen; 0: not looked at twice */
	__u64 seen[NP_WINDOW][NP_TABLE_ENTRIES];
	size_t lone_count;
	uint16_t lone[NP_WINDOW * NP_TABLE_ENTRIES / 2]; /* number of the table, times its entries, plus the entry's */
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

/* leaves: see struct np_copy; of level 1 only. */
static int copy_tables(struct walk *walk, unsigned level, uint64_t addr, uint64_t leaves, struct np_copy *ret)
{
	int tries = 0, result;

	do {
		walk->retries += tries > 0;
		*ret = (struct np_copy){ .addr = addr, .level = level, .pagemap_fd = walk->pagemap_fd,
					.leaves = leaves };
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

/* The window's entries that [start, end) lies behind. */
static uint64_t window_bits(uint64_t start, uint64_t end)
{
	size_t first = slot(start, 2) % NP_WINDOW, last = slot(end - 1, 2) % NP_WINDOW;

	return NP_WINDOW_ALL >> (NP_WINDOW - 1 - last) & NP_WINDOW_ALL << first;
}

/* Whether this copy has the table behind the window's entry i. */
static bool has_table(struct walk *walk, const struct np_copy *copy, size_t i)
{
	return copy->leaves >> i & 1 && !((copy->changed | copy->failed) >> i & 1) &&
	       np_decode(walk->decoder, walk->source->tables->entries[i], 2, &walk->near) == NP_ENTRY_TABLE;
}

/* After the first look, which is kept of tables that have empty entries: those. */
static uint64_t begin_looks(struct walk *walk, const struct np_copy *copy)
{
	const struct np_tables *tables = walk->source->tables;
	uint64_t wanted = 0;

	for (size_t i = 0; i < NP_WINDOW; i++) {
		walk->looked[i] = 0;
		if (!has_table(walk, copy, i))
			continue;
		walk->bits[i] = np_common_bits(tables->leaves[i], NP_TABLE_ENTRIES);
		if (!np_table_has_empty(tables->leaves[i], &walk->bits[i]))
			continue;
		memcpy(walk->seen[i], tables->leaves[i], sizeof(walk->seen[i]));
		walk->looked[i] = tables->entries[i];
		wanted |= 1ULL << i;
	}
	return wanted;
}

/* Whether table i of this copy is the one that was looked at before. */
static bool same_table(struct walk *walk, const struct np_copy *copy, size_t i)
{
	const struct np_tables *tables = walk->source->tables;

	if (!walk->looked[i] || !has_table(walk, copy, i))
		return false;
	if (!((walk->looked[i] ^ tables->entries[i]) & walk->decoder->frame_mask))
		return true;
	walk->looked[i] = 0; /* another: what was seen is of the past */
	walk->bits[i] = np_common_bits(tables->leaves[i], NP_TABLE_ENTRIES);
	return false;
}

/* Lists the pages missing among others: so looks an entry that is being rewritten, and rarely anything else. */
static void list_lone(struct walk *walk, size_t i)
{
	const __u64 *entries = walk->seen[i];
	const size_t last = NP_TABLE_ENTRIES - 1;

	for (size_t k = 0; k <= last; k++)
		if (!entries[k] && (k == 0 || entries[k - 1]) && (k == last || entries[k + 1]))
			walk->lone[walk->lone_count++] = (uint16_t)(i * NP_TABLE_ENTRIES + k);
}

/* After the second look: an entry is empty only if both found it so. The tables with lone ones among these. */
static uint64_t merge_look(struct walk *walk, const struct np_copy *copy)
{
	uint64_t wanted = 0;

	walk->lone_count = 0;
	for (size_t i = 0; i < NP_WINDOW; i++) {
		const __u64 *entries = walk->source->tables->leaves[i];
		size_t before = walk->lone_count;

		if (!same_table(walk, copy, i))
			continue;
		for (size_t k = 0; k < NP_TABLE_ENTRIES; k++)
			walk->seen[i][k] = entries[k] ? entries[k] : walk->seen[i][k];
		list_lone(walk, i);
		wanted |= (uint64_t)(walk->lone_count > before) << i;
	}
	return wanted;
}

/* After one more look at the lone ones: the tables of those that are still empty. */
static uint64_t settle_lone(struct walk *walk, const struct np_copy *copy)
{
	size_t count = walk->lone_count;
	uint64_t same = 0, wanted = 0;

	for (size_t i = 0; i < NP_WINDOW; i++)
		same |= (uint64_t)same_table(walk, copy, i) << i;
	walk->lone_count = 0;
	for (size_t n = 0; n < count; n++) {
		size_t i = walk->lone[n] / NP_TABLE_ENTRIES, k = walk->lone[n] % NP_TABLE_ENTRIES;
		__u64 entry = walk->source->tables->leaves[i][k];

		if (!(same >> i & 1))
			continue;
		walk->seen[i][k] = entry;
		if (entry)
			continue;
		walk->lone[walk->lone_count++] = walk->lone[n];
		wanted |= 1ULL << i;
	}
	return wanted;
}

/* Another look at some tables of a window; what the last copy said of the others still holds. */
static int look_again(struct walk *walk, uint64_t addr, uint64_t leaves, struct np_copy *copy)
{
	struct np_copy before = *copy;
	int result = copy_tables(walk, 1, addr, leaves, copy);

	copy->changed |= before.changed & ~leaves;
	copy->failed |= before.failed & ~leaves;
	copy->lock_held |= before.lock_held;
	return result;
}

/* Whether a lone empty entry is worth one more look. */
static bool may_look(struct walk *walk, const struct np_copy *copy, int looks)
{
	return looks < (copy->lock_held ? LOOKS_LOCKED : LOOKS_FREE) && walk->extra_looks-- > 0;
}

/*
 * Copies a window, more than once where that is needed: an entry reads 0 for a moment while the kernel rewrites it.
 * ptep_modify_prot_start() clears it, and the NUMA scanner does so with each page that it hints (mm/mprotect.c:
 * change_pte_range()). Mostly that is over by the second look; an interrupt in between makes it last. Both hold the
 * mmap lock meanwhile; without it only single faults rewrite an entry.
 */
static int copy_window(struct walk *walk, uint64_t addr, uint64_t end, struct np_copy *ret)
{
	int result = copy_tables(walk, 1, addr, window_bits(addr, end), ret);
	uint64_t leaves = result || ret->status != NP_RUN_DONE ? 0 : begin_looks(walk, ret);

	for (int looks = -1; leaves && (looks < 0 || may_look(walk, ret, looks)); looks++) {
		result = look_again(walk, addr, leaves, ret);
		if (result || ret->status != NP_RUN_DONE)
			break;
		leaves = looks < 0 ? merge_look(walk, ret) : settle_lone(walk, ret);
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

/* Whether a table has a huge page, and an empty entry that may be another's. */
static bool has_hole_by_leaf(struct walk *walk, unsigned level)
{
	const uint64_t *entries = walk->entries[level];
	bool leaf = false, hole = false;

	for (size_t i = 0; i < NP_TABLE_ENTRIES && !(leaf && hole); i++) {
		hole |= !entries[i];
		leaf |= entries[i] && np_decode(walk->decoder, entries[i], level, &walk->near) >= 0;
	}
	return leaf && hole;
}

/*
 * The entry of a hugetlbfs page reads 0 for a moment, too, while it is rewritten (hugetlb_change_protection() in
 * mm/hugetlb.c): what either of two looks sees is there.
 */
static int fill_holes(struct walk *walk, unsigned level, uint64_t addr)
{
	struct np_copy copy;
	int result = copy_tables(walk, level, addr, 0, &copy);

	for (size_t i = 0; !result && copy.status == NP_RUN_DONE && i < NP_TABLE_ENTRIES; i++)
		if (!walk->entries[level][i])
			walk->entries[level][i] = walk->source->tables->entries[i];
	return result;
}

/* [start, end) lies in one table of this level, 2 at least. */
static int walk_table(struct walk *walk, unsigned level, uint64_t start, uint64_t end)
{
	struct np_copy copy;
	int result = copy_tables(walk, level, start, 0, &copy);

	if (result)
		return result;
	if (copy.status != NP_RUN_DONE)
		return emit_instead(walk, &copy, start, end);
	memcpy(walk->entries[level], walk->source->tables->entries, sizeof(walk->entries[level]));
	if ((level == 2 || level == 3) && has_hole_by_leaf(walk, level))
		result = fill_holes(walk, level, start);
	if (result)
		return result;

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
