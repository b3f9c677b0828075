// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of --compare. */
#include "view_compare.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "defects.h"
#include "escape.h"
#include "i18n.h"
#include "units.h"

#define FILE_COLUMN 2
#define VERDICT_COLUMN 11
#define FILE_WIDTH 22
#define SAYS_WIDTH 9
#define TABLES_WIDTH 14
#define TEXT_COLUMN (FILE_COLUMN + FILE_WIDTH + SAYS_WIDTH + TABLES_WIDTH + 2)

#define BRACKET_SIZE ((size_t)2 * NP_UNITS_SIZE)

struct block {
	const struct np_snapshot *snapshot;
	const struct np_view *view;
	FILE *out;
};

static void format_pages(const struct block *block, uint64_t pages, char ret[NP_UNITS_SIZE])
{
	np_format_bytes(np_pages_to_bytes(pages, block->snapshot->system.page_bytes), block->view->bytes, ret);
}

/* "17.1G", or "17.0G-17.1G" where the target changed by more than can be seen. */
static void format_bracket(const struct block *block, uint64_t low, uint64_t high, char ret[BRACKET_SIZE])
{
	char first[NP_UNITS_SIZE], second[NP_UNITS_SIZE];

	format_pages(block, low, first);
	format_pages(block, high, second);
	if (strcmp(first, second) == 0)
		snprintf(ret, BRACKET_SIZE, "%s", first);
	else
		snprintf(ret, BRACKET_SIZE, "%s-%s", first, second);
}

static char *missing_text(const struct np_comparison *row, const char *size)
{
	const char *format = _("%s missing, cause unknown");
	char *text;

	if (row->cause && row->as_predicted == NP_EFFECT_YES)
		format = _("%s missing, as predicted");
	else if (row->cause && row->as_predicted == NP_EFFECT_NO)
		format = _("%s missing, not as predicted");
	else if (row->cause) /* of one mapping: what is named below the table, but nothing was predicted of its size */
		format = _("%s missing");
	return asprintf(&text, format, size) < 0 ? NULL : text;
}

/* How far a counter is behind is a matter of the notes below the table. */
static char *agrees_text(const struct np_comparison *row, const char *size)
{
	char *text;

	if (row->difference_pages == 0)
		return strdup(_("agrees"));
	return asprintf(&text, row->difference_pages < 0 ? _("agrees (%s behind)") : _("agrees (%s ahead)"), size) < 0 ?
		       NULL :
		       text;
}

/* The reason may be of a report from anywhere. */
static char *unknown_text(const struct np_comparison *row, const struct np_view *view)
{
	char *reason = np_escape(row->reason ? S_(row->reason) : _("no reason is known"), view->utf8), *text;

	if (!reason || asprintf(&text, _("unknown: %s"), reason) < 0)
		text = NULL;
	free(reason);
	return text;
}

static char *verdict_text(const struct block *block, const struct np_comparison *row)
{
	char size[NP_UNITS_SIZE], *text;

	format_pages(block, (uint64_t)llabs(row->difference_pages), size);
	switch (row->verdict) {
	case NP_AGREES:
		return agrees_text(row, size);
	case NP_UNDER_REPORTS:
		return missing_text(row, size);
	case NP_OVER_REPORTS:
		return asprintf(&text, _("%s too much"), size) < 0 ? NULL : text;
	default:
		return unknown_text(row, block->view);
	}
}

static enum np_paint paint_of(enum np_verdict verdict)
{
	switch (verdict) {
	case NP_AGREES:
		return NP_PLAIN;
	case NP_VERDICT_UNKNOWN:
		return NP_YELLOW;
	default:
		return NP_RED;
	}
}

/* The columns before the last one; returns their width. */
static size_t print_columns(const struct block *block, const char *name, const char *says, const char *tables)
{
	size_t used = FILE_COLUMN;

	fprintf(block->out, "%*s", FILE_COLUMN, "");
	used += np_view_cell(name, -FILE_WIDTH, block->out);
	used += np_view_cell(says, SAYS_WIDTH, block->out);
	used += np_view_cell(tables, TABLES_WIDTH, block->out);
	fputs("  ", block->out);
	return used + 2;
}

static int print_cells(const struct block *block, const char *name, const char *says, const char *tables,
		       enum np_paint paint, char *text)
{
	if (!text)
		return -ENOMEM;
	np_view_wrap(block->view, paint, print_columns(block, name, says, tables), TEXT_COLUMN, text, block->out);
	free(text);
	return 0;
}

static bool is_shown(const struct np_comparison *row)
{
	return !row->on_demand || row->verdict != NP_AGREES || row->pages.value != 0;
}

static int print_row(const struct block *block, const struct np_comparison *row)
{
	char name[64], says[NP_UNITS_SIZE] = NP_VIEW_UNKNOWN, tables[BRACKET_SIZE];

	if (!is_shown(row))
		return 0;
	snprintf(name, sizeof(name), "%s %s", row->name, row->field);
	if (row->pages.known)
		format_pages(block, (uint64_t)row->pages.value, says);
	format_bracket(block, row->low, row->high, tables);
	return print_cells(block, name, says, tables, paint_of(row->verdict), verdict_text(block, row));
}

/* Its verdict, and its path. NULL where memory is short. */
static char *mapping_text(const struct block *block, const struct np_mapping_comparison *mapping)
{
	const struct np_comparison as_row = {
		.name = "",
		.verdict = mapping->verdict,
		.difference_pages = mapping->difference_pages,
		.cause = mapping->cause,
		.as_predicted = NP_EFFECT_NOT_TESTED,
	};
	char *path = np_escape(mapping->path, block->view->utf8), *verdict = verdict_text(block, &as_row), *text = NULL;

	if (path && verdict && asprintf(&text, "%s%s%s", verdict, *path ? "  " : "", path) < 0)
		text = NULL;
	free(path);
	free(verdict);
	return text;
}

