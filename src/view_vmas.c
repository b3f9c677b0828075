/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of mappings and of processes. The one file that knows libsmartcols. */
#include "view_vmas.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"

#define PATH_MIN_WIDTH 12 /* a path is not shortened to less, whatever the terminal */

/*
 * So many rows are given to libsmartcols at once, which keeps all cells of its table: a process may have tens of
 * thousands of mappings. The widths of the columns are found out before, with the same cells.
 */
#define BATCH_ROWS 1024

/* What is printed, put together before libsmartcols sees it. */
struct plan {
	const struct np_snapshot *snapshot;
	const struct np_options *options;
	const struct np_view *view;
	bool processes;
	const struct np_target *total; /* the last row of processes; NULL: none */
	struct np_column_list columns;
	struct np_row *rows;
	size_t row_count;
	size_t *widths;	   /* of the columns, over all rows; NULL: they don't matter */
	size_t path_limit; /* paths are shortened to it; 0: they are not */
	size_t first, cell_rows;
	char **cells; /* of the rows from first on, by columns */
};

static bool verbatim(const struct plan *plan)
{
	return plan->options->format == NP_FORMAT_RAW || plan->options->format == NP_FORMAT_PAIRS;
}

/* Some page slot holds something. */
static bool holds_a_page(const struct np_tally *pages, size_t node_count)
{
	return np_tally_resident(pages, node_count, SIZE_MAX) || pages->zero || pages->special || pages->swapped ||
	       pages->migrating || pages->device || pages->poisoned || pages->marker || pages->guard || pages->unknown;
}

static void add_rows(struct plan *plan, const struct np_target *target)
{
	const struct np_system *system = &plan->snapshot->system;

	for (size_t i = 0; i < target->mapping_count; i++) {
		const struct np_mapping *mapping = &target->mappings[i];

		if (!plan->options->nonzero || holds_a_page(&mapping->pages, system->node_count))
			plan->rows[plan->row_count++] = (struct np_row){ system, target, mapping, NULL };
	}
}

static void add_process(struct plan *plan, const struct np_target *target)
{
	const struct np_system *system = &plan->snapshot->system;

	if (target->readable && (!plan->options->nonzero || holds_a_page(&target->pages, system->node_count)))
		plan->rows[plan->row_count++] = (struct np_row){ system, target, NULL, NULL };
}

static int collect_rows(struct plan *plan)
{
	size_t most = 1 + plan->snapshot->target_count; /* and the total */

	for (size_t i = 0; i < plan->snapshot->target_count; i++)
		most += plan->snapshot->targets[i].mapping_count;
	plan->rows = calloc(most, sizeof(*plan->rows));
	if (!plan->rows)
		return -ENOMEM;
	for (size_t i = 0; i < plan->snapshot->target_count; i++)
		if (plan->processes)
			add_process(plan, &plan->snapshot->targets[i]);
		else
			add_rows(plan, &plan->snapshot->targets[i]);
	return 0;
}

struct sorting {
	struct np_column_ref by;
	bool descending;
};

/* Rows of equal values stay in the order of targets and addresses, and unknown ones come last. */
static int compare_rows(const void *left, const void *right, void *argument)
{
	const struct sorting *sorting = argument;
	const struct np_row *left_row = left, *right_row = right;
	struct np_value left_value = np_column_value(&sorting->by, left_row);
	struct np_value right_value = np_column_value(&sorting->by, right_row);
	int order = np_value_compare(&left_value, &right_value);

	if (left_value.kind != NP_VALUE_UNKNOWN && right_value.kind != NP_VALUE_UNKNOWN && sorting->descending)
		order = -order;
	if (order != 0)
		return order;
	if (left_row->target != right_row->target)
		return left_row->target < right_row->target ? -1 : 1;
	return (left_row->mapping > right_row->mapping) - (left_row->mapping < right_row->mapping);
}

/* Processes are sorted in any case: the largest first. */
static void sort_rows(struct plan *plan)
{
	struct sorting sorting = { plan->options->sort, plan->options->sort_descending };

	if (!sorting.by.column && plan->processes) {
		np_column_find("RESIDENT", strlen("RESIDENT"), &sorting.by);
		sorting.descending = true;
	}
	if (sorting.by.column)
		qsort_r(plan->rows, plan->row_count, sizeof(*plan->rows), compare_rows, &sorting);
	if (plan->total)
		plan->rows[plan->row_count++] =
			(struct np_row){ &plan->snapshot->system, plan->total, NULL, plan->snapshot };
}

