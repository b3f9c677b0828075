// SPDX-License-Identifier: GPL-2.0-or-later
/* The walk over simulated page tables: what it says, how little it copies, and tables that change under it. */
#include "unit.h"

#include "helpers/memory.h"

#define PAGE 4096ULL
#define MIB ((uint64_t)UNIT_MIB)
#define GIB (MIB << 10)
#define TIB (GIB << 10)
#define AT (5 * TIB + 3 * GIB) /* where the tests map things */

#define P 1ULL
#define PSE (1ULL << 7)
#define G (1ULL << 8)
#define FRAME(pfn) ((uint64_t)(pfn) << 12)
#define INVERTED(pfn) (~FRAME(pfn) & np_arch_x86_64.frame)

static struct np_frame_range ranges[] = { { 0, 0x10000, 0 }, { 0x10000, 0x20000, 1 } };
static const struct np_frames frames = { 2, ranges };
static const struct np_decoder decoder = {
	.arch = &np_arch_x86_64, .frame_mask = ((1ULL << 52) - 1) & ~(PAGE - 1), .frames = &frames,
	.zero_frame = 0x77, .huge_zero_frame = UINT64_MAX,
};
static struct memory memory;

static void set(uint64_t addr, unsigned level, uint64_t entry)
{
	__u64 *at = memory_entry(&memory, addr, level);

	assert_non_null(at);
	*at = entry;
}

static int walk(uint64_t start, uint64_t end, struct memory_runs *ret)
{
	struct np_walk_stats stats;

	memory_runs_init(ret);
	return np_walk(&memory.source, &decoder, 0, start, end, &ret->sink, &stats);
}

static void assert_runs(const struct memory_runs *got, const struct np_run *wanted, size_t count)
{
	assert_int_equal(got->count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(got->runs[i].code, wanted[i].code);
		assert_int_equal(got->runs[i].pages, wanted[i].pages);
	}
}

/* The walk says these runs, and so does the simple one. */
static void assert_walk(uint64_t start, uint64_t end, const struct np_run *wanted, size_t count)
{
	struct memory_runs got, simple;

	assert_int_equal(walk(start, end, &got), 0);
	assert_runs(&got, wanted, count);
	memory_runs_init(&simple);
	memory_walk_simply(&memory, start, end, &simple);
	assert_runs(&simple, wanted, count);
	memory_runs_free(&got);
	memory_runs_free(&simple);
}

#define ABSENT np_code_make(NP_ABSENT, 0, 0)
#define UNKNOWN np_code_make(NP_UNKNOWN, 0, 0)
#define PRESENT(size, node) np_code_make(NP_PRESENT, size, node)
#define HINTED(size, node) np_code_make(NP_INACCESSIBLE, size, node)

static void test_nothing(void **state)
{
	(void)state;
	for (unsigned levels = 4; levels <= 5; levels++) {
		uint64_t space = levels == 4 ? 128 * TIB : 65536 * TIB;

		memory_init(&memory, &decoder, levels);
		assert_walk(0, space, (struct np_run[]){ { ABSENT, (space / PAGE) & NP_RUN_PAGES_MOST } }, 1);
		assert_walk(space - PAGE, space, (struct np_run[]){ { ABSENT, 1 } }, 1);
		assert_true(memory.copies <= 4);
	}
}

static void test_sizes_and_holes(void **state)
{
	(void)state;
	for (unsigned levels = 4; levels <= 5; levels++) {
		memory_init(&memory, &decoder, levels);
		set(AT, 1, P | FRAME(1));
		set(AT + PAGE, 1, P | FRAME(0x10000));
		set(AT + 2 * PAGE, 1, G | INVERTED(0x1ffff));
		set(AT + 2 * MIB, 2, P | PSE | FRAME(0x10200));
		set(AT + 4 * MIB, 2, PSE | G | INVERTED(0x200));
		set(AT + GIB, 3, P | PSE | FRAME(0));
		set(AT + 2 * GIB, 3, PSE | G | INVERTED(0));
		assert_walk(AT - PAGE, AT + 3 * GIB + PAGE,
			    (struct np_run[]){ { ABSENT, 1 }, { PRESENT(0, 0), 1 }, { PRESENT(0, 1), 1 },
					       { HINTED(0, 1), 1 }, { ABSENT, 509 }, { PRESENT(1, 1), 512 },
					       { HINTED(1, 0), 512 }, { ABSENT, 512 * 509 },
					       { PRESENT(2, 0), 512 * 512 }, { HINTED(2, 0), 512 * 512 },
					       { ABSENT, 1 } }, 11);
		/* ends in the middle of everything */
		assert_walk(AT + 2 * MIB + PAGE, AT + 4 * MIB + 2 * PAGE,
			    (struct np_run[]){ { PRESENT(1, 1), 511 }, { HINTED(1, 0), 2 } }, 2);
		assert_walk(AT + GIB + 7 * PAGE, AT + GIB + 9 * PAGE, (struct np_run[]){ { PRESENT(2, 0), 2 } }, 1);
		assert_walk(AT + PAGE, AT + 2 * PAGE, (struct np_run[]){ { PRESENT(0, 1), 1 } }, 1);
	}
}

