/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reading smaps does on this kernel, and what that means for the targets. */
#include "view_kernel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "escape.h"
#include "i18n.h"
#include "quickcheck.h"
#include "units.h"

#define MOST_PREDICTIONS 8 /* targets that are told one by one */
#define TEXT_COLUMN 13 /* where the answers start, and the lines that go on with them */

/* Where all views of this block print to. */
struct block {
	const struct np_snapshot *snapshot;
	const struct np_view *view;
	FILE *out;
};

static void print_effect(const struct block *block, const char *label, enum np_paint paint, const char *text)
{
	np_view_labelled(block->view, 2, TEXT_COLUMN, label, paint, text, block->out);
}

/* The same for a text that was allocated, NULL where that failed. 0 or -ENOMEM. */
static int print_effect_and_free(const struct block *block, const char *label, enum np_paint paint, char *text)
{
	if (!text)
		return -ENOMEM;
	print_effect(block, label, paint, text);
	free(text);
	return 0;
}

static bool distorts(const struct np_quickcheck *check)
{
	return check->done && (check->smaps_misses_thp == NP_EFFECT_YES || check->smaps_misses_base == NP_EFFECT_YES);
}

/* " (474098edac26)", or "" where the defect has no name yet. */
static void format_defect(const struct np_quickcheck *check, const char *reader, char ret[32])
{
	const struct np_defect *defect = np_quick_defect(check, reader);

	snprintf(ret, 32, defect ? " (%s)" : "%s", defect ? defect->name : "");
}

/* What smaps does not count, or that it counts everything. Never NULL for want of a test. */
static char *distorts_text(const struct np_quickcheck *check, const char *why_not)
{
	enum np_effect huge = check->done ? check->smaps_misses_thp : NP_EFFECT_NOT_TESTED;
	enum np_effect base = check->done ? check->smaps_misses_base : NP_EFFECT_NOT_TESTED;
	char name[32];

	format_defect(check, "smaps-", name);
	if (huge == NP_EFFECT_YES && base == NP_EFFECT_YES)
		return np_view_text(_("yes: hinted and PROT_NONE pages are not counted%s"), name);
	if (huge == NP_EFFECT_YES)
		return np_view_text(_("yes: hinted and PROT_NONE huge pages are not counted%s"), name);
	if (base == NP_EFFECT_YES)
		return np_view_text(_("yes: hinted and PROT_NONE pages that are not huge are not counted%s"), name);
	if (huge == NP_EFFECT_NO && base == NP_EFFECT_NO)
		return np_view_text(_("no"));
	if (huge == NP_EFFECT_NO)
		return np_view_text(_("not for huge pages; unknown for others (%s)"), why_not);
	if (base == NP_EFFECT_NO)
		return np_view_text(_("unknown for huge pages (%s); not for others"), why_not);
	return np_view_text(_("unknown: %s"), why_not);
}

static int print_distorts(const struct block *block)
{
	const struct np_quickcheck *check = &block->snapshot->check;
	char *why_not = np_escape(check->why_not ? check->why_not : _("not tested"), block->view->utf8);
	char *text = why_not ? distorts_text(check, why_not) : NULL;

	free(why_not);
	return print_effect_and_free(block, _("distorts"), distorts(check) ? NP_RED : NP_PLAIN, text);
}

/* Pages of a target that smaps does not count. */
static uint64_t missing_pages(const struct np_quickcheck *check, const struct np_tally *pages, size_t node_count)
{
	uint64_t inaccessible = np_tally_state(pages, node_count, NP_R_HINTED) +
				np_tally_state(pages, node_count, NP_R_PROTNONE);
	uint64_t huge = pages->hinted_thp + pages->protnone_thp;
	uint64_t missing = 0;

	if (check->smaps_misses_thp == NP_EFFECT_YES)
		missing += huge;
	if (check->smaps_misses_base == NP_EFFECT_YES && inaccessible > huge)
		missing += inaccessible - huge;
	return missing;
}

/* "PID 4711", or "this process" where there is no other, of which a range may be all that is known. */
static void format_name(const struct block *block, const struct np_target *target, char ret[32])
{
	if (block->snapshot->target_count == 1)
		snprintf(ret, 32, "%s", target->range_end ? _("this range") : _("this process"));
	else
		snprintf(ret, 32, _("PID %d"), (int)target->pid);
}

/* What the defect means for one target. Of several, those that nothing is missing of are left out. */
static int print_prediction(const struct block *block, const struct np_target *target)
{
	const struct np_system *system = &block->snapshot->system;
	uint64_t missing = missing_pages(&block->snapshot->check, &target->pages, system->node_count);
	uint64_t resident = np_tally_resident(&target->pages, system->node_count, SIZE_MAX);
	char missing_size[NP_UNITS_SIZE], resident_size[NP_UNITS_SIZE], name[32];

	format_name(block, target, name);
	if (!np_tally_hints_known(&target->pages, system->node_count))
		return print_effect_and_free(block, "", NP_PLAIN,
					     np_view_text(_("how much of %s would be missing is not known"), name));
	if (missing == 0 && block->snapshot->target_count > 1)
		return 0;
	if (missing == 0)
		return print_effect_and_free(block, "", NP_PLAIN,
					     np_view_text(_("of %s nothing would be missing just now"), name));
	np_format_bytes(np_pages_to_bytes(missing, system->page_bytes), block->view->bytes, missing_size);
	np_format_bytes(np_pages_to_bytes(resident, system->page_bytes), block->view->bytes, resident_size);
	return print_effect_and_free(
		block, "", NP_RED,
		np_view_text(_("of %s, %s of %s would be missing"), name, missing_size, resident_size));
}