static char **cell_at(const struct plan *plan, size_t row, size_t column)
{
	return &plan->cells[(row - plan->first) * plan->columns.count + column];
}

/* An empty column would move the others where they are told apart by blanks only. */
static char *format_cell(const struct plan *plan, const struct np_value *value)
{
	if (plan->options->format == NP_FORMAT_RAW && value->kind == NP_VALUE_TEXT && *value->text == '\0')
		return strdup("-");
	return np_value_format(value, plan->view, plan->snapshot->system.page_bytes, verbatim(plan));
}

/* The end of a path says more than its start: cut there, between characters and between escapes. */
static int shorten(char **cell, size_t limit, bool utf8)
{
	const char *mark = utf8 ? "\342\200\246" : "...";
	size_t mark_width = utf8 ? 1 : 3;
	const char *rest = *cell;
	size_t width = np_text_width(rest, SIZE_MAX);
	char *text;

	if (width <= limit)
		return 0;
	while (*rest && width + mark_width > limit) {
		uint32_t character;
		size_t length = np_utf8_decode(rest, &character);

		if (*rest == '\\')
			length = rest[1] == 'x' ? 4 : 2;
		else if (length == 0)
			length = 1;
		width -= np_text_width(rest, length);
		rest += length;
	}
	if (asprintf(&text, "%s%s", mark, rest) < 0)
		return -ENOMEM;
	free(*cell);
	*cell = text;
	return 0;
}

static int fill_cell(const struct plan *plan, size_t row, size_t column)
{
	const struct np_column_ref *ref = &plan->columns.refs[column];
	struct np_value value = np_column_value(ref, &plan->rows[row]);
	char **cell = cell_at(plan, row, column);

	*cell = format_cell(plan, &value);
	if (!*cell)
		return -ENOMEM;
	if (plan->path_limit && ref->column->flags & NP_COLUMN_PATH)
		return shorten(cell, plan->path_limit, plan->view->utf8);
	return 0;
}

static void drop_cells(struct plan *plan)
{
	for (size_t i = 0; i < plan->cell_rows * plan->columns.count; i++)
		free(plan->cells[i]);
	free(plan->cells);
	plan->cells = NULL;
	plan->cell_rows = 0;
}

/* The cells of so many rows, or of as many as are left, in place of those that were there. */
static int format_cells(struct plan *plan, size_t first, size_t most)
{
	size_t count = plan->row_count - first < most ? plan->row_count - first : most;
	int error = 0;

	drop_cells(plan);
	plan->cells = calloc(count * plan->columns.count + 1, sizeof(*plan->cells));
	if (!plan->cells)
		return -ENOMEM;
	plan->first = first;
	plan->cell_rows = count;
	for (size_t i = first; !error && i < first + count; i++)
		for (size_t j = 0; !error && j < plan->columns.count; j++)
			error = fill_cell(plan, i, j);
	return error;
}

static size_t column_width(const struct plan *plan, size_t column)
{
	char buffer[16];
	size_t widest = strlen(np_column_heading(&plan->columns.refs[column], buffer));

	for (size_t i = plan->first; i < plan->first + plan->cell_rows; i++) {
		size_t width = np_text_width(*cell_at(plan, i, column), SIZE_MAX);

		widest = width > widest ? width : widest;
	}
	return widest;
}

/* Make the paths short enough for the terminal. */
static void fit_paths(struct plan *plan)
{
	size_t others = plan->columns.count - 1; /* the blanks between columns */
	size_t path = SIZE_MAX;

	for (size_t i = 0; i < plan->columns.count; i++) {
		if (plan->columns.refs[i].column->flags & NP_COLUMN_PATH)
			path = i;
		else
			others += plan->widths[i];
	}
	if (path == SIZE_MAX)
		return;
	plan->path_limit = plan->view->width > others + PATH_MIN_WIDTH ? plan->view->width - others : PATH_MIN_WIDTH;
	if (plan->widths[path] > plan->path_limit)
		plan->widths[path] = plan->path_limit;
}