/* A page on another node each time: no run is joined that must not be, and none is lost between buffers. */
static void test_interleaved(void **state)
{
	struct memory_runs got;

	(void)state;
	memory_init(&memory, &decoder, 4);
	for (uint64_t i = 0; i < 64 * MIB / PAGE; i++)
		set(AT + i * PAGE, 1, P | FRAME(i % 2 ? 0x10000 + i : i + 0x100));
	assert_int_equal(walk(AT, AT + 64 * MIB, &got), 0);
	assert_int_equal(got.count, 64 * MIB / PAGE);
	for (size_t i = 0; i < got.count; i++)
		assert_true(got.runs[i].pages == 1 && got.runs[i].code == PRESENT(0, i % 2));
	memory_runs_free(&got);
}

/* The zero page and special pages among others whose entries differ in the frame alone. */
static void test_zero_among_others(void **state)
{
	(void)state;
	memory_init(&memory, &decoder, 4);
	set(AT, 1, P | FRAME(0x76));
	set(AT + PAGE, 1, P | FRAME(0x77));
	set(AT + 2 * PAGE, 1, P | FRAME(0x78));
	set(AT + 3 * PAGE, 1, P | 1 << 9 | FRAME(0x78));
	set(AT + 4 * PAGE, 1, G | INVERTED(0x77));
	set(AT + 5 * PAGE, 1, G | INVERTED(0x78));
	assert_walk(AT, AT + 6 * PAGE,
		    (struct np_run[]){ { PRESENT(0, 0), 1 }, { np_code_make(NP_ZERO, 0, 0), 1 }, { PRESENT(0, 0), 1 },
				       { np_code_make(NP_SPECIAL, 0, 0), 1 }, { np_code_make(NP_ZERO, 0, 0), 1 },
				       { HINTED(0, 0), 1 } }, 6);
}

/* 16 TiB with a page in it here and there cost a copy or three for each, and nothing for the rest. */
static void test_reservation_is_cheap(void **state)
{
	struct memory_runs got;

	(void)state;
	memory_init(&memory, &decoder, 4);
	for (unsigned i = 0; i < 16; i++)
		set(AT + i * TIB, 1, P | FRAME(i));
	memory.copies = 0;
	assert_int_equal(walk(AT, AT + 16 * TIB, &got), 0);
	assert_int_equal(got.pages, 16 * TIB / PAGE);
	assert_int_equal(got.count, 32);
	/* the top; then for each a table of level 3 (two, where the terabyte does not begin with one), 2, and 1 twice */
	assert_in_range(memory.copies, 1, 1 + 16 * 5 + 32);
	memory_runs_free(&got);
}

/* Tables that lead nowhere: unknown, exactly as much as they cover. */
static void test_unreadable(void **state)
{
	(void)state;
	memory_init(&memory, &decoder, 4);
	set(AT, 2, memory_table_entry(&decoder, MEMORY_TABLES));
	set(AT + 2 * MIB, 1, P);
	set(AT + GIB, 3, memory_table_entry(&decoder, MEMORY_TABLES + 1));
	assert_walk(AT, AT + 2 * GIB,
		    (struct np_run[]){ { UNKNOWN, 512 }, { PRESENT(0, 0), 1 }, { ABSENT, 511 + 510 * 512 },
				       { UNKNOWN, 512 * 512 } }, 4);
}

static void test_transient_for_ever(void **state)
{
	(void)state;
	memory_init(&memory, &decoder, 4);
	set(AT, 2, PSE | FRAME(0x200));
	set(AT + 2 * MIB, 1, P);
	set(AT + GIB, 3, PSE | FRAME(0));
	assert_walk(AT, AT + 2 * GIB,
		    (struct np_run[]){ { UNKNOWN, 512 }, { PRESENT(0, 0), 1 }, { ABSENT, 511 + 510 * 512 },
				       { UNKNOWN, 512 * 512 } }, 4);
	assert_true(memory.copies < 64);
}

/* From here on, tables change between two runs, or during one. */

static uint64_t settle_run;

