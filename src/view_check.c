// SPDX-License-Identifier: GPL-2.0-or-later
/* The verdict, then a line for each test; where all tests of an effect are unknown for one reason, that reason once. */
#include "view_check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "defects.h"
#include "escape.h"
#include "i18n.h"
#include "units.h"
#include "view_check_text.h"
#include "view_summary.h"

#define NAME_WIDTH 20
#define CELL_WIDTH 14
#define VERDICT_COLUMN 10
#define INDENT 3
#define TEXT_COLUMN (INDENT + NAME_WIDTH)

struct page {
	const struct np_kernel_check *check;
	const struct np_system *system;
	const struct np_view *view;
	FILE *out;
};

static const enum np_paint paints[NP_CHECK_RESULTS] = {
	[NP_CHECK_PASSES] = NP_PLAIN, [NP_CHECK_FAILS] = NP_RED, [NP_CHECK_COSTS] = NP_YELLOW,
	[NP_CHECK_UNKNOWN] = NP_DIM,  [NP_CHECK_ABSENT] = NP_DIM,
};

static void print_heading(const struct page *page, const char *name, const char *question)
{
	size_t indent = 1 + np_text_width(name, SIZE_MAX) + 2;

	fprintf(page->out, "\n %s%s%s  ", np_paint(page->view, NP_BOLD), name, np_paint_end(page->view, NP_BOLD));
	np_view_wrap(page->view, NP_DIM, indent, indent, question, page->out);
}

/* A label and a text beside it, which goes on below itself. */
static void print_line(const struct page *page, const char *label, enum np_paint paint, const char *text)
{
	np_view_labelled(page->view, INDENT, TEXT_COLUMN, label, paint, text, page->out);
}

/* Why something is not known. It may be of a report from anywhere, and this terminal need not know UTF-8. */
static int print_reason(const struct page *page, const char *label, bool is_whole, const char *why)
{
	char *safe = np_escape(why, page->view->utf8), *text = NULL;

	if (safe) /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): what is unknown has a reason */
		text = np_view_text(is_whole ? "%s" : _("unknown: %s"), strcmp(safe, why) == 0 ? S_(why) : safe);
	free(safe);
	if (!text)
		return -ENOMEM;
	print_line(page, label, NP_DIM, text);
	free(text);
	return 0;
}

/* The reason that all tests of an effect are unknown for, or NULL where it differs, or one is known. */
static const char *common_reason(const struct np_kernel_check *check, enum np_check_effect effect)
{
	const char *why = NULL;

	for (size_t i = 0; i < check->test_count; i++) {
		const struct np_check_test *test = &check->tests[i];

		if (test->effect != effect)
			continue;
		if (test->result != NP_CHECK_UNKNOWN || np_check_is_open(test) || (why && strcmp(why, test->why) != 0))
			return NULL;
		why = test->why;
	}
	return why;
}

static bool has_tests(const struct np_kernel_check *check, enum np_check_effect effect)
{
	for (size_t i = 0; i < check->test_count; i++)
		if (check->tests[i].effect == effect)
			return true;
	return false;
}

/* Distorts: a table of readers and kinds of memory. */

static const struct np_check_test *find_saying(const struct np_kernel_check *check, const char *reader,
					       enum np_check_memory memory)
{
	for (size_t i = 0; i < check->test_count; i++) {
		const struct np_check_test *test = &check->tests[i];

		if (test->effect == NP_CHECK_DISTORTS && test->memory == memory && strcmp(test->reader, reader) == 0)
			return test;
	}
	return NULL;
}

static void format_saying(const struct np_check_test *test, char *ret, size_t size)
{
	if (!test)
		snprintf(ret, size, "%s", "-");
	else if (test->result == NP_CHECK_PASSES)
		snprintf(ret, size, "%s", _("right"));
	else if (test->result == NP_CHECK_UNKNOWN)
		snprintf(ret, size, "%s", _("unknown"));
	else if (test->result == NP_CHECK_ABSENT)
		snprintf(ret, size, "%s", _("not here"));
	else
		snprintf(ret, size, _("%" PRId64 " of %" PRId64), test->got_pages.value, test->expected_pages.value);
}

static void print_name(const struct page *page, const char *name)
{
	fprintf(page->out, "%*s", INDENT, "");
	np_view_cell(name, -NAME_WIDTH, page->out);
}

