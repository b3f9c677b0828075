/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map of an address space in characters. */
#include "paint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "i18n.h"
#include "units.h"

#define ADDRESS_WIDTH 12
#define NAME_WIDTH 22
#define NARROW 56 /* no names where a line has less room */
#define ROWS 24
#define DEFAULT_WIDTH 80
#define NO_NODE_COLOR 245

const struct np_color np_palette[NP_PALETTE] = {
	{ 0x0072b2, 32 }, { 0xe69f00, 214 }, { 0x009e73, 36 },	{ 0xcc79a7, 175 },
	{ 0x56b4e9, 74 }, { 0xd55e00, 166 }, { 0xf0e442, 227 }, { 0x999999, 245 },
};

/* How a look is written: with colour, and as the first of ten letters for nodes 0 to 9 without. */
static const struct glyph {
	char colored, plain;
	const char *name;
} glyphs[NP_LOOKS] = {
	[NP_LOOK_PRESENT] = { '#', '0', N_("present") },
	[NP_LOOK_HINTED] = { 'h', 'a', N_("NUMA-hinted") },
	[NP_LOOK_PROTNONE] = { 'x', 'A', N_("PROT_NONE") },
	[NP_LOOK_ACCESSIBLE] = { '?', '?', N_("present or hinted: not known which") },
	[NP_LOOK_SWAPPED] = { '~', '~', N_("swapped") },
	[NP_LOOK_OTHER] = { '-', '-', N_("no memory: zero page, guard and the like") },
};

const char *np_mapping_name(const struct np_mapping *mapping)
{
	const char *slash = strrchr(mapping->path, '/');

	if (*mapping->path == '\0')
		return _("anonymous");
	if (strcmp(mapping->path, "/dev/zero (deleted)") == 0) /* what shmem_kernel_file_setup() names it */
		return _("shared anonymous");
	return *mapping->path == '/' && slash[1] != '\0' ? slash + 1 : mapping->path;
}

/* What a painter of one target needs. */
struct painting {
	const struct np_snapshot *snapshot;
	const struct np_target *target;
	const struct np_layout *layout;
	const struct np_view *view;
	bool seen[NP_LOOKS]; /* for the legend */
	bool empty_seen, folds_seen, mixed_seen;
	char paint[32]; /* the sequence that is in force; "": none */
	FILE *out;
};

/* A letter for the node: '*' for more nodes than one, '+' past the tenth. */
static char plain_glyph(const struct painting *painting, const struct np_cell *cell)
{
	const struct glyph *glyph = &glyphs[cell->look];

	if (cell->look > NP_LOOK_PROTNONE)
		return glyph->plain;
	if (cell->mixed && cell->look == NP_LOOK_PRESENT)
		return '*';
	if (cell->node >= painting->snapshot->system.node_count)
		return '?';
	return (char)(cell->node < 10 ? glyph->plain + (int)cell->node : '+');
}

/* How full a cell is of present memory: full, and three less. */
static const char *fill_of(const struct painting *painting, const struct np_cell *cell)
{
	static const char *const blocks[] = { "\342\226\221", "\342\226\222", "\342\226\223", "\342\226\210" };
	uint64_t whole = painting->layout->cell_bytes / painting->snapshot->system.page_bytes;
	uint64_t quarter = cell->resident * 4 / (whole ? whole : 1);

	if (!painting->view->utf8)
		return "#";
	return blocks[quarter > 3 ? 3 : quarter];
}

/* Cells of one colour share its sequence. */
static void set_paint(struct painting *painting, const char *paint)
{
	if (strcmp(painting->paint, paint) == 0)
		return;
	fprintf(painting->out, "%s%s", *painting->paint ? "\033[0m" : "", paint);
	snprintf(painting->paint, sizeof(painting->paint), "%s", paint);
}

static unsigned color_of_node(const struct painting *painting, size_t node)
{
	return node < painting->snapshot->system.node_count ? np_palette[node % NP_PALETTE].terminal : NO_NODE_COLOR;
}