/* A huge page that is being split looks transient, then is a table. */
static void split(struct memory *self, unsigned run, const struct np_copy *copy)
{
	(void)copy;
	if (run == settle_run)
		set(AT, 2, memory_table_entry(&decoder, self->used - 1));
}

static void test_split_under_way(void **state)
{
	struct memory_runs got;

	(void)state;
	memory_init(&memory, &decoder, 4);
	set(AT, 1, P | FRAME(5));
	set(AT, 2, PSE | FRAME(0x200));
	settle_run = 5;
	memory.meanwhile = split;
	assert_int_equal(walk(AT, AT + 2 * PAGE, &got), 0);
	assert_runs(&got, (struct np_run[]){ { PRESENT(0, 0), 1 }, { ABSENT, 1 } }, 2);
	memory_runs_free(&got);
}

/* The scanner clears an entry for a moment: what either of two looks sees is there. */
static void clear_once(struct memory *self, unsigned run, const struct np_copy *copy)
{
	(void)run;
	if (copy->level != 1)
		return;
	set(AT, 1, self->out.leaves[0][0] ? 0 : P | FRAME(5));
	set(AT + PAGE, 1, self->out.leaves[0][1] ? 0 : P | FRAME(6));
}

static void test_cleared_for_a_moment(void **state)
{
	struct memory_runs got;

	(void)state;
	memory_init(&memory, &decoder, 4);
	set(AT, 1, P | FRAME(5));
	set(AT + PAGE, 1, 0);
	memory.meanwhile = clear_once;
	assert_int_equal(walk(AT, AT + 3 * PAGE, &got), 0);
	assert_runs(&got, (struct np_run[]){ { PRESENT(0, 0), 2 }, { ABSENT, 1 } }, 2);
	memory_runs_free(&got);
}

/* The same of the entry of a huge page, which mprotect() of hugetlbfs memory clears. */
static void clear_huge_once(struct memory *self, unsigned run, const struct np_copy *copy)
{
	(void)run;
	if (copy->level == 2)
		set(AT + 2 * MIB, 2, self->out.entries[1] ? 0 : PSE | P | FRAME(0x400));
}

static void test_huge_cleared_for_a_moment(void **state)
{
	struct memory_runs got;

	(void)state;
	memory_init(&memory, &decoder, 4);
	set(AT, 2, PSE | P | FRAME(0x200));
	set(AT + 2 * MIB, 2, 0);
	memory.meanwhile = clear_huge_once;
	assert_int_equal(walk(AT, AT + 6 * MIB, &got), 0);
	assert_runs(&got, (struct np_run[]){ { PRESENT(NP_SIZE_PMD, 0), 1024 }, { ABSENT, 512 } }, 2);
	memory_runs_free(&got);
}

/* A page missing among others costs some looks more, at its table alone: many where the mmap lock is held. */
static unsigned lone_run;

static void fill_lone(struct memory *self, unsigned run, const struct np_copy *copy)
{
	if (copy->level != 1)
		return;
	if (run > 4) /* the top, two tables, the first look */
		assert_int_equal(copy->leaves, 1);
	if (run == lone_run)
		set(AT + 5 * PAGE, 1, P | FRAME(6));
	(void)self;
}

static void test_lone_empty(void **state)
{
	unsigned copies[2];

	(void)state;
	for (int held = 0; held < 2; held++) {
		for (lone_run = 0; lone_run < 20; lone_run += 19) {
			bool filled = held && lone_run;
			struct memory_runs got;

			memory_init(&memory, &decoder, 4);
			for (unsigned i = 0; i < 1024; i++)
				set(AT + i * PAGE, 1, P | FRAME(0x100 + i));
			set(AT + 5 * PAGE, 1, 0);
			memory.copies = 0;
			memory.lock_held = held;
			memory.meanwhile = fill_lone;
			assert_int_equal(walk(AT, AT + 4 * MIB, &got), 0);
			assert_int_equal(got.count, filled ? 1 : 3);
			assert_int_equal(got.runs[0].pages, filled ? 1024 : 5);
			if (!filled)
				assert_int_equal(got.runs[1].code, ABSENT);
			if (!lone_run)
				copies[held] = memory.copies;
			memory_runs_free(&got);
		}
	}
	assert_in_range(copies[0], 5, 15);
	assert_in_range(copies[1], 50, 150);
}