static void print_sayings_of(const struct page *page, const char *reader)
{
	print_name(page, reader);
	for (enum np_check_memory memory = 0; memory < NP_MEMORY_KINDS; memory++) {
		const struct np_check_test *test = find_saying(page->check, reader, memory);
		enum np_paint paint = test ? paints[test->result] : NP_PLAIN;
		char cell[48];

		format_saying(test, cell, sizeof(cell));
		fputs(np_paint(page->view, paint), page->out);
		np_view_cell(cell, CELL_WIDTH, page->out);
		fputs(np_paint_end(page->view, paint), page->out);
	}
	fputc('\n', page->out);
}

/* Each reason once, for the kinds of memory that it is the reason of. */
static int print_saying_reasons(const struct page *page)
{
	static const char *const kinds[] = {
		[NP_MEMORY_PROTNONE] = N_("PROT_NONE, 4K"), [NP_MEMORY_PROTNONE_THP] = N_("PROT_NONE, huge"),
		[NP_MEMORY_HINTED] = N_("hinted, 4K"),	    [NP_MEMORY_HINTED_THP] = N_("hinted, huge"),
	};
	const char *last = "";
	int error = 0;

	for (size_t i = 0; i < page->check->test_count && !error; i++) {
		const struct np_check_test *test = &page->check->tests[i];

		if (test->effect != NP_CHECK_DISTORTS || test->result != NP_CHECK_UNKNOWN || strcmp(test->why, last) == 0)
			continue;
		last = test->why;
		error = print_reason(page, last == page->check->tests[0].why ? "" : _(kinds[test->memory]), true, last);
	}
	return error;
}

static int print_distorts(const struct page *page)
{
	print_heading(page, _("distorts"), _("how many pages of inaccessible memory does a reader count?"));
	print_name(page, "");
	np_view_cell(_("under PROT_NONE"), 2 * CELL_WIDTH, page->out);
	np_view_cell(_("NUMA-hinted"), 2 * CELL_WIDTH, page->out);
	fputc('\n', page->out);
	print_name(page, "");
	for (int i = 0; i < 2; i++) {
		np_view_cell(_("4 KiB"), CELL_WIDTH, page->out);
		np_view_cell(_("huge"), CELL_WIDTH, page->out);
	}
	fputc('\n', page->out);
	for (size_t i = 0; i < page->check->test_count; i++)
		if (page->check->tests[i].effect == NP_CHECK_DISTORTS && page->check->tests[i].memory == 0)
			print_sayings_of(page, page->check->tests[i].reader);
	return print_saying_reasons(page);
}

static const struct {
	const char *name, *question;
} effects[NP_CHECK_EFFECTS] = {
	[NP_CHECK_DISTORTS] = { NULL, NULL },
	[NP_CHECK_CLEARS] = { N_("clears"), N_("does reading a stopped process take its hints away?") },
	[NP_CHECK_CAUSES] = { N_("causes"), N_("does reading make the balancer hint local pages of a single thread?") },
	[NP_CHECK_STALLS] = { N_("stalls"), N_("does reading make a process wait that maps and unmaps?") },
	[NP_CHECK_LOSES] = { N_("loses scans"), N_("does the balancer give up scans of it meanwhile?") },
};

/* An earlier test of the effect is unknown for the same reason. */
static bool said_before(const struct np_kernel_check *check, const struct np_check_test *test)
{
	for (const struct np_check_test *other = check->tests; other < test; other++)
		if (other->effect == test->effect && other->result == NP_CHECK_UNKNOWN && !np_check_is_open(other) &&
		    strcmp(other->why, test->why) == 0)
			return true;
	return false;
}

static int print_test(const struct page *page, const struct np_check_test *test)
{
	const char *reader = np_check_is_control(test) ? _("(busy process)") : test->reader;
	bool unknown = test->result == NP_CHECK_UNKNOWN && !np_check_is_open(test);
	char *text;

	if (unknown && !said_before(page->check, test))
		return print_reason(page, reader, false, test->why);
	text = unknown			       ? np_view_text(_("unknown, as above")) :
	       test->result == NP_CHECK_ABSENT ? np_view_text(_("this kernel does not have it")) :
						 np_check_text(test);
	if (!text)
		return -ENOMEM;
	print_line(page, reader, paints[test->result], text);
	free(text);
	return 0;
}