static void paint_colored(struct painting *painting, const struct np_cell *cell)
{
	unsigned color = cell->look <= NP_LOOK_ACCESSIBLE ? color_of_node(painting, cell->node) : NO_NODE_COLOR;
	bool inverse = cell->look <= NP_LOOK_ACCESSIBLE && cell->look != NP_LOOK_PRESENT;
	char paint[32];

	if (cell->mixed && cell->look == NP_LOOK_PRESENT && painting->view->utf8) {
		snprintf(paint, sizeof(paint), "\033[38;5;%u;48;5;%um", color, color_of_node(painting, cell->other));
		set_paint(painting, paint);
		fputs("\342\226\200", painting->out); /* the upper half, above the other node's colour */
		return;
	}
	snprintf(paint, sizeof(paint), inverse ? "\033[38;5;16;48;5;%um" : "\033[38;5;%um", color);
	set_paint(painting, paint);
	if (cell->look == NP_LOOK_PRESENT)
		fputs(fill_of(painting, cell), painting->out);
	else
		fputc(glyphs[cell->look].colored, painting->out);
}

static void paint_cell(struct painting *painting, const struct np_cell *cell)
{
	const char *empty = painting->view->utf8 ? "\302\267" : ".", *fold = painting->view->utf8 ? "\342\224\212" : ":";

	painting->folds_seen |= cell->folded_bytes > 0;
	painting->empty_seen |= !cell->folded_bytes && !cell->pages;
	if (cell->folded_bytes || !cell->pages) {
		set_paint(painting, np_paint(painting->view, NP_DIM));
		fputs(cell->folded_bytes ? fold : empty, painting->out);
		return;
	}
	painting->seen[cell->look] = true;
	painting->mixed_seen |= cell->mixed;
	if (painting->view->color)
		paint_colored(painting, cell);
	else
		fputc(plain_glyph(painting, cell), painting->out);
}

/* "libc.so.6 +3", cut where there is no room. */
static int paint_name(const struct painting *painting, const struct np_layout_row *row, size_t width)
{
	char more[NP_UNITS_SIZE + 2] = "", *name;
	size_t used = 0;

	if (row->mapping == SIZE_MAX)
		return 0;
	name = np_escape(np_mapping_name(&painting->target->mappings[row->mapping]), painting->view->utf8);
	if (!name)
		return -ENOMEM;
	if (row->more)
		snprintf(more, sizeof(more), " +%zu", row->more);
	while (name[used] && np_text_width(name, used + 1) + strlen(more) <= width)
		used++;
	if (name[used] && used) /* it does not fit: room for a mark */
		used--;
	while (used && (name[used] & 0xc0) == 0x80)
		used--;
	fprintf(painting->out, "  %.*s%s%s", (int)used, name,
		name[used] == '\0' ? "" : painting->view->utf8 ? "\342\200\246" : ".", more);
	free(name);
	return 0;
}

static int paint_row(struct painting *painting, const struct np_layout_row *row, size_t name_width)
{
	char folded[NP_UNITS_SIZE];

	if (row->folded_bytes) {
		np_format_bytes(row->folded_bytes, false, folded);
		fprintf(painting->out, "%*s%s%s%s%s\n", ADDRESS_WIDTH + 1, "", np_paint(painting->view, NP_DIM), folded,
			_(" without a page"), np_paint_end(painting->view, NP_DIM));
	}
	fprintf(painting->out, "%*" PRIx64 " ", ADDRESS_WIDTH, painting->layout->cells[row->first].shown);
	for (size_t i = 0; i < row->count; i++)
		paint_cell(painting, &painting->layout->cells[row->first + i]);
	set_paint(painting, "");
	if (name_width) {
		fprintf(painting->out, "%*s", (int)(painting->layout->columns - row->count), "");
		if (paint_name(painting, row, name_width) < 0)
			return -ENOMEM;
	}
	fputc('\n', painting->out);
	return 0;
}

static void write_nodes(const struct painting *painting, FILE *out)
{
	if (painting->view->color)
		return;
	fputs(painting->snapshot->system.node_count > 1 ?
		      _("; letters by node: 0-9 present, a-j hinted, A-J PROT_NONE on the first ten nodes") :
		      _("; 0 present, a NUMA-hinted, A PROT_NONE on the only node"), out);
	if (painting->mixed_seen)
		fputs(_(", * several"), out);
}

