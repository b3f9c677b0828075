/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From grains to rows of cells. */
#include "layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FOLD_ROW_BYTES (1ULL << 30) /* what is folded may begin a row from this size on, */
#define FOLD_ROWS 12		    /* but only the largest folds do */
#define MOST_EMPTY 4 /* cells without a page that are drawn between others; more are folded */
#define PAGE_SHIFT 12

/* Cells that a size comes to: those with pages, and the short gaps between them. */
static size_t count_cells(const struct np_grains *grains, unsigned shift)
{
	uint64_t last = 0;
	size_t count = 0;

	for (size_t i = 0; i < grains->count; i++) {
		uint64_t index = grains->indices[i] >> (shift - grains->shift);

		if (count && index == last)
			continue;
		if (count)
			count += index - last - 1 <= MOST_EMPTY ? (size_t)(index - last - 1) : 1;
		count++;
		last = index;
	}
	return count;
}

static unsigned choose_shift(const struct np_grains *grains, size_t most_cells)
{
	unsigned shift = grains->shift;

	while (shift < 63 && count_cells(grains, shift) > most_cells)
		shift++;
	return shift;
}

/* Larger than all gaps but for the FOLD_ROWS largest, of which all that are alike count or none. */
static uint64_t choose_row_fold(const struct np_grains *grains)
{
	uint64_t largest[FOLD_ROWS + 1] = { 0 }; /* descending */

	for (size_t i = 1; i < grains->count; i++) {
		uint64_t gap = (grains->indices[i] - grains->indices[i - 1]) << grains->shift;

		for (size_t k = 0; k <= FOLD_ROWS; k++)
			if (gap > largest[k]) {
				uint64_t next = largest[k];

				largest[k] = gap;
				gap = next;
			}
	}
	return largest[FOLD_ROWS] >= FOLD_ROW_BYTES ? largest[FOLD_ROWS] + 1 : FOLD_ROW_BYTES;
}

/* Where a mapping is in the picture: its addresses, or where they are packed behind the one before it. */
struct place {
	uint64_t start, end;
};

static struct place *find_places(const struct np_target *target)
{
	struct place *places = calloc(target->mapping_count + 1, sizeof(*places));
	uint64_t at = 0;

	for (size_t i = 0; places && i < target->mapping_count; i++) {
		const struct np_mapping *mapping = &target->mappings[i];

		places[i] = (struct place){ mapping->start, mapping->end };
		if (target->grains->packed)
			places[i] = (struct place){ at, at + mapping->end - mapping->start };
		at = places[i].end;
	}
	return places;
}

static void add_counts(struct np_cell *cell, const uint32_t *counts, uint64_t *by_node, size_t node_count)
{
	for (enum np_look look = 0; look < NP_LOOKS; look++) {
		cell->counts[look] += counts[look];
		cell->pages += counts[look];
		cell->resident += look <= NP_LOOK_ACCESSIBLE ? counts[look] : 0;
	}
	for (size_t i = 0; i <= node_count; i++)
		by_node[i] += counts[NP_LOOKS + i];
}

/* The node with most pages but for one that does not count; SIZE_MAX: there is none. */
static size_t most_of(const uint64_t *by_node, size_t node_count, size_t but)
{
	size_t most = SIZE_MAX;

	for (size_t i = 0; i <= node_count; i++)
		if (i != but && by_node[i] && (most == SIZE_MAX || by_node[i] > by_node[most]))
			most = i;
	return most;
}

/* What most of its pages are decides how a cell looks; of what is equal, the rarer state. */
static void decide(struct np_cell *cell, uint64_t *by_node, size_t node_count)
{
	uint64_t most = 0;

	for (enum np_look look = 0; look < NP_LOOKS; look++)
		if (cell->counts[look] && cell->counts[look] >= most) {
			most = cell->counts[look];
			cell->look = look;
		}
	/* Memory is what the picture is about: what holds none counts only where there is nothing else. */
	if (cell->resident && cell->look > NP_LOOK_ACCESSIBLE)
		for (enum np_look look = cell->look = 0; look <= NP_LOOK_ACCESSIBLE; look++)
			if (cell->counts[look] > cell->counts[cell->look])
				cell->look = look;
	cell->node = most_of(by_node, node_count, SIZE_MAX);
	cell->other = most_of(by_node, node_count, cell->node);
	cell->mixed = cell->other != SIZE_MAX;
	memset(by_node, 0, (node_count + 1) * sizeof(*by_node));
}

/* What the rows are made from. */
struct making {
	const struct np_target *target;
	const struct np_grains *grains;
	struct np_layout layout;
	unsigned shift;
	uint64_t row_fold_bytes; /* folds of this size begin a row */
	struct place *places; /* one for each mapping */
	size_t mapping_at;
	uint64_t *by_node;
};

/* The first mapping that ends after an address. Addresses ascend from call to call. */
static size_t mapping_from(struct making *making, uint64_t addr)
{
	while (making->mapping_at < making->target->mapping_count && making->places[making->mapping_at].end <= addr)
		making->mapping_at++;
	return making->mapping_at;
}