static int print_effect(const struct page *page, enum np_check_effect effect)
{
	const char *why = common_reason(page->check, effect);
	int error = 0;

	if (!has_tests(page->check, effect))
		return 0;
	print_heading(page, _(effects[effect].name), _(effects[effect].question));
	if (why)
		return print_reason(page, _("all readers"), true, why);
	for (size_t i = 0; i < page->check->test_count && !error; i++)
		if (page->check->tests[i].effect == effect)
			error = print_test(page, &page->check->tests[i]);
	return error;
}

static const char *regime_text(enum np_regime regime)
{
	static const char *const texts[NP_REGIMES] = {
		[NP_REGIME_FOLL_NUMA] = N_("(a) as up to 6.0: whoever reads by get_user_pages() without FOLL_FORCE consumes "
					   "hints; looking a page up finds it, hinted or not"),
		[NP_REGIME_BLIND] = N_("(b) as 6.1 to 6.4.12: whoever reads by get_user_pages() without FOLL_FORCE consumes "
				       "hints, and looking a page up misses inaccessible ones"),
		[NP_REGIME_HONOR_ALL] = N_("(c) as 6.4.13 and 6.5: whoever reads by get_user_pages() consumes hints, "
					   "debuggers too"),
		[NP_REGIME_HONOR_KVM] = N_("(d) as since 6.6: of those who read by get_user_pages(), KVM alone consumes "
					   "hints"),
	};

	return _(texts[regime]);
}

static int print_probe(const struct page *page, enum np_probe probe)
{
	const struct np_probe_result *result = &page->check->probes[probe];
	char *text;

	if (result->consumes == NP_CONSUMES_UNKNOWN)
		return print_reason(page, np_probe_name(probe), false, result->why ? result->why : N_("not tested"));
	text = np_view_text(result->consumes == NP_CONSUMES_YES ?
				    _("consumes hints: %" PRId64 " of %" PRId64 " were left") :
				    _("leaves hints alone: %" PRId64 " of %" PRId64 " were left"),
			    result->left.value, result->hinted.value);
	if (!text)
		return -ENOMEM;
	print_line(page, np_probe_name(probe), NP_PLAIN, text);
	free(text);
	return 0;
}

/* The reason for which the regime is unknown needs no repetition. */
static bool says_more(const struct np_kernel_check *check, enum np_probe probe)
{
	const char *why = check->probes[probe].why;

	return !check->quick && (!why || !check->regime_why || strcmp(why, check->regime_why) != 0);
}

static int print_regime(const struct page *page)
{
	int error = 0;

	print_heading(page, _("regime"), _("how does get_user_pages() treat a hinted page?"));
	if (page->check->regime == NP_REGIME_UNKNOWN)
		error = print_reason(page, _("unknown"), true, page->check->regime_why ? page->check->regime_why : N_("not tested"));
	else
		print_line(page, _("this kernel"), NP_PLAIN, regime_text(page->check->regime));
	for (enum np_probe probe = 0; probe < NP_PROBES && !error; probe++)
		if (says_more(page->check, probe))
			error = print_probe(page, probe);
	return error;
}

/* What the tests found, and beside it what the version alone would have suggested. */
static char *defect_text(const struct page *page, const struct np_defect *defect, enum np_effect effect)
{
	static const char *const found[] = {
		[NP_EFFECT_YES] = N_("yes, by test"), [NP_EFFECT_NO] = N_("no, by test"),
		[NP_EFFECT_NOT_TESTED] = N_("not tested"),
	};
	char *version = np_defect_explain(defect, page->system->kernel, effect);
	char *kernel = np_escape(page->system->kernel ? page->system->kernel : NP_VIEW_UNKNOWN, page->view->utf8);
	bool is_there = effect == NP_EFFECT_YES;
	char *text = version && kernel ? np_view_text("%s%s%s. %s: %s.", _(found[effect]), is_there ? ": " : "",
						 is_there ? _(defect->symptom) : "", kernel, version) :
					 NULL;

	free(version);
	free(kernel);
	return text;
}

static int print_defect(const struct page *page, const struct np_defect *defect)
{
	enum np_effect effect = np_check_has_defect(page->check, defect);
	char *text = defect_text(page, defect, effect);

	if (!text)
		return -ENOMEM;
	print_line(page, defect->name, effect == NP_EFFECT_YES ? NP_RED : NP_PLAIN, text);
	free(text);
	return 0;
}

