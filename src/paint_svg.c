/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map of an address space as SVG. Nodes are colours and numbers, states are patterns, so that neither a
 * colour-blind reader nor a printer without colour loses anything. No script, no font and no file but this one.
 */
#include "paint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "i18n.h"
#include "units.h"

#define COLUMNS 96
#define ROWS 40
#define CELL_WIDTH 8
#define CELL_HEIGHT 14
#define ROW_HEIGHT 18
#define LEFT 120	/* the addresses */
#define RIGHT 250	/* the names */
#define HEADING 102	/* the title and the three lines of the legend of a target */
#define WIDTH (LEFT + COLUMNS * CELL_WIDTH + RIGHT)
#define EMPTY 0xf4f4f4u
#define NO_NODE 0xbbbbbbu

static const struct {
	const char *pattern, *name;
} looks[NP_LOOKS] = {
	[NP_LOOK_PRESENT] = { NULL, N_("present") },
	[NP_LOOK_HINTED] = { "hinted", N_("NUMA-hinted") },
	[NP_LOOK_PROTNONE] = { "protnone", N_("PROT_NONE") },
	[NP_LOOK_ACCESSIBLE] = { "accessible", N_("present or hinted") },
	[NP_LOOK_SWAPPED] = { "swapped", N_("swapped") },
	[NP_LOOK_OTHER] = { "other", N_("no memory") },
};

struct svg {
	const struct np_snapshot *snapshot;
	const struct np_target *target;
	struct np_layout *layout;
	unsigned top;
	FILE *out;
};

/* Text of others as XML: safe characters by np_escape(), and no markup. */
static int put_text(const char *bytes, FILE *out)
{
	char *safe = np_escape(bytes, true);

	for (const char *at = safe; at && *at; at++)
		switch (*at) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		default:
			fputc(*at, out);
		}
	free(safe);
	return safe ? 0 : -ENOMEM;
}

static unsigned node_color(const struct svg *svg, size_t node)
{
	return node < svg->snapshot->system.node_count ? np_palette[node % NP_PALETTE].rgb : NO_NODE;
}

static unsigned color_of(const struct svg *svg, const struct np_cell *cell)
{
	if (!cell->pages)
		return EMPTY;
	return cell->resident ? node_color(svg, cell->node) : NO_NODE;
}

/* How much of a cell holds something, in quarters; what holds least has one all the same. */
static unsigned fullness(const struct svg *svg, const struct np_cell *cell)
{
	uint64_t whole = svg->layout->cell_bytes / svg->snapshot->system.page_bytes;
	uint64_t quarters = whole ? (cell->pages * 4 + whole - 1) / whole : 4;

	return quarters > 4 ? 4 : (unsigned)quarters;
}

/* Cells that are painted, and told of, as one: neighbours that look the same. */
static bool alike(const struct svg *svg, const struct np_cell *one, const struct np_cell *other)
{
	return !one->folded_bytes && !other->folded_bytes && (one->pages > 0) == (other->pages > 0) &&
	       fullness(svg, one) == fullness(svg, other) &&
	       (!one->pages || (one->look == other->look && one->node == other->node && one->other == other->other &&
				one->mapping == other->mapping));
}

static void put_size(const struct svg *svg, uint64_t pages, const char *name)
{
	char size[NP_UNITS_SIZE];

	if (!pages)
		return;
	np_format_bytes(np_pages_to_bytes(pages, svg->snapshot->system.page_bytes), false, size);
	fprintf(svg->out, "&#10;%s %s", size, name);
}

/* The tooltip of a stretch of cells. */
static int put_title(const struct svg *svg, const struct np_cell *cells, size_t count)
{
	uint64_t counts[NP_LOOKS] = { 0 };
	const struct np_target *target = svg->target;
	int error = 0;

	fprintf(svg->out, "<title>%" PRIx64 "-%" PRIx64, cells[0].shown, cells[0].shown + count * svg->layout->cell_bytes);
	if (cells[0].mapping < target->mapping_count) {
		fputs("&#10;", svg->out);
		error = put_text(np_mapping_name(&target->mappings[cells[0].mapping]), svg->out);
	}
	for (size_t i = 0; i < count; i++)
		for (enum np_look look = 0; look < NP_LOOKS; look++)
			counts[look] += cells[i].counts[look];
	for (enum np_look look = 0; look < NP_LOOKS; look++)
		put_size(svg, counts[look], _(looks[look].name));
	if (cells[0].resident && cells[0].node < svg->snapshot->system.node_count)
		fprintf(svg->out, cells[0].mixed ? _("&#10;most on node %u") : _("&#10;on node %u"),
			svg->snapshot->system.nodes[cells[0].node].number);
	fputs("</title>", svg->out);
	return error;
}

