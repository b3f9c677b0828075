// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables of --experiment: one for each effect. */
#include "view_experiment.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "experiment.h"
#include "i18n.h"
#include "units.h"

#define NAME_WIDTH 16
#define NUMBER_WIDTH 9
#define INTERVAL_WIDTH 18
#define ANSWER_COLUMN (2 + NAME_WIDTH)
#define VERDICT_COLUMN (2 + NAME_WIDTH + 2 * NUMBER_WIDTH + INTERVAL_WIDTH + 2)

struct block {
	const struct np_snapshot *snapshot;
	const struct np_view *view;
	FILE *out;
};

/* What the numbers of a measure are, for its heading. */
static const char *const headings[] = {
	[NP_MEASURE_CAUSES] = N_("causes: hints made in a second"),
	[NP_MEASURE_STALLS] = N_("stalls: the process's processor time, in % of a window"),
	[NP_MEASURE_LOSES] = N_("loses: passes of the balancer in a minute"),
};

/* As many digits as mean something: 4098, 12.3, 0.17. */
static void format_number(double number, char ret[16])
{
	double size = fabs(number);

	if (isinf(number))
		snprintf(ret, 16, "%s", number > 0 ? "inf" : "-inf");
	else
		snprintf(ret, 16, "%.*f", size >= 100 ? 0 : size >= 10 || size == 0 ? 1 : 2, size < 0.005 ? 0 : number);
}

static void format_interval(const struct np_difference *difference, char ret[40])
{
	char low[16], high[16];

	format_number(difference->low, low);
	format_number(difference->high, high);
	snprintf(ret, 40, "%s .. %s", low, high);
}

/* A bare "no" says nothing: what would have been seen? Windows that are all the same do not tell. */
static char *unseen_text(const struct np_effect_test *test)
{
	char detectable[16];

	if (isinf(test->detectable))
		return np_view_text("%s", _("none seen"));
	/* Less than one hint can't be made. */
	format_number(test->kind == NP_MEASURE_CAUSES ? fmax(1, test->detectable) : test->detectable, detectable);
	return np_view_text(_("none seen; %s would have been"), detectable);
}

static char *verdict_text(const struct np_effect_test *test)
{
	if (test->found == NP_EFFECT_YES)
		return np_view_text(_("yes (p = %.2g)"), test->adjusted_p);
	if (test->found == NP_EFFECT_NO)
		return unseen_text(test);
	return np_view_text(_("unknown: %s"), test->reason ? S_(test->reason) : "");
}

/* The columns before the last one; returns their width. */
static size_t print_columns(const struct block *block, const char *reader, const char *with, const char *without,
			    const char *interval)
{
	size_t used = 2;

	fputs("  ", block->out);
	used += np_view_cell(reader, -NAME_WIDTH, block->out);
	used += np_view_cell(with, NUMBER_WIDTH, block->out);
	used += np_view_cell(without, NUMBER_WIDTH, block->out);
	used += np_view_cell(interval, INTERVAL_WIDTH, block->out);
	fputs("  ", block->out);
	return used + 2;
}

static int print_test(const struct block *block, const struct np_effect_test *test)
{
	char with[16], without[16], interval[40], *text = verdict_text(test);
	bool control = strcmp(test->reader, "busy") == 0;
	enum np_paint paint = test->found == NP_EFFECT_NOT_TESTED || (control && test->found == NP_EFFECT_YES) ?
				      NP_YELLOW :
			      test->found == NP_EFFECT_YES ? NP_RED : NP_PLAIN;
	size_t used;

	if (!text)
		return -ENOMEM;
	format_number(test->difference.with_mean, with);
	format_number(test->difference.without_mean, without);
	format_interval(&test->difference, interval);
	used = print_columns(block, control ? _("(busy)") : test->reader, with, without, interval);
	np_view_wrap(block->view, paint, used, VERDICT_COLUMN, text, block->out);
	free(text);
	return 0;
}

static void print_heading(const struct block *block, const char *text)
{
	fprintf(block->out, " %s%s%s\n", np_paint(block->view, NP_BOLD), text, np_paint_end(block->view, NP_BOLD));
}