static int print_defects(const struct page *page)
{
	int error = 0;

	print_heading(page, _("known defects"), _("does this kernel have them? by test, and by its version alone"));
	for (const struct np_defect *defect = np_defects; defect->name && !error; defect++)
		error = print_defect(page, defect);
	return error;
}

static const char *first_cause(const struct np_kernel_check *check)
{
	for (size_t i = 0; i < check->test_count; i++)
		if (check->tests[i].result == NP_CHECK_FAILS && check->tests[i].cause)
			return check->tests[i].cause;
	return _("a defect that has no name yet");
}

/* What the verdict is, and the numbers that it rests on. */
static char *verdict_text(const struct np_kernel_check *check)
{
	size_t fails = np_check_count(check, NP_CHECK_EFFECTS, NP_CHECK_FAILS);
	size_t costs = np_check_count(check, NP_CHECK_EFFECTS, NP_CHECK_COSTS);
	size_t unknown = np_check_count_missing(check), open = np_check_count_open(check);

	if (fails)
		return np_view_text(_("affected by %s: %zu tests found this kernel wrong, %zu a cost by design; %zu could not "
				 "be made"), first_cause(check), fails, costs, unknown);
	if (np_check_verdict(check) == NP_CHECK_AFFECTED)
		return np_view_text(_("costs, which --strict counts: %zu tests found one; %zu could not be made"), costs, unknown);
	if (unknown)
		return np_view_text(_("incomplete: no defect found, but %zu tests could not be made here; %zu found a cost by "
				 "design"), unknown, costs);
	if (check->quick)
		return np_view_text(_("clean, as far as --quick looks: no defect in %zu tests"), check->test_count);
	if (open)
		return np_view_text(_("clean: no defect; %zu tests found a cost that every kernel has, and %zu one that may "
				      "be chance"), costs, open);
	return np_view_text(_("clean: no defect; %zu tests found a cost that every kernel has"), costs);
}

static int print_verdict(const struct page *page)
{
	static const enum np_paint verdict_paints[] = { [NP_CHECK_CLEAN] = NP_BOLD, [NP_CHECK_AFFECTED] = NP_RED,
							[NP_CHECK_INCOMPLETE] = NP_YELLOW };
	char *text = verdict_text(page->check), elapsed[NP_UNITS_SIZE];

	if (!text)
		return -ENOMEM;
	np_format_duration(page->check->elapsed_ns, elapsed);
	np_view_labelled(page->view, 1, VERDICT_COLUMN, _("Verdict"), verdict_paints[np_check_verdict(page->check)], text,
			 page->out);
	free(text);
	text = np_view_text(page->check->quick ? _("tested in %s") :
						 _("tested in %s; in brackets: intervals of 95 %% confidence"), elapsed);
	if (!text)
		return -ENOMEM;
	np_view_labelled(page->view, 1, VERDICT_COLUMN, "", NP_DIM, text, page->out);
	free(text);
	return 0;
}

static int print_title(const struct page *page)
{
	const char *separator = page->view->utf8 ? "\302\267" : "-";
	char *kernel = np_escape(page->system->kernel ? page->system->kernel : NP_VIEW_UNKNOWN, page->view->utf8);

	if (!kernel)
		return -ENOMEM;
	fprintf(page->out, "%sLinux %s%s %s ", np_paint(page->view, NP_BOLD), kernel, np_paint_end(page->view, NP_BOLD),
		separator);
	fprintf(page->out, P_("%zu node", "%zu nodes", page->system->node_count), page->system->node_count);
	fprintf(page->out, " %s %s\n", separator, np_view_balancing(&page->system->numa_balancing));
	free(kernel);
	return 0;
}

int np_view_check(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	const struct page page = { snapshot->kernel_check, &snapshot->system, view, out };
	int error = print_title(&page);

	if (!error)
		error = print_verdict(&page);
	if (!error)
		error = print_distorts(&page);
	for (enum np_check_effect effect = NP_CHECK_CLEARS; effect < NP_CHECK_EFFECTS && !error; effect++)
		error = print_effect(&page, effect);
	if (!error)
		error = print_regime(&page);
	return error ? error : print_defects(&page);
}