static uint64_t shown_address(struct making *making, uint64_t addr)
{
	size_t mapping = mapping_from(making, addr);

	if (!making->grains->packed || mapping == making->target->mapping_count)
		return addr;
	return addr > making->places[mapping].start ? addr - making->places[mapping].start : 0;
}

static void start_row(struct making *making, uint64_t folded_bytes)
{
	struct np_layout *layout = &making->layout;

	layout->rows[layout->row_count++] =
		(struct np_layout_row){ .folded_bytes = folded_bytes, .first = layout->cell_count, .mapping = SIZE_MAX };
}

static struct np_cell *add_cell(struct making *making, uint64_t index)
{
	struct np_layout *layout = &making->layout;
	struct np_layout_row *row = &layout->rows[layout->row_count - 1];
	struct np_cell *cell;

	if (row->count == layout->columns) {
		start_row(making, 0);
		row++;
	}
	row->count++;
	cell = &layout->cells[layout->cell_count++];
	*cell = (struct np_cell){ .start = index << making->shift, .node = making->grains->node_count,
				  .mapping = SIZE_MAX };
	cell->shown = shown_address(making, cell->start);
	return cell;
}

/* The gap before a cell: empty cells, or a fold, maybe with a new row. */
static void bridge(struct making *making, uint64_t from, uint64_t to)
{
	uint64_t bytes = (to - from) << making->shift;

	if (to - from > MOST_EMPTY) {
		const struct np_layout_row *row = &making->layout.rows[making->layout.row_count - 1];

		if (bytes < making->row_fold_bytes && row->count + 1 < making->layout.columns)
			add_cell(making, from)->folded_bytes = bytes;
		else
			start_row(making, bytes);
		return;
	}
	for (; from < to; from++)
		add_cell(making, from);
}

static void fill_cells(struct making *making)
{
	const struct np_grains *grains = making->grains;
	unsigned down = making->shift - grains->shift;
	uint64_t last = 0;

	start_row(making, 0);
	for (size_t i = 0; i < grains->count;) {
		uint64_t index = grains->indices[i] >> down;
		struct np_cell *cell;

		if (making->layout.cell_count)
			bridge(making, last + 1, index);
		cell = add_cell(making, index);
		for (; i < grains->count && grains->indices[i] >> down == index; i++)
			add_counts(cell, np_grain_counts(grains, i), making->by_node, grains->node_count);
		decide(cell, making->by_node, grains->node_count);
		cell->mapping = mapping_from(making, cell->start);
		last = index;
	}
}

/* The mapping with most of a row's pages names it. */
static void name_row(const struct making *making, struct np_layout_row *row)
{
	const struct np_target *target = making->target;
	const struct np_cell *cells = making->layout.cells + row->first;
	uint64_t end = cells[row->count - 1].start + making->layout.cell_bytes, most = 0;
	size_t named = 0, start = 0;

	while (start + 1 < row->count && cells[start].mapping == SIZE_MAX) /* it may begin with empty cells */
		start++;
	for (size_t i = cells[start].mapping; i < target->mapping_count && making->places[i].start < end; i++) {
		uint64_t pages = np_tally_resident(&target->mappings[i].pages, making->grains->node_count, SIZE_MAX) +
				 target->mappings[i].pages.swapped;

		named += pages > 0;
		if (pages <= most)
			continue;
		most = pages;
		row->mapping = i;
	}
	row->more = named ? named - 1 : 0;
}

int np_layout_make(const struct np_target *target, size_t columns, size_t rows, struct np_layout *ret)
{
	struct making making = { .target = target, .grains = target->grains };
	struct np_layout *layout = &making.layout;
	size_t cells;
	int result = -ENOMEM;

	layout->columns = columns ? columns : 1;
	if (!target->grains || !target->grains->count) {
		*ret = *layout;
		return 0;
	}
	making.row_fold_bytes = choose_row_fold(target->grains);
	making.shift = choose_shift(target->grains, layout->columns * rows);
	layout->cell_bytes = 1ULL << making.shift;
	cells = count_cells(target->grains, making.shift);
	layout->cells = calloc(cells, sizeof(*layout->cells));
	layout->rows = calloc(cells + 1, sizeof(*layout->rows)); /* no row is empty, but for the first for a moment */
	making.by_node = calloc(target->grains->node_count + 1, sizeof(*making.by_node));
	making.places = find_places(target);
	if (layout->cells && layout->rows && making.by_node && making.places) {
		fill_cells(&making);
		for (size_t i = 0; i < layout->row_count; i++)
			name_row(&making, &layout->rows[i]);
		*ret = *layout;
		result = 0;
	} else {
		np_layout_free(layout);
	}
	free(making.by_node);
	free(making.places);
	return result;
}

void np_layout_free(struct np_layout *layout)
{
	free(layout->cells);
	free(layout->rows);
	*layout = (struct np_layout){ 0 };
}