static int print_mapping(const struct block *block, const struct np_mapping_comparison *mapping)
{
	char name[48], says[NP_UNITS_SIZE], tables[BRACKET_SIZE];

	snprintf(name, sizeof(name), " %" PRIx64, mapping->start);
	format_pages(block, mapping->pages, says);
	format_bracket(block, mapping->low, mapping->high, tables);
	return print_cells(block, name, says, tables, paint_of(mapping->verdict), mapping_text(block, mapping));
}

static int print_mappings(const struct block *block, const struct np_comparison *row)
{
	int error = 0;

	for (size_t i = 0; i < row->mapping_count && !error; i++)
		error = print_mapping(block, &row->mappings[i]);
	return error;
}

/* What each cause in the table is. */
static int print_causes(const struct block *block, const struct np_target *target)
{
	int error = 0;

	for (const struct np_defect *defect = np_defects; defect->name && !error; defect++) {
		size_t i = 0;

		while (i < target->comparison_count && (!target->comparisons[i].cause ||
							strcmp(target->comparisons[i].cause, defect->name) != 0))
			i++;
		if (i < target->comparison_count)
			error = np_view_note(block->view, NP_RED, block->out, _("The cause is kernel defect %s: %s."),
					     defect->name, _(defect->symptom));
	}
	return error;
}

static int print_lag(const struct block *block, const struct np_target *target)
{
	char lag[NP_UNITS_SIZE];

	for (size_t i = 0; i < target->comparison_count; i++) {
		const struct np_comparison *row = &target->comparisons[i];

		if (row->verdict != NP_AGREES || row->difference_pages == 0)
			continue;
		format_pages(block, row->lag_pages, lag);
		return np_view_note(block->view, NP_DIM, block->out,
				    _("This kernel's counters (VmRSS, statm) are added up now and then: for this "
				      "process they may be off by %s."), lag);
	}
	return 0;
}

static int print_read(const struct block *block, const struct np_read_effect *read)
{
	char cleared[NP_UNITS_SIZE];

	format_pages(block, read->cleared, cleared);
	if (read->clears == NP_EFFECT_YES)
		return np_view_note(block->view, NP_RED, block->out, _("Reading %s cleared the hints of %s."),
				    read->reader, cleared);
	return np_view_note(block->view, NP_PLAIN, block->out,
			    _("Hints of %s went while %s was read; the process ran, and may have touched those pages "
			      "itself."), cleared, read->reader);
}

/* What the readings did to the hints, in as few lines as that takes. */
static int print_reads(const struct block *block, const struct np_target *target)
{
	char hints[NP_UNITS_SIZE];
	uint64_t most = 0, cleared = 0;
	int error = 0;

	for (size_t i = 0; i < target->read_effect_count && !error; i++) {
		const struct np_read_effect *read = &target->read_effects[i];

		if (read->stopped) /* shown by the view of experiments */
			continue;
		most = read->hinted_before > most ? read->hinted_before : most;
		cleared += read->cleared;
		if (read->cleared)
			error = print_read(block, read);
	}
	if (error || !most || cleared)
		return error;
	format_pages(block, most, hints);
	return np_view_note(block->view, NP_DIM, block->out,
			    _("None of these readings cleared one of the process's hints (%s)."), hints);
}

/* The answer, before the table that it rests on. */
static int print_answer(const struct block *block, const struct np_target *target)
{
	size_t shown = 0, wrong = 0, unknown = 0;
	char *text;

	for (size_t i = 0; i < target->comparison_count; i++) {
		enum np_verdict verdict = target->comparisons[i].verdict;

		shown += is_shown(&target->comparisons[i]);
		unknown += verdict == NP_VERDICT_UNKNOWN;
		wrong += verdict == NP_UNDER_REPORTS || verdict == NP_OVER_REPORTS;
	}
	if (wrong)
		text = np_view_text(P_("%zu of %zu figures is wrong", "%zu of %zu figures are wrong", wrong), wrong, shown);
	else if (unknown)
		text = np_view_text(_("none of %zu figures is wrong, as far as can be told; of %zu it cannot"), shown, unknown);
	else
		text = np_view_text(_("all %zu figures agree"), shown);
	if (!text)
		return -ENOMEM;
	np_view_labelled(block->view, FILE_COLUMN, VERDICT_COLUMN, _("Verdict"),
			 wrong ? NP_RED : unknown ? NP_YELLOW : NP_BOLD, text, block->out);
	free(text);
	return 0;
}

static int print_target(const struct block *block, const struct np_target *target)
{
	int error = np_view_target_heading(block->view, target, _("what the kernel says of it, beside its page tables"),
					   block->out);

	if (!error)
		error = print_answer(block, target);
	print_columns(block, _("interface"), _("says"), _("page tables"));
	fprintf(block->out, "%s\n", _("verdict"));
	for (size_t i = 0; i < target->comparison_count && !error; i++) {
		error = print_row(block, &target->comparisons[i]);
		if (!error)
			error = print_mappings(block, &target->comparisons[i]);
	}
	if (!error)
		error = print_causes(block, target);
	if (!error)
		error = print_lag(block, target);
	return error ? error : print_reads(block, target);
}

int np_view_compare(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	struct block block = { snapshot, view, out };
	int error = 0;

	for (size_t i = 0; i < snapshot->target_count && !error; i++)
		if (snapshot->targets[i].comparison_count)
			error = print_target(&block, &snapshot->targets[i]);
	if (!error && ferror(out))
		error = -EIO;
	return error;
}