/* Many windows of that kind: there is an end to it, whatever holds the lock. */
static void test_many_lone_empty(void **state)
{
	const uint64_t window = NP_WINDOW * 2 * MIB;
	struct memory_runs got;

	(void)state;
	memory_init(&memory, &decoder, 4);
	for (uint64_t i = 0; i < 32; i++)
		for (unsigned k = 0; k < 3; k += 2)
			set(AT + i * window + k * PAGE, 1, P | FRAME(0x100));
	memory.copies = 0;
	memory.lock_held = true;
	assert_int_equal(walk(AT, AT + 32 * window, &got), 0);
	assert_in_range(memory.copies, 400, 400 + 4 * 32);
	memory_runs_free(&got);
}

/* A table is freed, used for something else and its entry points elsewhere: nothing of the copy is believed. */
static void swap_tables(struct memory *self, unsigned run, const struct np_copy *copy)
{
	static const uint64_t wrong = P | FRAME(0x10000);
	unsigned now = run % 2 ? 20 : 21;

	if (copy->level != 1)
		return;
	for (size_t i = 0; i < NP_TABLE_ENTRIES; i++)
		self->out.leaves[0][i] = wrong;
	set(AT, 2, memory_table_entry(&decoder, now));
}

static void test_table_reused(void **state)
{
	struct memory_runs got;

	(void)state;
	memory_init(&memory, &decoder, 4);
	set(AT, 2, memory_table_entry(&decoder, 20));
	set(AT + 2 * MIB, 1, P | FRAME(7));
	for (unsigned i = 0; i < NP_TABLE_ENTRIES; i++)
		memory.tables[20][i] = memory.tables[21][i] = P | FRAME(i + 1);
	memory.meanwhile = swap_tables;
	assert_int_equal(walk(AT, AT + 2 * MIB + PAGE, &got), 0);
	assert_runs(&got, (struct np_run[]){ { UNKNOWN, 512 }, { PRESENT(0, 0), 1 } }, 2);
	memory_runs_free(&got);
}

/* The way down changes during every run: the walk ends, and says that it does not know. */
static void move_way(struct memory *self, unsigned run, const struct np_copy *copy)
{
	(void)copy;
	memcpy(self->tables[30 + run % 2], self->tables[1], NP_TABLE_BYTES);
	set(AT, self->source.levels, memory_table_entry(&decoder, 30 + run % 2));
	memcpy(self->tables[40 + run % 2], self->tables[2], NP_TABLE_BYTES);
	set(AT, self->source.levels - 1, memory_table_entry(&decoder, 40 + run % 2));
}

static void test_way_never_the_same(void **state)
{
	struct memory_runs got;

	(void)state;
	memory_init(&memory, &decoder, 4);
	set(AT, 1, P | FRAME(5));
	memory.meanwhile = move_way;
	assert_int_equal(walk(AT, AT + 16 * PAGE, &got), 0);
	assert_runs(&got, (struct np_run[]){ { UNKNOWN, 16 } }, 1);
	assert_true(memory.copies < 64);
	memory_runs_free(&got);
}

/* It changes once, at whichever run: that run is not believed, and the next one is. */
static unsigned move_run;

static void move_way_once(struct memory *self, unsigned run, const struct np_copy *copy)
{
	if (run != move_run)
		return;
	for (size_t i = 0; i < NP_TABLE_ENTRIES; i++)
		self->out.leaves[0][i] = self->out.entries[i] = P | PSE | FRAME(0x10000);
	move_way(self, run, copy);
}

static void test_way_changed_once(void **state)
{
	(void)state;
	for (move_run = 2; move_run <= 5; move_run++) {
		struct memory_runs got;

		memory_init(&memory, &decoder, 4);
		for (unsigned i = 0; i < 16; i += 2)
			set(AT + i * PAGE, 1, P | FRAME(5));
		memory.meanwhile = move_way_once;
		assert_int_equal(walk(AT, AT + PAGE, &got), 0);
		assert_runs(&got, (struct np_run[]){ { PRESENT(0, 0), 1 } }, 1);
		memory_runs_free(&got);
	}
}

/* A whole table goes away between two levels, and a huge page takes its place. */
static void collapse(struct memory *self, unsigned run, const struct np_copy *copy)
{
	(void)run;
	if (copy->level == 3)
		set(AT, 3, P | PSE | FRAME(0));
	(void)self;
}

static void test_collapsed_on_the_way(void **state)
{
	struct memory_runs got;

	(void)state;
	memory_init(&memory, &decoder, 4);
	set(AT, 1, P | FRAME(5));
	memory.meanwhile = collapse;
	assert_int_equal(walk(AT, AT + 16 * PAGE, &got), 0);
	assert_runs(&got, (struct np_run[]){ { PRESENT(2, 0), 16 } }, 1);
	memory_runs_free(&got);
}