/* The same for many: their sum. */
static int print_summed_prediction(const struct block *block)
{
	const struct np_system *system = &block->snapshot->system;
	uint64_t missing = 0, resident = 0;
	char missing_size[NP_UNITS_SIZE], resident_size[NP_UNITS_SIZE];
	size_t affected = 0, unknown = 0;
	int error;

	for (size_t i = 0; i < block->snapshot->target_count; i++) {
		const struct np_target *target = &block->snapshot->targets[i];
		uint64_t pages;

		if (!target->readable)
			continue;
		pages = missing_pages(&block->snapshot->check, &target->pages, system->node_count);
		missing += pages;
		affected += pages > 0;
		resident += np_tally_resident(&target->pages, system->node_count, SIZE_MAX);
		unknown += !np_tally_hints_known(&target->pages, system->node_count);
	}
	np_format_bytes(np_pages_to_bytes(missing, system->page_bytes), block->view->bytes, missing_size);
	np_format_bytes(np_pages_to_bytes(resident, system->page_bytes), block->view->bytes, resident_size);
	error = print_effect_and_free(block, "", missing ? NP_RED : NP_PLAIN,
				      np_view_text(_("of %zu of these processes, %s of %s would be missing"), affected,
					      missing_size, resident_size));
	if (unknown && !error)
		error = print_effect_and_free(block, "", NP_PLAIN,
					      np_view_text(_("how much of %zu more would be missing is not known"), unknown));
	return error;
}

static int print_predictions(const struct block *block)
{
	int error = 0;

	if (!distorts(&block->snapshot->check))
		return 0;
	if (block->snapshot->target_count > MOST_PREDICTIONS)
		return print_summed_prediction(block);
	for (size_t i = 0; i < block->snapshot->target_count && !error; i++)
		if (block->snapshot->targets[i].readable)
			error = print_prediction(block, &block->snapshot->targets[i]);
	return error;
}

static void print_move_pages(const struct block *block)
{
	const struct np_quickcheck *check = &block->snapshot->check;

	if (check->done && check->move_pages_misses == NP_EFFECT_YES)
		print_effect(block, "", NP_RED, _("move_pages(2) does not find hinted and PROT_NONE pages either"));
}

/*
 * A reader of smaps holds a reference to the address space; while it does, the balancer takes a process
 * of one thread for one of several, and hints pages that it would have left alone: change_pte_range()
 * asks whether mm_users is 1. Nothing of that is tested here, so it is said as what is to be expected.
 */
static int print_causes_of_one(const struct block *block, const struct np_target *target)
{
	const char *label = _("causes");

	if (!target->threads.known) {
		print_effect(block, label, NP_PLAIN, _("unknown: the number of threads of this process is not known"));
		return 0;
	}
	if (target->threads.value == 1) {
		print_effect(block, label, NP_YELLOW,
			     _("likely: readers make the balancer hint more of a process with one thread "
			       "(see numaprobe(8))"));
		return 0;
	}
	return print_effect_and_free(block, label, NP_PLAIN,
				     np_view_text(_("not expected: this process has %" PRId64 " threads (see numaprobe(8))"),
					     target->threads.value));
}

static int print_causes_of_several(const struct block *block)
{
	size_t count = 0, single = 0, unknown = 0;
	int error;

	for (size_t i = 0; i < block->snapshot->target_count; i++) {
		const struct np_fact *threads = &block->snapshot->targets[i].threads;

		if (!block->snapshot->targets[i].readable)
			continue;
		count++;
		unknown += !threads->known;
		single += threads->known && threads->value == 1;
	}
	error = print_effect_and_free(
		block, _("causes"), single ? NP_YELLOW : NP_PLAIN,
		single ? np_view_text(_("likely for those with one thread, %zu of %zu (see numaprobe(8))"), single, count) :
			 np_view_text(_("not expected for those with several threads, %zu of %zu (see numaprobe(8))"),
				 count - unknown, count));
	if (unknown && !error)
		error = print_effect_and_free(block, "", NP_PLAIN,
					      np_view_text(_("unknown for %zu, whose threads were not counted"), unknown));
	return error;
}

static int print_causes(const struct block *block)
{
	const struct np_fact *balancing = &block->snapshot->system.numa_balancing;

	if (balancing->known && balancing->value != 0 && block->snapshot->target_count == 1)
		return print_causes_of_one(block, &block->snapshot->targets[0]);
	if (balancing->known && balancing->value != 0)
		return print_causes_of_several(block);
	print_effect(block, _("causes"), NP_PLAIN,
		     balancing->known ? _("no: NUMA balancing is off") :
					_("unknown: whether NUMA balancing is on is not known"));
	return 0;
}

static void print_heading(const struct block *block)
{
	const char *note = block->snapshot->check.done ? _("(tested on a page of our own just now)") : _("(not tested)");

	const char *title = _("Reading smaps on this kernel");

	fprintf(block->out, " %s%s%s ", np_paint(block->view, NP_BOLD), title, np_paint_end(block->view, NP_BOLD));
	np_view_wrap(block->view, NP_DIM, np_text_width(title, SIZE_MAX) + 2, 2, note, block->out);
}

int np_view_kernel(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	struct block block = { snapshot, view, out };
	int error;

	print_heading(&block);
	error = print_distorts(&block);
	if (!error)
		error = print_predictions(&block);
	if (error)
		return error;
	print_move_pages(&block);
	print_effect(&block, _("clears"), NP_DIM, _("not tested"));
	error = print_causes(&block);
	if (!error)
		print_effect(&block, _("stalls"), NP_DIM, _("not tested"));
	return error;
}
