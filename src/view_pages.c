/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of one process by state and node, as a table: nodes side by side, or one below the other. */
#include "view_pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "i18n.h"
#include "units.h"

#define DEFAULT_WIDTH 80
#define RESIDENT NP_R_STATES /* in place of a state: all of them */
#define ALL_NODES SIZE_MAX

/* The rows that are known by node. */
static const struct state_row {
	const char *label;
	enum np_resident state;
	enum np_paint paint;
} state_rows[] = {
	{ N_("present"), NP_R_PRESENT, NP_PLAIN },
	{ N_("NUMA-hinted"), NP_R_HINTED, NP_YELLOW },
	{ N_("PROT_NONE"), NP_R_PROTNONE, NP_PLAIN },
	{ N_("resident"), RESIDENT, NP_BOLD },
};

#define STATE_ROWS (sizeof(state_rows) / sizeof(state_rows[0]))

/* The rows that are known in total only, and shown where they are known and not 0. */
static const struct counter_row {
	const char *label;
	size_t counter; /* offset in struct np_tally */
	enum np_paint paint;
} counter_rows[] = {
	{ N_(" of which THP"), offsetof(struct np_tally, thp), NP_PLAIN },
	{ N_(" of which hugetlb"), offsetof(struct np_tally, hugetlb), NP_PLAIN },
	{ N_("swapped"), offsetof(struct np_tally, swapped), NP_PLAIN },
	{ N_("zero page"), offsetof(struct np_tally, zero), NP_PLAIN },
	{ N_("special"), offsetof(struct np_tally, special), NP_PLAIN },
	{ N_("migrating"), offsetof(struct np_tally, migrating), NP_PLAIN },
	{ N_("device"), offsetof(struct np_tally, device), NP_PLAIN },
	{ N_("poisoned"), offsetof(struct np_tally, poisoned), NP_RED },
	{ N_("marker"), offsetof(struct np_tally, marker), NP_PLAIN },
	{ N_("guard"), offsetof(struct np_tally, guard), NP_PLAIN },
	{ N_("unknown"), offsetof(struct np_tally, unknown), NP_RED },
};

#define COUNTER_ROWS (sizeof(counter_rows) / sizeof(counter_rows[0]))

/* What the table is made of, and how wide that makes it. */
struct layout {
	const struct np_target *target;
	const struct np_system *system;
	const struct np_view *view;
	size_t *nodes; /* indices of the nodes shown; the system's node_count: pages whose node is not known */
	size_t node_count;
	bool hints_known;
	size_t label_width, cell_width;
};

static size_t width_of(const char *text)
{
	return np_text_width(text, SIZE_MAX);
}

static size_t larger(size_t left, size_t right)
{
	return left > right ? left : right;
}

/* 0 where it is not known: print_untold() says so. */
static uint64_t counter_of(const struct layout *layout, const struct counter_row *row)
{
	struct np_fact counter = np_tally_counter(&layout->target->pages, row->counter);

	return counter.known ? (uint64_t)counter.value : 0;
}

static uint64_t state_pages(const struct layout *layout, enum np_resident state, size_t node)
{
	const struct np_tally *pages = &layout->target->pages;

	if (state == RESIDENT)
		return np_tally_resident(pages, layout->system->node_count, node);
	if (node == ALL_NODES)
		return np_tally_state(pages, layout->system->node_count, state);
	return pages->by_node[state][node];
}

static bool is_known(const struct layout *layout, enum np_resident state)
{
	return layout->hints_known || (state != NP_R_PRESENT && state != NP_R_HINTED);
}

static void format_pages(const struct layout *layout, uint64_t pages, char ret[NP_UNITS_SIZE])
{
	np_format_bytes(np_pages_to_bytes(pages, layout->system->page_bytes), layout->view->bytes, ret);
}

static void format_cell(const struct layout *layout, enum np_resident state, size_t node, char ret[NP_UNITS_SIZE])
{
	if (is_known(layout, state))
		format_pages(layout, state_pages(layout, state, node), ret);
	else
		snprintf(ret, NP_UNITS_SIZE, "%s", NP_VIEW_UNKNOWN);
}

/* "Node 3"; "Node ?" for the pages whose node is not known. */
static void format_node(const struct layout *layout, size_t node, char ret[NP_UNITS_SIZE])
{
	if (node < layout->system->node_count)
		snprintf(ret, NP_UNITS_SIZE, _("Node %u"), layout->system->nodes[node].number);
	else
		snprintf(ret, NP_UNITS_SIZE, "%s", _("Node ?"));
}

/* A node without memory is shown only where something is on it all the same. */
static bool node_is_shown(const struct layout *layout, size_t node)
{
	if (state_pages(layout, RESIDENT, node) > 0)
		return true;
	if (node == layout->system->node_count)
		return false;
	return !layout->system->nodes[node].memory_bytes.known || layout->system->nodes[node].memory_bytes.value > 0;
}