static int print_measure(const struct block *block, const struct np_experiment *experiment, enum np_measure_kind kind)
{
	int error = 0;

	print_heading(block, _(headings[kind]));
	print_columns(block, _("reader"), _("with"), _("without"), _("difference, 95 %"));
	fprintf(block->out, "%s\n", _("effect"));
	for (size_t i = 0; i < experiment->test_count && !error; i++)
		if (experiment->tests[i].kind == kind)
			error = print_test(block, &experiment->tests[i]);
	return error;
}

/* The answer comes first: what each reader was found to do, in words. */

static char *finding_text(const struct np_effect_test *test)
{
	double difference = fabs(test->difference.difference), without = test->difference.without_mean;
	char size[16];

	/* Processor time is measured in % of a window, but a process that ran for a tenth of it has only that to lose. */
	if (test->kind == NP_MEASURE_STALLS && without > 0)
		difference *= 100 / without;
	format_number(difference, size);
	switch (test->kind) {
	case NP_MEASURE_CAUSES:
		return np_view_text(_("makes the balancer hint %s more in a second (causes)"), size);
	case NP_MEASURE_STALLS:
		return np_view_text(_("takes %s %% of its processor time (stalls)"), size);
	default:
		return np_view_text(_("costs the balancer %s passes a minute (loses)"), size);
	}
}

/* Appends a part to a list in words; frees the part. -ENOMEM where either is NULL. */
static int add_part(char **list, const char *separator, char *part)
{
	char *longer = part && *list ? np_view_text("%s%s%s", *list, **list ? separator : "", part) : NULL;

	free(part);
	if (!longer)
		return -ENOMEM;
	free(*list);
	*list = longer;
	return 0;
}

/* What was found of a reader: "yes: ..."; what was looked for in vain; what is not known. */
struct answer {
	char *found, *unseen, *unknown;
};

static int add_test(struct answer *answer, const struct np_effect_test *test)
{
	if (test->found == NP_EFFECT_YES)
		return add_part(&answer->found, _(", and "), finding_text(test));
	return add_part(test->found == NP_EFFECT_NO ? &answer->unseen : &answer->unknown, ", ",
			strdup(np_measure_name(test->kind)));
}

static char *join_answer(const struct answer *answer)
{
	if (!*answer->found && !*answer->unknown)
		return np_view_text("%s", _("does nothing that could be seen"));
	return np_view_text("%s%s%s%s%s%s%s", answer->found,
			    *answer->found && (*answer->unknown || *answer->unseen) ? "; " : "",
			    *answer->unseen ? _("not seen: ") : "", answer->unseen,
			    *answer->unseen && *answer->unknown ? "; " : "", *answer->unknown ? _("not known: ") : "",
			    answer->unknown);
}

static int print_answer(const struct block *block, const struct np_experiment *experiment, const char *reader)
{
	struct answer answer = { strdup(""), strdup(""), strdup("") };
	int error = answer.found && answer.unseen && answer.unknown ? 0 : -ENOMEM;
	enum np_paint paint;
	char *text;

	for (size_t i = 0; i < experiment->test_count && !error; i++)
		if (strcmp(experiment->tests[i].reader, reader) == 0)
			error = add_test(&answer, &experiment->tests[i]);
	text = error ? NULL : join_answer(&answer);
	error = text ? 0 : -ENOMEM;
	if (text) {
		paint = *answer.found ? NP_RED : *answer.unknown ? NP_YELLOW : NP_PLAIN;
		np_view_labelled(block->view, 2, ANSWER_COLUMN, reader, paint, text, block->out);
	}
	free(answer.found);
	free(answer.unseen);
	free(answer.unknown);
	free(text);
	return error;
}

static bool is_answered(const struct np_experiment *experiment, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(experiment->tests[i].reader, experiment->tests[index].reader) == 0)
			return true;
	return strcmp(experiment->tests[index].reader, "busy") == 0;
}

/* Load that disturbs as a reader would makes the readers' answers doubtful. */
static int print_load(const struct block *block, const struct np_experiment *experiment)
{
	char *found = strdup("");
	int error = found ? 0 : -ENOMEM;

	for (size_t i = 0; i < experiment->test_count && !error; i++)
		if (strcmp(experiment->tests[i].reader, "busy") == 0 && experiment->tests[i].found == NP_EFFECT_YES)
			error = add_part(&found, _(", and "), finding_text(&experiment->tests[i]));
	if (!error && *found)
		error = np_view_note(block->view, NP_YELLOW, block->out,
				     _("Load alone, (busy), %s; readers are compared with it."), found);
	free(found);
	return error;
}

