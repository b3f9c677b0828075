/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grains, the layout made from them, and both paintings, letter by letter: tests/unit/expected/map-*. */
#include "check.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "paint.h"
#include "sample.h"

#define PAGE 4096ULL
#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

static void test_grains(void **state)
{
	struct np_grains *grains = np_grains_create(2);
	uint64_t present = 0;

	(void)state;
	assert_non_null(grains);
	np_grains_add(grains, 0x10000, 3, NP_PRESENT, 0);
	np_grains_add(grains, 0x13000, 1, NP_HINTED, 1);
	assert_int_equal(grains->count, 4);
	assert_int_equal(grains->shift, 12);
	np_grains_add(grains, GIB, 1ULL << 28, NP_PRESENT, 1); /* a tebibyte */
	assert_true(grains->count <= NP_GRAINS_LIMIT);
	assert_true(grains->count > NP_GRAINS_LIMIT / 4);
	for (size_t i = 0; i < grains->count; i++)
		present += np_grain_counts(grains, i)[NP_LOOK_PRESENT];
	assert_int_equal(present, 3 + (1ULL << 28));
	assert_int_equal(np_grain_counts(grains, 0)[NP_LOOK_HINTED], 1);
	assert_int_equal(np_grain_counts(grains, 0)[NP_LOOKS], 3);
	assert_int_equal(np_grain_counts(grains, 0)[NP_LOOKS + 1], 1);
	np_grains_destroy(grains);
}

/* The counts of all cells are those of all grains, and rows follow each other. */
static void check_layout(const struct np_layout *layout, const struct np_grains *grains)
{
	uint64_t in_cells = 0, in_grains = 0;
	size_t next = 0;

	for (size_t i = 0; i < grains->count; i++)
		for (size_t look = 0; look < NP_LOOKS; look++)
			in_grains += np_grain_counts(grains, i)[look];
	for (size_t i = 0; i < layout->cell_count; i++) {
		in_cells += layout->cells[i].pages;
		assert_true(i == 0 || layout->cells[i].start > layout->cells[i - 1].start);
	}
	assert_int_equal(in_cells, in_grains);
	for (size_t i = 0; i < layout->row_count; i++) {
		assert_int_equal(layout->rows[i].first, next);
		assert_in_range(layout->rows[i].count, 1, layout->columns);
		next += layout->rows[i].count;
	}
	assert_int_equal(next, layout->cell_count);
}

/* Every budget, with islands near and far from each other. */
static void test_layouts(void **state)
{
	static const unsigned numbers[] = { 0, 1 };
	struct np_snapshot *snapshot = sample_system(2, numbers);
	struct np_target *target = sample_target(snapshot, 1, "islands", 1);
	uint64_t at = 16 * MIB, seed = 1;

	(void)state;
	target->grains = np_grains_create(2);
	for (int i = 0; i < 3000; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		np_grains_add(target->grains, at, 1 + (seed >> 60), (seed >> 40) % 3 ? NP_PRESENT : NP_SWAPPED,
			      (int)(seed >> 63));
		at += ((1 + (seed >> 60)) + (seed >> 33) % 7) * PAGE + (i % 500 == 0 ? 3 * GIB : i % 50 == 0 ? 40 * MIB : 0);
	}
	for (size_t columns = 1; columns < 200; columns += 13) {
		for (size_t rows = 1; rows < 60; rows += 7) {
			struct np_layout layout;

			assert_int_equal(np_layout_make(target, columns, rows, &layout), 0);
			check_layout(&layout, target->grains);
			assert_true(layout.cell_count <= columns * rows);
			np_layout_free(&layout);
		}
	}
	np_snapshot_destroy(snapshot);
}

static void sum_up(const struct np_grains *grains, uint64_t *ret)
{
	for (size_t i = 0; i < grains->count; i++)
		for (size_t k = 0; k < grains->stride; k++)
			ret[k] += np_grain_counts(grains, i)[k];
}