static void put_rect(const struct svg *svg, unsigned x, unsigned y, unsigned width, unsigned color, const char *pattern)
{
	fprintf(svg->out, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"#%06x\"/>", x, y, width,
		(unsigned)CELL_HEIGHT, color);
	if (pattern)
		fprintf(svg->out, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"url(#%s)\"/>", x, y, width,
			(unsigned)CELL_HEIGHT, pattern);
}

static void put_fold(const struct svg *svg, const struct np_cell *cell, unsigned x, unsigned y)
{
	char size[NP_UNITS_SIZE];

	np_format_bytes(cell->folded_bytes, false, size);
	fprintf(svg->out, "<g><title>%s %s</title><path d=\"M%u %uv%u\" class=\"fold\"/></g>\n", size,
		_("without a page, folded"), x + CELL_WIDTH / 2, y, (unsigned)CELL_HEIGHT);
}

/* A stretch of cells, with its node's number where there are several nodes and room for it. */
static int put_stretch(const struct svg *svg, const struct np_cell *cells, size_t count, unsigned x, unsigned y)
{
	unsigned width = (unsigned)count * CELL_WIDTH;
	bool numbered = svg->snapshot->system.node_count > 1 && cells[0].resident &&
			cells[0].node < svg->snapshot->system.node_count;
	int error;

	if (cells[0].pages && fullness(svg, &cells[0]) < 4)
		fprintf(svg->out, "<g opacity=\"0.%u\">", 25 + 20 * fullness(svg, &cells[0]));
	else
		fputs("<g>", svg->out);
	error = put_title(svg, cells, count);
	put_rect(svg, x, y, width, color_of(svg, cells), NULL);
	if (cells[0].mixed && cells[0].resident)
		fprintf(svg->out, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"#%06x\"/>", x,
			y + CELL_HEIGHT / 2, width, (unsigned)CELL_HEIGHT / 2, node_color(svg, cells[0].other));
	if (cells[0].pages && looks[cells[0].look].pattern)
		fprintf(svg->out, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"url(#%s)\"/>", x, y, width,
			(unsigned)CELL_HEIGHT, looks[cells[0].look].pattern);
	if (numbered)
		fprintf(svg->out, "<text x=\"%u\" y=\"%u\" class=\"node\">%u%s</text>", x + width / 2, y + CELL_HEIGHT - 4,
			svg->snapshot->system.nodes[cells[0].node].number, cells[0].mixed && count > 1 ? "+" : "");
	fputs("</g>\n", svg->out);
	return error;
}

static int put_cells(const struct svg *svg, const struct np_layout_row *row, unsigned y)
{
	const struct np_cell *cells = svg->layout->cells + row->first;
	int error = 0;

	for (size_t i = 0, count; !error && i < row->count; i += count) {
		unsigned x = LEFT + (unsigned)i * CELL_WIDTH;

		for (count = 1; i + count < row->count && alike(svg, &cells[i], &cells[i + count]);)
			count++;
		if (cells[i].folded_bytes)
			put_fold(svg, &cells[i], x, y);
		else
			error = put_stretch(svg, &cells[i], count, x, y);
	}
	return error;
}

static int put_name(const struct svg *svg, const struct np_layout_row *row, unsigned y)
{
	const char *name;
	char *shortened;
	int error;

	if (row->mapping == SIZE_MAX)
		return 0;
	name = np_mapping_name(&svg->target->mappings[row->mapping]);
	shortened = strndup(name, strlen(name) > 26 ? 25 : 26);
	if (!shortened)
		return -ENOMEM;
	fprintf(svg->out, "<text x=\"%d\" y=\"%u\" class=\"name\">", LEFT + COLUMNS * CELL_WIDTH + 10, y + CELL_HEIGHT - 3);
	error = put_text(shortened, svg->out);
	if (strlen(name) > 26)
		fputs("\342\200\246", svg->out);
	if (row->more)
		fprintf(svg->out, " +%zu", row->more);
	fputs("</text>\n", svg->out);
	free(shortened);
	return error;
}

