// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables of --experiment: one for each effect. */
#include "view_experiment.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "experiment.h"
#include "i18n.h"
#include "units.h"

#define NAME_WIDTH 16
#define NUMBER_WIDTH 9
#define INTERVAL_WIDTH 18
#define VERDICT_COLUMN (2 + NAME_WIDTH + 2 * NUMBER_WIDTH + INTERVAL_WIDTH + 2)

struct block {
	const struct np_snapshot *snapshot;
	const struct np_view *view;
	FILE *out;
};

/* What the numbers of a measure are, for its heading. */
static const char *const headings[] = {
	[NP_MEASURE_CAUSES] = N_("causes: hints made in a pass of the balancer"),
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

/* A bare "no" says nothing: what would have been seen? */
static char *verdict_text(const struct np_effect_test *test)
{
	char detectable[16], *text;
	int length;

	/* Less than one hint can't be made. */
	format_number(test->kind == NP_MEASURE_CAUSES ? fmax(1, test->difference.detectable) :
							 test->difference.detectable, detectable);
	if (test->found == NP_EFFECT_YES)
		length = asprintf(&text, _("yes (p = %.2g)"), test->adjusted_p);
	else if (test->found == NP_EFFECT_NO)
		length = asprintf(&text, _("none seen; %s would have been"), detectable);
	else
		length = asprintf(&text, _("unknown: %s"), test->reason ? S_(test->reason) : "");
	return length < 0 ? NULL : text;
}

static int print_test(const struct block *block, const struct np_effect_test *test)
{
	char with[16], without[16], interval[40], name[32], *text = verdict_text(test);
	bool control = strcmp(test->reader, "busy") == 0;
	enum np_paint paint = test->found == NP_EFFECT_NOT_TESTED || (control && test->found == NP_EFFECT_YES) ?
				      NP_YELLOW :
			      test->found == NP_EFFECT_YES ? NP_RED : NP_PLAIN;
	int used;

	if (!text)
		return -ENOMEM;
	format_number(test->difference.with_mean, with);
	format_number(test->difference.without_mean, without);
	format_interval(&test->difference, interval);
	snprintf(name, sizeof(name), "%s", control ? _("(busy)") : test->reader);
	used = fprintf(block->out, "  %-*s%*s%*s%*s  ", NAME_WIDTH, name, NUMBER_WIDTH, with, NUMBER_WIDTH, without,
		       INTERVAL_WIDTH, interval);
	np_view_wrap(block->view, paint, used > 0 ? (size_t)used : 0, VERDICT_COLUMN, text, block->out);
	free(text);
	return 0;
}

static int print_measure(const struct block *block, const struct np_experiment *experiment, enum np_measure_kind kind)
{
	int error = 0;

	fprintf(block->out, " %s%s%s\n", np_paint(block->view, NP_BOLD), _(headings[kind]),
		np_paint_end(block->view, NP_BOLD));
	fprintf(block->out, "  %-*s%*s%*s%*s  %s\n", NAME_WIDTH, _("reader"), NUMBER_WIDTH, _("with"), NUMBER_WIDTH,
		_("without"), INTERVAL_WIDTH, _("difference, 95 %"), _("effect"));
	for (size_t i = 0; i < experiment->test_count && !error; i++)
		if (experiment->tests[i].kind == kind)
			error = print_test(block, &experiment->tests[i]);
	return error;
}

static void __attribute__((format(printf, 3, 4)))
print_line(const struct block *block, enum np_paint paint, const char *format, ...)
{
	va_list arguments;
	char *text;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	fputs("  ", block->out);
	np_view_wrap(block->view, paint, 2, 2, text, block->out);
	free(text);
}

/* How much of its windows a reader read: a monitoring program that reads now and then does that part of the harm. */
static void print_duty(const struct block *block, const struct np_experiment *experiment)
{
	uint64_t reading_ns = 0, elapsed_ns = 0;

	for (size_t i = 0; i < experiment->window_count; i++) {
		const struct np_trial *window = &experiment->windows[i];

		if (strcmp(window->reader, "none") == 0 || strcmp(window->reader, "busy") == 0)
			continue;
		reading_ns += window->reading_ns;
		elapsed_ns += window->elapsed_ns;
	}
	if (elapsed_ns)
		print_line(block, NP_DIM, _("Readers read without a pause, for %.0f %% of their windows, against a program "
					    "that burns as much time (without); that one, (busy), against none at all. "
					    "Windows followed each other in random order (seed %" PRIu64 "); exact "
					    "permutation tests, p of one side, after Holm."),
			   100.0 * (double)reading_ns / (double)elapsed_ns, experiment->seed);
}

static void print_clear(const struct block *block, const struct np_read_effect *read)
{
	char cleared[NP_UNITS_SIZE], before[NP_UNITS_SIZE];
	unsigned page_bytes = block->snapshot->system.page_bytes;

	np_format_bytes(np_pages_to_bytes(read->cleared, page_bytes), block->view->bytes, cleared);
	np_format_bytes(np_pages_to_bytes(read->hinted_before, page_bytes), block->view->bytes, before);
	if (read->clears == NP_EFFECT_YES)
		print_line(block, NP_RED, _("%-16s yes: of the hints of %s it cleared those of %s"), read->reader, before,
			   cleared);
	else if (read->clears == NP_EFFECT_NO)
		print_line(block, NP_PLAIN, _("%-16s no: all hints are left, those of %s"), read->reader, before);
	else
		print_line(block, NP_YELLOW, _("%-16s unknown: no page was hinted just then"), read->reader);
}

static int print_target(const struct block *block, const struct np_target *target)
{
	const struct np_experiment *experiment = target->experiment;
	char *command = np_escape(target->command ? target->command : "", block->view->utf8);
	int error = 0;

	if (!command)
		return -ENOMEM;
	fprintf(block->out, "\n %s", np_paint(block->view, NP_BOLD));
	fprintf(block->out, _("PID %d %s: what reading does to it"), (int)target->pid, command);
	fprintf(block->out, "%s\n", np_paint_end(block->view, NP_BOLD));
	free(command);
	if (target->freeze_tested) {
		fprintf(block->out, " %s%s%s\n", np_paint(block->view, NP_BOLD),
			_("clears: one reading while the process was stopped"), np_paint_end(block->view, NP_BOLD));
		for (size_t i = target->read_effect_count - target->freeze_tested; i < target->read_effect_count; i++)
			print_clear(block, &target->read_effects[i]);
	}
	for (size_t kind = 0; experiment && kind < sizeof(headings) / sizeof(headings[0]) && !error; kind++)
		error = print_measure(block, experiment, (enum np_measure_kind)kind);
	if (experiment && !error)
		print_duty(block, experiment);
	return error;
}

int np_view_experiment(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	struct block block = { snapshot, view, out };
	int error = 0;

	for (size_t i = 0; i < snapshot->target_count && !error; i++)
		if (snapshot->targets[i].experiment || snapshot->targets[i].freeze_tested)
			error = print_target(&block, &snapshot->targets[i]);
	if (!error && ferror(out))
		error = -EIO;
	return error;
}
