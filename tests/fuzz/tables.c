// SPDX-License-Identifier: GPL-2.0-or-later
/* The walk over page tables made from the input: against a simple walk, and while they change. */
#include "targets.h"

#include <stdbool.h>
#include <string.h>

#include "helpers/memory.h"
#include "input.h"

/* Few places of each level, so that inputs meet in them: the first ones, and the last ones. */
static uint64_t place(struct input *input, unsigned levels)
{
	unsigned upper = take(input), lower = take2(input);
	uint64_t addr = 0;
	const unsigned widths[] = { 6, 6, 2, 2, 1 };

	for (unsigned level = levels; level >= 1; level--) {
		unsigned *from = level <= 2 ? &lower : &upper, bits = widths[level - 1];
		unsigned n = *from & ((1U << bits) - 1), last = level == levels ? NP_TABLE_ENTRIES / 2 : NP_TABLE_ENTRIES;
		unsigned index = *from >> (bits - 1) & 1 ? last - 1 - (n & ~(1U << (bits - 1))) : n;

		*from >>= bits;
		addr |= (uint64_t)index << (12 + NP_TABLE_BITS * (level - 1));
	}
	return addr;
}

static struct np_frame_range ranges[] = { { 0, 0x400, 0 }, { 0x400, 0x800, 1 }, { 0xc00, 0x100000, 1023 } };
static const struct np_frames frames = { 3, ranges };

static void choose_decoder(unsigned bits, struct np_decoder *ret)
{
	static const struct np_arch *const archs[] = { &np_arch_x86_64, &np_arch_x86_64, &np_arch_arm64,
						       &np_arch_arm64_old };

	*ret = (struct np_decoder){ .arch = archs[bits & 3], .frames = &frames, .zero_frame = 0x77,
				    .huge_zero_frame = bits & 4 ? 0x400 : UINT64_MAX };
	ret->frame_mask = ret->arch->frame & ~(bits & 8 ? 1ULL << 47 : 0);
	memset(ret->swap_states, NP_SWAPPED, sizeof(ret->swap_states));
	ret->swap_states[31] = NP_MARKER;
	ret->swap_states[30] = NP_MIGRATING;
	ret->swap_states[29] = NP_POISONED;
	ret->swap_states[28] = NP_UNKNOWN;
}

static uint64_t make_entry(struct input *input, const struct np_decoder *decoder)
{
	const struct np_arch *arch = decoder->arch;
	unsigned kind = take(input);
	const struct np_bits *const kinds[] = { &arch->present, &arch->huge, &arch->inaccessible,
						&arch->inaccessible_huge, &arch->transient, &arch->swap, &arch->table };
	uint64_t frame, noise;

	if (kind >= 0xf8)
		return take8(input);
	if (kind >= 0xf0)
		return 0;
	frame = (uint64_t)take2(input) << 12;
	noise = kind & 0x40 ? take8(input) & ~arch->frame : 0;
	if (kind & 0x20)
		noise |= arch->special;
	if (arch->inaccessible_inverted && (kind % 7 == 2 || kind % 7 == 3))
		frame = ~frame & arch->frame;
	return (noise & ~kinds[kind % 7]->mask) | kinds[kind % 7]->value | frame;
}

/* No table has two parents, or the walk would never end: an entry that leads to one by chance leads nowhere. */
static uint64_t without_table(const struct memory *memory, uint64_t entry)
{
	struct np_bits table = memory->decoder->arch->table;

	if ((entry & table.mask) == table.value && (entry & memory->decoder->frame_mask) >> 12 < MEMORY_TABLES)
		entry |= (uint64_t)MEMORY_TABLES << 12;
	return entry;
}

/* One change to the tables: an entry, or a row of equal ones. */
static void apply(struct input *input, struct memory *memory)
{
	unsigned what = take(input), level = 1 + what % memory->source.levels, count = what >> 3;
	uint64_t addr = place(input, memory->source.levels), entry = make_entry(input, memory->decoder);
	__u64 *at = memory_entry(memory, addr, level);
	size_t left = NP_TABLE_ENTRIES - (addr >> (12 + NP_TABLE_BITS * (level - 1)) & (NP_TABLE_ENTRIES - 1));

	for (unsigned i = 0; at && i <= count && i < left; i++)
		at[i] = without_table(memory, what & 0x80 ? entry + ((uint64_t)i << 12) : entry);
}

static struct memory memory;
static struct np_decoder decoder;

static void begin(struct input *input, uint64_t *ret_start, uint64_t *ret_end)
{
	unsigned kind = take(input), changes = take(input) & 31, levels = kind & 0x80 ? 5 : 4;
	uint64_t a, b;

	choose_decoder(kind, &decoder);
	memory_init(&memory, &decoder, levels);
	a = place(input, levels);
	b = place(input, levels);
	for (; changes && input->size; changes--)
		apply(input, &memory);
	*ret_start = a < b ? a : b;
	*ret_end = (a < b ? b : a) + 4096;
}

void fuzz_tables(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct memory_runs runs, simple;
	struct np_walk_stats stats;
	uint64_t start, end;

	begin(&input, &start, &end);
	memory_runs_init(&runs);
	memory_runs_init(&simple);
	FUZZ_CHECK(np_walk(&memory.source, &decoder, 0, start, end, &runs.sink, &stats) == 0);
	memory_walk_simply(&memory, start, end, &simple);
	FUZZ_CHECK(runs.pages == (end - start) >> 12 && runs.count == simple.count);
	for (size_t i = 0; i < runs.count; i++)
		FUZZ_CHECK(runs.runs[i].code == simple.runs[i].code && runs.runs[i].pages == simple.runs[i].pages);
	memory_runs_free(&runs);
	memory_runs_free(&simple);
}

static struct input later;

static void change(struct memory *self, unsigned run, const struct np_copy *copy)
{
	(void)run, (void)copy;
	if (later.size)
		apply(&later, self);
}

/* Whatever changes meanwhile: the walk ends, without a gap, and says nothing that has no meaning. */
void fuzz_changing_tables(const uint8_t *data, size_t size)
{
	struct memory_runs runs;
	struct np_walk_stats stats;
	uint64_t start, end;
	int result;

	later = (struct input){ data, size };
	memory_runs_init(&runs);
	begin(&later, &start, &end);
	if (take(&later) & 1) {
		memory.fail_run = (int)take(&later);
		memory.fail_with = (int)(take(&later) % (NP_RUN_REFUSED + 2)) - 1;
	}
	memory.meanwhile = change;
	result = np_walk(&memory.source, &decoder, 0, start, end, &runs.sink, &stats);
	FUZZ_CHECK(result <= 0 && (result || runs.pages == (end - start) >> 12) && runs.pages <= (end - start) >> 12);
	for (size_t i = 0; i < runs.count; i++)
		FUZZ_CHECK(runs.runs[i].pages && np_code_state((np_code)runs.runs[i].code) < NP_WALKED_STATES);
	memory_runs_free(&runs);
}