/* The space between mappings is gone, and no page is; where grains are of one page, each keeps its place. */
static void test_packed(void **state)
{
	static const unsigned numbers[] = { 0, 1 };
	const uint64_t starts[] = { 0x55d0c0003000, 0x55d0c0013000, 0x7f0000001000, 0x7f1234567000 };

	(void)state;
	for (uint64_t pages = 5; pages < 100000; pages *= 17) {
		struct np_snapshot *snapshot = sample_system(2, numbers);
		struct np_target *target = sample_target(snapshot, 1, "packed", 1);
		uint64_t before[NP_LOOKS + 3] = { 0 }, after[NP_LOOKS + 3] = { 0 };
		struct np_grains *grains = np_grains_create(2);

		for (size_t i = 0; i < 4; i++) {
			uint64_t mapped = i == 0 ? 16 : 2 * pages; /* the first two are neighbours */

			sample_mapping(snapshot, target, starts[i], starts[i] + mapped * PAGE, "rw-p", "");
			np_grains_add(grains, starts[i] + PAGE, i == 0 ? 15 : pages, i & 1 ? NP_HINTED : NP_PRESENT, (int)i & 1);
		}
		sum_up(grains, before);
		assert_int_equal(np_grains_pack(&grains, target->mappings, target->mapping_count), 0);
		sum_up(grains, after);
		assert_memory_equal(before, after, sizeof(before));
		assert_true((grains->indices[grains->count - 1] + 1) << grains->shift <= (16 + 6 * pages + (1ULL << grains->shift) / PAGE) * PAGE);
		if (grains->shift == 12) {
			assert_int_equal(grains->indices[0], 1);
			assert_int_equal(grains->indices[15], 16 + 1);
			assert_int_equal(grains->indices[15 + 2 * pages], 16 + 4 * pages + 1);
		}
		np_grains_destroy(grains);
		np_snapshot_destroy(snapshot);
	}
}

static void test_nothing(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	struct np_layout layout;

	(void)state;
	assert_int_equal(np_layout_make(&snapshot->targets[0], 10, 10, &layout), 0);
	assert_int_equal(layout.row_count, 0);
	np_layout_free(&layout);
	np_snapshot_destroy(snapshot);
}

static void fill(struct np_snapshot *snapshot, struct np_target *target, const char *perms, const char *path,
		 uint64_t start, uint64_t bytes)
{
	struct np_mapping *mapping = sample_mapping(snapshot, target, start, start + bytes, perms, path);

	mapping->pages.by_node[NP_R_PRESENT][0] = bytes / PAGE;
	target->pages.by_node[NP_R_PRESENT][0] += bytes / PAGE;
}

/* Something of every kind, on two nodes. */
static struct np_snapshot *sample_picture(void)
{
	static const unsigned numbers[] = { 0, 1 };
	struct np_snapshot *snapshot = sample_system(2, numbers);
	struct np_target *target = sample_target(snapshot, 4711, "a<b>&\"c", 4);
	struct np_grains *grains = target->grains = np_grains_create(2);
	uint64_t heap = 0x55d0c0000000, memory = 0x7f0000000000;

	fill(snapshot, target, "r-xp", "/usr/lib/postgresql/15/bin/postgres", heap, 4 * MIB);
	np_grains_add(grains, heap, 1024, NP_PRESENT, 0);
	fill(snapshot, target, "rw-p", "[heap]", heap + 6 * MIB, 30 * MIB);
	np_grains_add(grains, heap + 6 * MIB, 7680, NP_PRESENT, 1);
	fill(snapshot, target, "rw-p", "", memory, 256 * MIB);
	np_grains_add(grains, memory, 16384, NP_PRESENT, 0);
	np_grains_add(grains, memory + 64 * MIB, 12288, NP_HINTED, 0);
	np_grains_add(grains, memory + 112 * MIB, 4096, NP_HINTED, 1);
	for (uint64_t i = 0; i < 8192; i += 2) {
		np_grains_add(grains, memory + 128 * MIB + i * PAGE, 1, NP_PRESENT, 0);
		np_grains_add(grains, memory + 128 * MIB + (i + 1) * PAGE, 1, NP_PRESENT, 1);
	}
	np_grains_add(grains, memory + 160 * MIB, 4096, NP_SWAPPED, -1);
	np_grains_add(grains, memory + 180 * MIB, 64, NP_PRESENT, 1);
	np_grains_add(grains, memory + 182 * MIB, 512, NP_ZERO, -1);
	np_grains_add(grains, memory + 200 * MIB, 512, NP_ACCESSIBLE, 0);
	fill(snapshot, target, "---p", "/dev/shm/guard <1>", memory + 512 * MIB, 32 * MIB);
	np_grains_add(grains, memory + 512 * MIB, 4096, NP_PROTNONE, 1);
	np_grains_add(grains, memory + 528 * MIB, 4096, NP_PROTNONE, 0);
	return snapshot;
}

static void test_paintings(void **state)
{
	const struct np_view plain = { .utf8 = true, .width = 80 }, ascii = { .width = 60 }, narrow = { .width = 30 };
	const struct np_view color = { .utf8 = true, .color = true, .width = 100 };
	struct np_snapshot *snapshot = sample_picture();
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	sample_expect("map-plain", sample_render(np_paint_terminal, snapshot, &plain));
	sample_expect("map-color", sample_render(np_paint_terminal, snapshot, &color));
	sample_expect("map-ascii", sample_render(np_paint_terminal, snapshot, &ascii));
	sample_expect("map-narrow", sample_render(np_paint_terminal, snapshot, &narrow));
	assert_int_equal(np_paint_svg(snapshot, out), 0);
	fclose(out);
	sample_expect("map-svg", text);
	np_snapshot_destroy(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grains),	cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_nothing), cmocka_unit_test(test_paintings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