/* Whatever goes wrong at whichever run: an error, or unknown pages; never a gap. */
static void test_failures(void **state)
{
	static const struct {
		int with, result;
	} failures[] = {
		{ -EPERM, -EPERM }, { -ENOMEM, -ENOMEM }, { NP_RUN_EXITED, -ESRCH }, { NP_RUN_NOT_PAGEMAP, -EBADF },
		{ NP_RUN_REFUSED, -EINVAL }, { NP_RUN_FAULT, 0 }, { NP_RUN_CHANGED, 0 },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(failures); i++) {
		for (int run = 1; run <= 7; run++) {
			struct memory_runs got;

			memory_init(&memory, &decoder, 4);
			set(AT, 1, P | FRAME(5));
			set(AT + 64 * MIB, 1, P | FRAME(5));
			memory.fail_run = run;
			memory.fail_with = failures[i].with;
			assert_int_equal(walk(AT, AT + 128 * MIB, &got), failures[i].result);
			if (!failures[i].result)
				assert_int_equal(got.pages, 128 * MIB / PAGE);
			memory_runs_free(&got);
		}
	}
}

static void test_sink_fails(void **state)
{
	(void)state;
	memory_init(&memory, &decoder, 4);
	for (uint64_t i = 0; i < 32 * MIB / PAGE; i++)
		set(AT + i * PAGE, 1, P | FRAME(i % 2 ? 0x10000 + i : i));
	for (unsigned take = 1; take <= 5; take++) {
		struct np_walk_stats stats;
		struct memory_runs got;
		int result;

		memory_runs_init(&got);
		got.fail_take = take;
		result = np_walk(&memory.source, &decoder, 0, AT, AT + 32 * MIB, &got.sink, &stats);
		assert_int_equal(result, take <= got.takes ? -EPIPE : 0);
		assert_true(take > 4 || result == -EPIPE);
		memory_runs_free(&got);
	}
}

static void test_ranges(void **state)
{
	struct memory_runs got;

	(void)state;
	for (unsigned levels = 4; levels <= 5; levels++) {
		uint64_t space = levels == 4 ? 128 * TIB : 65536 * TIB;
		const struct {
			uint64_t start, end;
		} wrong[] = { { 0, 0 }, { PAGE, PAGE }, { 2 * PAGE, PAGE }, { 1, PAGE }, { 0, PAGE + 1 },
			      { 0, space + PAGE }, { space, space + PAGE }, { 0, UINT64_MAX & ~(PAGE - 1) },
			      { UINT64_MAX & ~(PAGE - 1), PAGE }, { 0xffff800000000000, 0xffff800000001000 },
			      { 0, 1 }, { space - 1, space } };

		memory_init(&memory, &decoder, levels);
		for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
			assert_int_equal(walk(wrong[i].start, wrong[i].end, &got), -EINVAL);
			assert_int_equal(got.count, 0);
		}
		assert_int_equal(memory.copies, 0);
	}
}

/* And of one of a gigabyte. */
static void clear_gigabyte_once(struct memory *self, unsigned run, const struct np_copy *copy)
{
	(void)run;
	if (copy->level == 3)
		set(AT + GIB, 3, self->out.entries[4] ? 0 : PSE | P | FRAME(0));
}

static void test_gigabyte_cleared_for_a_moment(void **state)
{
	struct memory_runs got;

	(void)state;
	memory_init(&memory, &decoder, 4);
	set(AT, 3, PSE | P | FRAME(0));
	set(AT + GIB, 3, 0);
	memory.meanwhile = clear_gigabyte_once;
	assert_int_equal(walk(AT, AT + 3 * GIB, &got), 0);
	assert_runs(&got, (struct np_run[]){ { PRESENT(NP_SIZE_PUD, 0), 2 * 512 * 512 }, { ABSENT, 512 * 512 } }, 2);
	memory_runs_free(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_sizes_and_holes),
		cmocka_unit_test(test_interleaved),
		cmocka_unit_test(test_zero_among_others),
		cmocka_unit_test(test_reservation_is_cheap),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_transient_for_ever),
		cmocka_unit_test(test_split_under_way),
		cmocka_unit_test(test_cleared_for_a_moment),
		cmocka_unit_test(test_huge_cleared_for_a_moment),
		cmocka_unit_test(test_lone_empty),
		cmocka_unit_test(test_many_lone_empty),
		cmocka_unit_test(test_table_reused),
		cmocka_unit_test(test_way_never_the_same),
		cmocka_unit_test(test_way_changed_once),
		cmocka_unit_test(test_collapsed_on_the_way),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_sink_fails),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_gigabyte_cleared_for_a_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