static int print_answers(const struct block *block, const struct np_experiment *experiment)
{
	int error = 0;

	for (size_t i = 0; i < experiment->test_count && !error; i++)
		if (!is_answered(experiment, i))
			error = print_answer(block, experiment, experiment->tests[i].reader);
	if (!error)
		error = print_load(block, experiment);
	if (!error && experiment->broken_off)
		error = np_view_note(block->view, NP_YELLOW, block->out, _("It was broken off after %zu windows."),
				     experiment->window_count);
	return error;
}

/* How much of its windows a reader read: a monitoring program that reads now and then does that part of the harm. */
static int print_duty(const struct block *block, const struct np_experiment *experiment)
{
	uint64_t reading_ns = 0, elapsed_ns = 0;

	for (size_t i = 0; i < experiment->window_count; i++) {
		const struct np_trial *window = &experiment->windows[i];

		if (strcmp(window->reader, "none") == 0 || strcmp(window->reader, "busy") == 0)
			continue;
		reading_ns += window->reading_ns;
		elapsed_ns += window->elapsed_ns;
	}
	if (!elapsed_ns)
		return 0;
	return np_view_note(block->view, NP_DIM, block->out,
			    _("Readers read without a pause, for %.0f %% of their windows, and are compared with a "
			      "program that burns as much time (without); that one, (busy), with none at all. Windows "
			      "followed each other in random order (seed %" PRIu64 "); exact permutation tests, p of one "
			      "side, after Holm."), 100.0 * (double)reading_ns / (double)elapsed_ns, experiment->seed);
}

static int print_clear(const struct block *block, const struct np_read_effect *read)
{
	char cleared[NP_UNITS_SIZE], before[NP_UNITS_SIZE], *text;
	unsigned page_bytes = block->snapshot->system.page_bytes;
	static const enum np_paint paints[] = { [NP_EFFECT_YES] = NP_RED, [NP_EFFECT_NOT_TESTED] = NP_YELLOW };

	np_format_bytes(np_pages_to_bytes(read->cleared, page_bytes), block->view->bytes, cleared);
	np_format_bytes(np_pages_to_bytes(read->hinted_before, page_bytes), block->view->bytes, before);
	if (read->clears == NP_EFFECT_YES)
		text = np_view_text(_("yes: of the hints of %s it cleared those of %s"), before, cleared);
	else if (read->clears == NP_EFFECT_NO)
		text = np_view_text(_("no: all hints are left, those of %s"), before);
	else
		text = np_view_text(_("unknown: no page was hinted just then"));
	if (!text)
		return -ENOMEM;
	np_view_labelled(block->view, 2, ANSWER_COLUMN, read->reader, paints[read->clears], text, block->out);
	free(text);
	return 0;
}

static bool was_stopped(const struct np_target *target)
{
	for (size_t i = 0; i < target->read_effect_count; i++)
		if (target->read_effects[i].stopped)
			return true;
	return false;
}

static int print_clears(const struct block *block, const struct np_target *target)
{
	int error = 0;

	print_heading(block, _("clears: one reading while the process was stopped"));
	for (size_t i = 0; i < target->read_effect_count && !error; i++)
		if (target->read_effects[i].stopped)
			error = print_clear(block, &target->read_effects[i]);
	return error;
}

static int print_experiment(const struct block *block, const struct np_experiment *experiment)
{
	int error = print_answers(block, experiment);

	for (size_t kind = 0; kind < sizeof(headings) / sizeof(headings[0]) && !error; kind++)
		error = print_measure(block, experiment, (enum np_measure_kind)kind);
	return error ? error : print_duty(block, experiment);
}

static int print_target(const struct block *block, const struct np_target *target)
{
	int error = np_view_target_heading(block->view, target, _("what reading does to it"), block->out);

	if (!error && was_stopped(target))
		error = print_clears(block, target);
	return error || !target->experiment ? error : print_experiment(block, target->experiment);
}

int np_view_experiment(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	struct block block = { snapshot, view, out };
	int error = 0;

	for (size_t i = 0; i < snapshot->target_count && !error; i++)
		if (snapshot->targets[i].experiment || was_stopped(&snapshot->targets[i]))
			error = print_target(&block, &snapshot->targets[i]);
	if (!error && ferror(out))
		error = -EIO;
	return error;
}