static int choose_nodes(struct layout *layout)
{
	layout->nodes = calloc(layout->system->node_count + 1, sizeof(*layout->nodes));
	if (!layout->nodes)
		return -ENOMEM;
	for (size_t i = 0; i <= layout->system->node_count; i++)
		if (node_is_shown(layout, i))
			layout->nodes[layout->node_count++] = i;
	return 0;
}

static void fit_label(struct layout *layout, const char *label)
{
	layout->label_width = larger(layout->label_width, width_of(label) + 2);
}

static void fit_cell(struct layout *layout, const char *text)
{
	layout->cell_width = larger(layout->cell_width, width_of(text) + 2);
}

/* Sizes in units fit the smallest cell; of exact bytes, the sum over the nodes is the longest. */
static void measure(struct layout *layout)
{
	char text[NP_UNITS_SIZE];

	layout->label_width = 15;
	layout->cell_width = 10;
	fit_label(layout, _("of resident"));
	fit_cell(layout, _("Total"));
	format_pages(layout, state_pages(layout, RESIDENT, ALL_NODES), text);
	fit_cell(layout, text);
	for (size_t i = 0; i < STATE_ROWS; i++)
		fit_label(layout, _(state_rows[i].label));
	for (size_t i = 0; i < COUNTER_ROWS; i++) {
		uint64_t pages = counter_of(layout, &counter_rows[i]);

		if (pages == 0)
			continue;
		format_pages(layout, pages, text);
		fit_label(layout, _(counter_rows[i].label));
		fit_cell(layout, text);
	}
	for (size_t i = 0; i < layout->node_count; i++) {
		format_node(layout, layout->nodes[i], text);
		fit_label(layout, text);
		fit_cell(layout, text);
	}
}

static void print_blanks(size_t count, FILE *out)
{
	fprintf(out, "%*s", (int)count, "");
}

/* At the right of a cell. */
static void print_cell(const char *text, size_t width, FILE *out)
{
	print_blanks(width - width_of(text), out);
	fputs(text, out);
}

static void print_label(const char *label, const struct layout *layout, FILE *out)
{
	fprintf(out, " %s", label);
	print_blanks(layout->label_width - 1 - width_of(label), out);
}

/* Which part of the resident pages is hinted; "" where none is, or that is not known. */
static void format_share(const struct layout *layout, char ret[NP_UNITS_SIZE])
{
	uint64_t hinted = state_pages(layout, NP_R_HINTED, ALL_NODES);

	ret[0] = '\0';
	if (layout->hints_known && hinted > 0)
		np_format_percent(hinted, state_pages(layout, RESIDENT, ALL_NODES), ret);
}

static void print_counters(const struct layout *layout, size_t width, FILE *out)
{
	for (size_t i = 0; i < COUNTER_ROWS; i++) {
		const struct counter_row *row = &counter_rows[i];
		uint64_t pages = counter_of(layout, row);
		char text[NP_UNITS_SIZE];

		if (pages == 0)
			continue;
		format_pages(layout, pages, text);
		fputs(np_paint(layout->view, row->paint), out);
		print_label(_(row->label), layout, out);
		print_cell(text, width - layout->label_width, out);
		fprintf(out, "%s\n", np_paint_end(layout->view, row->paint));
	}
}

static enum np_paint paint_of_state(const struct layout *layout, const struct state_row *row)
{
	if (!is_known(layout, row->state))
		return NP_RED;
	if (row->state == NP_R_HINTED && state_pages(layout, NP_R_HINTED, ALL_NODES) == 0)
		return NP_PLAIN;
	return row->paint;
}

static void print_state_row(const struct layout *layout, const struct state_row *row, FILE *out)
{
	enum np_paint paint = paint_of_state(layout, row);
	char text[NP_UNITS_SIZE];

	fputs(np_paint(layout->view, paint), out);
	print_label(_(row->label), layout, out);
	for (size_t i = 0; i < layout->node_count; i++) {
		format_cell(layout, row->state, layout->nodes[i], text);
		print_cell(text, layout->cell_width, out);
	}
	format_cell(layout, row->state, ALL_NODES, text);
	print_cell(text, layout->cell_width, out);
	format_share(layout, text);
	if (row->state == NP_R_HINTED && *text != '\0')
		fprintf(out, "   %s", text);
	fprintf(out, "%s\n", np_paint_end(layout->view, paint));
}

static size_t width_side_by_side(const struct layout *layout)
{
	return layout->label_width + (layout->node_count + 1) * layout->cell_width;
}

/* The share of the hints, if there are any, stands right of the table. */
static size_t width_with_share(const struct layout *layout)
{
	char text[NP_UNITS_SIZE];

	format_share(layout, text);
	return width_side_by_side(layout) + (*text ? strlen("   >99.9 %") : 0);
}

