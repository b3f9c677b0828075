// SPDX-License-Identifier: GPL-2.0-or-later
#include "memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct way {
	unsigned table, level;
	uint64_t entry;
	enum np_run_status status;
};

static bool is_table(const struct memory *memory, uint64_t entry)
{
	struct np_bits table = memory->decoder->arch->table;

	return (entry & table.mask) == table.value;
}

static unsigned slot(uint64_t addr, unsigned level)
{
	return (unsigned)(addr >> (12 + 9 * (level - 1)) & (NP_TABLE_ENTRIES - 1));
}

/* The number of the table that an entry leads to, or MEMORY_TABLES and more. */
static uint64_t table_number(const struct memory *memory, uint64_t entry)
{
	return (entry & memory->decoder->frame_mask) >> 12;
}

static struct way descend(const struct memory *memory, uint64_t addr, unsigned level)
{
	struct way way = { .status = NP_RUN_DONE };

	for (unsigned at = memory->source.levels; at > level; at--) {
		way.level = at;
		way.entry = memory->tables[way.table][slot(addr, at)];
		if (!is_table(memory, way.entry)) {
			way.status = NP_RUN_STOPPED;
			return way;
		}
		if (table_number(memory, way.entry) >= MEMORY_TABLES) {
			way.status = NP_RUN_FAULT;
			return way;
		}
		way.table = (unsigned)table_number(memory, way.entry);
	}
	return way;
}

static void copy_window(struct memory *memory, const struct way *way, struct np_copy *copy)
{
	unsigned first = slot(copy->addr, 2) & ~(unsigned)(NP_WINDOW - 1);

	for (unsigned i = 0; i < NP_WINDOW; i++) {
		uint64_t entry = memory->tables[way->table][first + i];

		if (!(copy->leaves >> i & 1))
			continue;
		memory->out.entries[i] = entry;
		if (!is_table(memory, entry))
			continue;
		if (table_number(memory, entry) < MEMORY_TABLES)
			memcpy(memory->out.leaves[i], memory->tables[table_number(memory, entry)], NP_TABLE_BYTES);
		else
			copy->failed |= 1ULL << i;
	}
	if (memory->meanwhile)
		memory->meanwhile(memory, memory->copies, copy);
	for (unsigned i = 0; i < NP_WINDOW; i++)
		if (copy->leaves >> i & 1 && is_table(memory, memory->out.entries[i]) &&
		    ((memory->out.entries[i] ^ memory->tables[way->table][first + i]) &
		     (memory->decoder->arch->table.mask | memory->decoder->frame_mask)))
			copy->changed |= 1ULL << i;
}

static int copy_tables(struct np_table_source *source, struct np_copy *copy)
{
	struct memory *memory = (struct memory *)source;
	unsigned level = copy->level == 1 ? 2 : copy->level;
	struct way way;

	if ((int)++memory->copies == memory->fail_run) {
		if (memory->fail_with < 0)
			return memory->fail_with;
		copy->status = (unsigned)memory->fail_with;
		return 0;
	}
	if (copy->level < 1 || copy->level > source->levels || copy->addr >> (12 + 9 * source->levels - 1)) {
		copy->status = NP_RUN_REFUSED;
		return 0;
	}
	way = descend(memory, copy->addr, level);
	copy->status = way.status;
	copy->stop_level = way.level;
	copy->stop_entry = way.entry;
	copy->lock_held = memory->lock_held;
	if (way.status != NP_RUN_DONE)
		return 0;
	if (copy->level == 1) {
		copy_window(memory, &way, copy);
	} else {
		memcpy(memory->out.entries, memory->tables[way.table], NP_TABLE_BYTES);
		if (memory->meanwhile)
			memory->meanwhile(memory, memory->copies, copy);
	}
	if (descend(memory, copy->addr, level).table != way.table)
		copy->status = NP_RUN_CHANGED;
	return 0;
}

void memory_init(struct memory *memory, const struct np_decoder *decoder, unsigned levels)
{
	memset(memory->tables[0], 0, NP_TABLE_BYTES); /* the others when they come into use */
	memory->copies = 0;
	memory->lock_held = false;
	memory->meanwhile = NULL;
	memory->fail_run = memory->fail_with = 0;
	memory->source = (struct np_table_source){ copy_tables, &memory->out, levels };
	memory->decoder = decoder;
	memory->used = 1;
}

uint64_t memory_table_entry(const struct np_decoder *decoder, unsigned table)
{
	return decoder->arch->table.value | (uint64_t)table << 12;
}

__u64 *memory_entry(struct memory *memory, uint64_t addr, unsigned level)
{
	unsigned table = 0;

	for (unsigned at = memory->source.levels; at > level; at--) {
		__u64 *entry = &memory->tables[table][slot(addr, at)];

		if (!is_table(memory, *entry) || table_number(memory, *entry) >= MEMORY_TABLES) {
			if (memory->used == MEMORY_TABLES)
				return NULL;
			memset(memory->tables[memory->used], 0, NP_TABLE_BYTES);
			*entry = memory_table_entry(memory->decoder, memory->used++);
		}
		table = (unsigned)table_number(memory, *entry);
	}
	return &memory->tables[table][slot(addr, level)];
}

int memory_runs_add(struct memory_runs *runs, np_code code, uint64_t pages)
{
	runs->pages += pages;
	if (runs->count && runs->runs[runs->count - 1].code == code) {
		runs->runs[runs->count - 1].pages = (runs->runs[runs->count - 1].pages + pages) & NP_RUN_PAGES_MOST;
		return 0;
	}
	if (runs->count == runs->room) {
		size_t room = runs->room ? 2 * runs->room : 64;
		struct np_run *more = reallocarray(runs->runs, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		runs->runs = more;
		runs->room = room;
	}
	runs->runs[runs->count++] = (struct np_run){ code, pages & NP_RUN_PAGES_MOST };
	return 0;
}

static int take(struct np_run_sink *sink, const struct np_run *runs, size_t count)
{
	struct memory_runs *all = (struct memory_runs *)sink;
	int result = ++all->takes == all->fail_take ? -EPIPE : 0;

	for (size_t i = 0; !result && i < count; i++)
		result = memory_runs_add(all, (np_code)runs[i].code, runs[i].pages);
	return result;
}

void memory_runs_init(struct memory_runs *runs)
{
	*runs = (struct memory_runs){ .sink = { take } };
}

void memory_runs_free(struct memory_runs *runs)
{
	free(runs->runs);
	memory_runs_init(runs);
}

void memory_walk_simply(struct memory *memory, uint64_t start, uint64_t end, struct memory_runs *ret)
{
	while (start < end) {
		struct way way = descend(memory, start, 1);
		const struct np_frame_range *near = NULL;
		unsigned level = way.status == NP_RUN_DONE ? 1 : way.level;
		uint64_t entry = way.status == NP_RUN_DONE ? memory->tables[way.table][slot(start, 1)] : way.entry;
		int code = way.status == NP_RUN_FAULT ? NP_ENTRY_TRANSIENT :
							np_decode(memory->decoder, entry, level, &near);
		uint64_t size = 1ULL << (12 + 9 * (level - 1)), next = (start & ~(size - 1)) + size;

		if (code < 0)
			code = np_code_make(NP_UNKNOWN, 0, 0);
		if (next > end)
			next = end;
		if (memory_runs_add(ret, (np_code)code, (next - start) >> 12) < 0)
			abort();
		start = next;
	}
}