static int find_widths(struct plan *plan)
{
	int error = 0;

	plan->widths = calloc(plan->columns.count + 1, sizeof(*plan->widths));
	if (!plan->widths)
		return -ENOMEM;
	for (size_t first = 0; !error && first < plan->row_count; first += BATCH_ROWS) {
		error = format_cells(plan, first, BATCH_ROWS);
		for (size_t i = 0; !error && i < plan->columns.count; i++) {
			size_t width = column_width(plan, i);

			plan->widths[i] = width > plan->widths[i] ? width : plan->widths[i];
		}
	}
	if (!error && plan->view->width)
		fit_paths(plan);
	return error;
}

static int make_plan(struct plan *plan)
{
	int error = np_column_choice_expand(&plan->options->columns, plan->snapshot, !verbatim(plan), &plan->columns);

	if (!error)
		error = collect_rows(plan);
	if (!error)
		sort_rows(plan);
	if (!error && !verbatim(plan))
		error = find_widths(plan);
	return error;
}

static void free_plan(struct plan *plan)
{
	drop_cells(plan);
	free(plan->widths);
	free(plan->rows);
	free(plan->columns.refs);
}

static int add_columns(const struct plan *plan, struct libscols_table *table)
{
	for (size_t i = 0; i < plan->columns.count; i++) {
		const struct np_column_ref *ref = &plan->columns.refs[i];
		char buffer[16];
		const char *heading = np_column_heading(ref, buffer);
		size_t width = plan->widths ? plan->widths[i] : 0;
		int flags = ref->column->flags & NP_COLUMN_RIGHT ? SCOLS_FL_RIGHT : 0;
		struct libscols_column *column;

		/* Without it a column whose cells are all narrower than its heading is as wide as that one. */
		if (width > strlen(heading))
			flags |= SCOLS_FL_STRICTWIDTH;
		column = scols_table_new_column(table, heading, (double)width, flags);
		if (!column)
			return -ENOMEM;
		if (scols_cell_set_color(scols_column_get_header(column), np_paint(plan->view, NP_BOLD)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static const char *color_of(const struct plan *plan, size_t row, size_t column)
{
	struct np_value value = np_column_value(&plan->columns.refs[column], &plan->rows[row]);

	if (plan->rows[row].total)
		return np_paint(plan->view, NP_BOLD);
	if (value.kind == NP_VALUE_UNKNOWN)
		return np_paint(plan->view, NP_RED);
	if (strcmp(plan->columns.refs[column].column->name, "HINTED") == 0 && value.number > 0)
		return np_paint(plan->view, NP_YELLOW);
	return "";
}

/* The table takes over the cell's text. */
static int add_cell(const struct plan *plan, struct libscols_line *line, size_t row, size_t column)
{
	char **cell = cell_at(plan, row, column);
	const char *color = color_of(plan, row, column);

	if (scols_line_refer_data(line, column, *cell) < 0)
		return -ENOMEM;
	*cell = NULL;
	if (*color == '\0')
		return 0;
	return scols_cell_set_color(scols_line_get_cell(line, column), color) < 0 ? -ENOMEM : 0;
}

static int add_lines(const struct plan *plan, struct libscols_table *table)
{
	for (size_t i = plan->first; i < plan->first + plan->cell_rows; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (!line)
			return -ENOMEM;
		for (size_t j = 0; j < plan->columns.count; j++)
			if (add_cell(plan, line, i, j) < 0)
				return -ENOMEM;
	}
	return 0;
}

static void set_up_table(const struct plan *plan, struct libscols_table *table, FILE *out)
{
	scols_table_set_stream(table, out);
	scols_table_enable_raw(table, plan->options->format == NP_FORMAT_RAW);
	scols_table_enable_export(table, plan->options->format == NP_FORMAT_PAIRS);
	scols_table_enable_noheadings(table, plan->options->noheadings || plan->first > 0);
	scols_table_enable_noencoding(table, 1); /* cells are escaped, or it is done by the format */
	scols_table_enable_colors(table, plan->view->color && !verbatim(plan));
	/* Paths are fitted here; what is still too wide is better seen whole than cut. */
	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
}

static int print_batch(const struct plan *plan, FILE *out)
{
	struct libscols_table *table = scols_new_table();
	int error;

	if (!table)
		return -ENOMEM;
	set_up_table(plan, table, out);
	error = add_columns(plan, table);
	if (!error)
		error = add_lines(plan, table);
	if (!error)
		error = scols_print_table(table);
	scols_unref_table(table);
	return error;
}

static int print_plan(struct plan *plan, FILE *out)
{
	int error = 0;

	for (size_t first = 0; !error && first < plan->row_count; first += BATCH_ROWS) {
		error = format_cells(plan, first, BATCH_ROWS);
		if (!error)
			error = print_batch(plan, out);
	}
	return error;
}

static int view_table(struct plan *plan, FILE *out)
{
	int error = make_plan(plan);

	if (!error)
		error = print_plan(plan, out);
	free_plan(plan);
	if (!error && ferror(out))
		error = -EIO;
	return error;
}

int np_view_vmas(const struct np_snapshot *snapshot, const struct np_options *options, const struct np_view *view,
		 FILE *out)
{
	struct plan plan = { .snapshot = snapshot, .options = options, .view = view };

	return view_table(&plan, out);
}

int np_view_process_table(const struct np_snapshot *snapshot, const struct np_target *total,
			  const struct np_options *options, const struct np_view *view, FILE *out)
{
	struct plan plan = { .snapshot = snapshot, .options = options, .view = view, .processes = true, .total = total };

	return view_table(&plan, out);
}

static void print_padded(const struct plan *plan, size_t column, const char *text, size_t width, FILE *out)
{
	bool right = plan->columns.refs[column].column->flags & NP_COLUMN_RIGHT, last = column + 1 == plan->columns.count;
	size_t taken = np_text_width(text, SIZE_MAX);
	int blanks = width > taken ? (int)(width - taken) : 0;

	fprintf(out, "%*s%s%*s%s", right ? blanks : 0, "", text, right || last ? 0 : blanks, "", last ? "\n" : " ");
}

/* Room for a number that grows a little. Columns that are other ones than before have a heading of their own. */
static int fit_widths(const struct plan *plan, struct np_line_widths *widths)
{
	if (widths->count != plan->columns.count) {
		size_t *more = calloc(plan->columns.count + 1, sizeof(*more));

		if (!more)
			return -ENOMEM;
		free(widths->widths);
		widths->widths = more;
		widths->count = plan->columns.count;
		widths->headed = false;
	}
	for (size_t i = 0; i < plan->columns.count; i++) {
		size_t width = column_width(plan, i);

		if (width > widths->widths[i])
			widths->widths[i] = width;
		if (plan->columns.refs[i].column->flags & NP_COLUMN_RIGHT && widths->widths[i] < 7)
			widths->widths[i] = 7;
	}
	return 0;
}

static int print_lines(struct plan *plan, struct np_line_widths *widths, FILE *out)
{
	int error = format_cells(plan, 0, plan->row_count);

	if (!error)
		error = fit_widths(plan, widths);
	for (size_t i = 0; !error && !widths->headed && !plan->options->noheadings && i < plan->columns.count; i++) {
		char buffer[16];

		print_padded(plan, i, np_column_heading(&plan->columns.refs[i], buffer), widths->widths[i], out);
	}
	for (size_t row = 0; !error && row < plan->row_count; row++)
		for (size_t i = 0; i < plan->columns.count; i++)
			print_padded(plan, i, *cell_at(plan, row, i), widths->widths[i], out);
	widths->headed = true;
	return error;
}

int np_view_lines(const struct np_snapshot *snapshot, const struct np_options *options,
			  const struct np_view *view, struct np_line_widths *widths, FILE *out)
{
	struct np_options headless = *options;
	struct plan plan = { .snapshot = snapshot, .options = &headless, .view = view, .processes = !options->vmas };
	int error = make_plan(&plan);

	if (!error && plan.row_count && verbatim(&plan)) {
		headless.noheadings |= widths->headed; /* raw columns were told once; pairs name theirs anyway */
		widths->headed = true;
		error = print_plan(&plan, out);
	} else if (!error && plan.row_count) {
		error = print_lines(&plan, widths, out);
	}
	free_plan(&plan);
	if (!error && ferror(out))
		error = -EIO;
	return error;
}