static void print_side_by_side(const struct layout *layout, FILE *out)
{
	char text[NP_UNITS_SIZE];

	fputs(np_paint(layout->view, NP_BOLD), out);
	print_blanks(layout->label_width, out);
	for (size_t i = 0; i < layout->node_count; i++) {
		format_node(layout, layout->nodes[i], text);
		print_cell(text, layout->cell_width, out);
	}
	print_cell(_("Total"), layout->cell_width, out);
	fprintf(out, "%s\n", np_paint_end(layout->view, NP_BOLD));
	for (size_t i = 0; i < STATE_ROWS; i++)
		print_state_row(layout, &state_rows[i], out);
	print_counters(layout, width_side_by_side(layout), out);
}

/* The cells of a state in the other layout: as wide as its name asks for. */
static size_t state_width(const struct layout *layout, const struct state_row *row)
{
	return larger(layout->cell_width, width_of(_(row->label)) + 2);
}

static void print_node_row(const struct layout *layout, size_t node, const char *label, FILE *out)
{
	char text[NP_UNITS_SIZE];

	print_label(label, layout, out);
	for (size_t i = 0; i < STATE_ROWS; i++) {
		enum np_paint paint = is_known(layout, state_rows[i].state) ? NP_PLAIN : NP_RED;

		format_cell(layout, state_rows[i].state, node, text);
		fputs(np_paint(layout->view, paint), out);
		print_cell(text, state_width(layout, &state_rows[i]), out);
		fputs(np_paint_end(layout->view, paint), out);
	}
}

static void print_heading_of_states(const struct layout *layout, FILE *out)
{
	fputs(np_paint(layout->view, NP_BOLD), out);
	print_blanks(layout->label_width, out);
	for (size_t i = 0; i < STATE_ROWS; i++)
		print_cell(_(state_rows[i].label), state_width(layout, &state_rows[i]), out);
	fprintf(out, "%s\n", np_paint_end(layout->view, NP_BOLD));
}

static void print_row_of_share(const struct layout *layout, FILE *out)
{
	char text[NP_UNITS_SIZE];

	format_share(layout, text);
	if (*text == '\0')
		return;
	print_label(_("of resident"), layout, out);
	for (size_t i = 0; i < STATE_ROWS && state_rows[i].state <= NP_R_HINTED; i++)
		print_cell(state_rows[i].state == NP_R_HINTED ? text : "", state_width(layout, &state_rows[i]), out);
	fputc('\n', out);
}

static size_t width_below_each_other(const struct layout *layout)
{
	size_t width = layout->label_width;

	for (size_t i = 0; i < STATE_ROWS; i++)
		width += state_width(layout, &state_rows[i]);
	return width;
}

static void print_below_each_other(const struct layout *layout, FILE *out)
{
	size_t width = width_below_each_other(layout);
	char text[NP_UNITS_SIZE];

	print_heading_of_states(layout, out);
	for (size_t i = 0; i < layout->node_count; i++) {
		format_node(layout, layout->nodes[i], text);
		print_node_row(layout, layout->nodes[i], text, out);
		fputc('\n', out);
	}
	fputs(np_paint(layout->view, NP_BOLD), out);
	print_node_row(layout, ALL_NODES, _("Total"), out);
	fprintf(out, "%s\n", np_paint_end(layout->view, NP_BOLD));
	print_row_of_share(layout, out);
	print_counters(layout, width, out);
}

/* What has no row because it is not known, and not because there is none. */
static void print_untold(const struct layout *layout, FILE *out)
{
	static const struct {
		unsigned untold;
		const char *names;
	} untold[] = {
		{ NP_UNTOLD_THP | NP_UNTOLD_HUGETLB, N_("THP") },
		{ NP_UNTOLD_HUGETLB, N_("hugetlb") },
		{ NP_UNTOLD_ZERO, N_("zero page") },
		{ NP_UNTOLD_SPECIAL, N_("special") },
		{ NP_UNTOLD_ENTRIES, N_("which of the swapped ones are migrating, device, poisoned, marker or guard") },
	};
	char text[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof(untold) / sizeof(untold[0]) && used < sizeof(text); i++)
		if (layout->target->pages.untold & untold[i].untold)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : _("not told: "),
						 _(untold[i].names));
	if (!used)
		return;
	fputc(' ', out);
	np_view_wrap(layout->view, NP_DIM, 1, 3, text, out);
}

int np_view_pages(const struct np_target *target, const struct np_system *system, const struct np_view *view,
		  FILE *out)
{
	struct layout layout = {
		.target = target,
		.system = system,
		.view = view,
		.hints_known = np_tally_hints_known(&target->pages, system->node_count),
	};
	size_t limit = view->width ? view->width : DEFAULT_WIDTH;
	int error = choose_nodes(&layout);

	if (error < 0)
		return error;
	measure(&layout);
	/* Where neither fits, the narrower one is cut less. */
	if (width_with_share(&layout) <= limit || width_side_by_side(&layout) <= width_below_each_other(&layout))
		print_side_by_side(&layout, out);
	else
		print_below_each_other(&layout, out);
	print_untold(&layout, out);
	free(layout.nodes);
	return 0;
}