static unsigned row_height(const struct np_layout_row *row)
{
	return ROW_HEIGHT + (row->folded_bytes ? ROW_HEIGHT - 4 : 0);
}

static int put_row(const struct svg *svg, const struct np_layout_row *row, unsigned y)
{
	char size[NP_UNITS_SIZE];
	int error;

	if (row->folded_bytes) {
		np_format_bytes(row->folded_bytes, false, size);
		fprintf(svg->out, "<text x=\"%d\" y=\"%u\" class=\"dim\">%s %s</text>\n", LEFT, y + 10, size,
			_("without a page"));
		y += ROW_HEIGHT - 4;
	}
	fprintf(svg->out, "<text x=\"%d\" y=\"%u\" class=\"address\">%" PRIx64 "</text>\n", LEFT - 10,
		y + CELL_HEIGHT - 3, svg->layout->cells[row->first].shown);
	error = put_cells(svg, row, y);
	return error ? error : put_name(svg, row, y);
}

/* A swatch and what it means; x moves on. */
static void put_legend(const struct svg *svg, unsigned *x, unsigned y, unsigned color, const char *pattern,
		       const char *text)
{
	put_rect(svg, *x, y, 2 * CELL_WIDTH, color, pattern);
	fprintf(svg->out, "<text x=\"%u\" y=\"%u\" class=\"name\">%s</text>\n", *x + 2 * CELL_WIDTH + 5,
		y + CELL_HEIGHT - 3, text);
	*x += 2 * CELL_WIDTH + 24 + 15 * (unsigned)np_text_width(text, SIZE_MAX) / 2;
}

/* What a cell stands for. */
static void put_scale(const struct svg *svg, unsigned y)
{
	bool folds = false;
	char size[NP_UNITS_SIZE];

	for (size_t i = 0; i < svg->layout->cell_count; i++)
		folds |= svg->layout->cells[i].folded_bytes > 0;
	np_format_bytes(svg->layout->cell_bytes, false, size);
	fprintf(svg->out, "<text x=\"%d\" y=\"%u\" class=\"dim\">", LEFT, y + CELL_HEIGHT - 3);
	fprintf(svg->out, _("one cell is %s of address space, paler where not all of it holds a page"), size);
	if (folds)
		fputs(_("; a dotted line is more without a page, folded"), svg->out);
	fputs("</text>\n", svg->out);
}

static void put_legends(const struct svg *svg)
{
	const struct np_system *system = &svg->snapshot->system;
	unsigned x = LEFT, y = svg->top + 36;
	bool seen[NP_LOOKS] = { false };

	for (size_t i = 0; i < system->node_count && i < NP_PALETTE; i++) {
		char node[NP_UNITS_SIZE];

		snprintf(node, sizeof(node), _("node %u"), system->nodes[i].number);
		put_legend(svg, &x, y, np_palette[i].rgb, NULL, node);
	}
	x = LEFT;
	y += ROW_HEIGHT;
	for (size_t i = 0; i < svg->layout->cell_count; i++)
		seen[svg->layout->cells[i].look] |= svg->layout->cells[i].pages > 0;
	for (enum np_look look = NP_LOOK_HINTED; look < NP_LOOKS; look++)
		if (seen[look])
			put_legend(svg, &x, y, NO_NODE, looks[look].pattern, _(looks[look].name));
	put_legend(svg, &x, y, EMPTY, NULL, _("no page"));
	put_scale(svg, y + ROW_HEIGHT);
}