static void write_legend(const struct painting *painting, FILE *out)
{
	char size[NP_UNITS_SIZE];

	np_format_bytes(painting->layout->cell_bytes, false, size);
	fprintf(out, _("one character is %s of address space"), size);
	if (painting->view->color && painting->view->utf8 && painting->seen[NP_LOOK_PRESENT])
		fputs(_(", the fuller the more of it is present"), out);
	if (painting->view->color && painting->view->utf8 && painting->mixed_seen)
		fputs(_(", in halves where it is on several nodes"), out);
	write_nodes(painting, out);
	for (enum np_look look = !painting->view->color ? NP_LOOK_ACCESSIBLE :
				 painting->view->utf8	? NP_LOOK_HINTED :
							  NP_LOOK_PRESENT;
	     look < NP_LOOKS; look++)
		if (painting->seen[look])
			fprintf(out, "; %c %s", glyphs[look].colored, _(glyphs[look].name));
	if (painting->empty_seen)
		fprintf(out, "; %s %s", painting->view->utf8 ? "\302\267" : ".", _("no page"));
	if (painting->folds_seen)
		fprintf(out, "; %s %s", painting->view->utf8 ? "\342\224\212" : ":", _("more without a page, folded"));
}

/* Nodes and their colours. */
static void paint_nodes(const struct painting *painting)
{
	const struct np_system *system = &painting->snapshot->system;

	fputs(" ", painting->out);
	for (size_t i = 0; i < system->node_count; i++) {
		fprintf(painting->out, " \033[48;5;%um  \033[0m ", color_of_node(painting, i));
		fprintf(painting->out, _("node %u"), system->nodes[i].number);
	}
	if (system->node_count > NP_PALETTE)
		fputs(_("  (colours repeat)"), painting->out);
	fputc('\n', painting->out);
}

static int paint_legend(const struct painting *painting)
{
	char *text = NULL;
	size_t length;
	FILE *line = open_memstream(&text, &length);

	if (!line)
		return -ENOMEM;
	write_legend(painting, line);
	if (fclose(line) != 0 || !text) {
		free(text);
		return -ENOMEM;
	}
	if (painting->view->color)
		paint_nodes(painting);
	fputs("  ", painting->out);
	np_view_wrap(painting->view, NP_PLAIN, 2, 2, text, painting->out);
	free(text);
	return 0;
}

static int paint_heading(const struct painting *painting)
{
	const struct np_target *target = painting->target;
	char *command = np_escape(target->command ? target->command : NP_VIEW_UNKNOWN, painting->view->utf8);
	char size[NP_UNITS_SIZE];

	if (!command)
		return -ENOMEM;
	np_format_bytes(np_pages_to_bytes(np_tally_resident(&target->pages, painting->snapshot->system.node_count, SIZE_MAX),
					  painting->snapshot->system.page_bytes), painting->view->bytes, size);
	fprintf(painting->out, _("%sPID %d %s%s, %s resident"), np_paint(painting->view, NP_BOLD), (int)target->pid,
		command, np_paint_end(painting->view, NP_BOLD), size);
	np_view_range(target, ", ", painting->out);
	fputc('\n', painting->out);
	free(command);
	return 0;
}

static int paint_target(const struct np_snapshot *snapshot, const struct np_target *target, const struct np_view *view,
			FILE *out)
{
	size_t width = view->width ? view->width : DEFAULT_WIDTH, names = width >= NARROW ? NAME_WIDTH : 0;
	size_t used = ADDRESS_WIDTH + 1 + (names ? names + 2 : 0);
	struct np_layout layout;
	struct painting painting = { .snapshot = snapshot, .target = target, .layout = &layout, .view = view, .out = out };
	int error = np_layout_make(target, width > used ? width - used : 1, ROWS, &layout);

	if (error)
		return error;
	error = paint_heading(&painting);
	for (size_t i = 0; !error && i < layout.row_count; i++)
		error = paint_row(&painting, &layout.rows[i], names);
	if (!error && layout.row_count)
		error = paint_legend(&painting);
	np_layout_free(&layout);
	return error;
}

int np_paint_terminal(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	bool first = true;
	int error = 0;

	for (size_t i = 0; !error && i < snapshot->target_count; i++) {
		if (!snapshot->targets[i].readable)
			continue;
		if (!first)
			fputc('\n', out);
		first = false;
		error = paint_target(snapshot, &snapshot->targets[i], view, out);
	}
	return !error && ferror(out) ? -EIO : error;
}