static int put_target(struct svg *svg)
{
	const struct np_target *target = svg->target;
	unsigned y = svg->top + HEADING;
	char size[NP_UNITS_SIZE];
	int error;

	np_format_bytes(np_pages_to_bytes(np_tally_resident(&target->pages, svg->snapshot->system.node_count, SIZE_MAX),
					  svg->snapshot->system.page_bytes), false, size);
	fprintf(svg->out, "<text x=\"%d\" y=\"%u\" class=\"title\">PID %d ", LEFT, svg->top + 24, (int)target->pid);
	error = put_text(target->command ? target->command : NP_VIEW_UNKNOWN, svg->out);
	fprintf(svg->out, _(", %s resident"), size);
	np_view_range(target, ", ", svg->out);
	fputs("</text>\n", svg->out);
	put_legends(svg);
	for (size_t i = 0; !error && i < svg->layout->row_count; i++) {
		error = put_row(svg, &svg->layout->rows[i], y);
		y += row_height(&svg->layout->rows[i]);
	}
	return error;
}

static unsigned target_height(const struct np_layout *layout)
{
	unsigned height = HEADING + 20;

	for (size_t i = 0; i < layout->row_count; i++)
		height += row_height(&layout->rows[i]);
	return height;
}

/* Lines of black and white together are seen on every colour, and in print. */
static const char head[] =
	"<defs>\n"
	"<pattern id=\"hinted\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
	"<path d=\"M-1 1l2 -2M0 6l6 -6M5 7l2 -2\" stroke=\"#fff\" stroke-width=\"2\"/></pattern>\n"
	"<pattern id=\"protnone\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
	"<path d=\"M0 0l6 6M6 0l-6 6\" stroke=\"#000\" stroke-width=\"1.2\"/></pattern>\n"
	"<pattern id=\"accessible\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
	"<circle cx=\"2.5\" cy=\"2.5\" r=\"1.1\" fill=\"#fff\"/></pattern>\n"
	"<pattern id=\"swapped\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\">"
	"<path d=\"M0 2h4\" stroke=\"#555\" stroke-width=\"1.5\"/></pattern>\n"
	"<pattern id=\"other\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
	"<rect width=\"5\" height=\"5\" fill=\"#fff\"/><circle cx=\"2.5\" cy=\"2.5\" r=\"1\" fill=\"#777\"/></pattern>\n"
	"</defs>\n"
	"<style>text{font:12px sans-serif;fill:#222}.title{font-size:16px;font-weight:bold}"
	".address{font-family:monospace;text-anchor:end}.dim{fill:#777;font-style:italic;font-size:11px}"
	".node{font-size:9px;text-anchor:middle;stroke:#fff;stroke-width:2.5px;paint-order:stroke}"
	".fold{stroke:#888;stroke-width:1.5;stroke-dasharray:2 2;fill:none}</style>\n"
	"<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";

static int paint_all(const struct np_snapshot *snapshot, struct np_layout *layouts, FILE *out)
{
	struct svg svg = { .snapshot = snapshot, .out = out };
	unsigned height = 0;
	int error = 0;

	for (size_t i = 0; i < snapshot->target_count; i++)
		height += snapshot->targets[i].readable ? target_height(&layouts[i]) : 0;
	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		"height=\"%u\" viewBox=\"0 0 %d %u\">\n<title>%s</title>\n", WIDTH, height, WIDTH, height,
		_("Address space by NUMA node and page state"));
	fputs(head, out);
	for (size_t i = 0; !error && i < snapshot->target_count; i++) {
		if (!snapshot->targets[i].readable)
			continue;
		svg.target = &snapshot->targets[i];
		svg.layout = &layouts[i];
		error = put_target(&svg);
		svg.top += target_height(&layouts[i]);
	}
	fputs("</svg>\n", out);
	return !error && ferror(out) ? -EIO : error;
}

int np_paint_svg(const struct np_snapshot *snapshot, FILE *out)
{
	struct np_layout *layouts = calloc(snapshot->target_count + 1, sizeof(*layouts));
	int error = layouts ? 0 : -ENOMEM;

	for (size_t i = 0; !error && i < snapshot->target_count; i++)
		error = np_layout_make(&snapshot->targets[i], COLUMNS, ROWS, &layouts[i]);
	if (!error)
		error = paint_all(snapshot, layouts, out);
	for (size_t i = 0; layouts && i < snapshot->target_count; i++)
		np_layout_free(&layouts[i]);
	free(layouts);
	return error;
}
