/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many processes, one line each, with their sum. */
#include "view_processes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "i18n.h"
#include "view_kernel.h"
#include "view_summary.h"
#include "view_vmas.h"

static size_t count_readable(const struct np_snapshot *snapshot)
{
	size_t count = 0;

	for (size_t i = 0; i < snapshot->target_count; i++)
		count += snapshot->targets[i].readable;
	return count;
}

/* Threads of all; not known where those of one are not. */
static struct np_fact sum_threads(const struct np_snapshot *snapshot)
{
	struct np_fact sum = NP_FACT(0);

	for (size_t i = 0; i < snapshot->target_count; i++) {
		const struct np_target *target = &snapshot->targets[i];

		if (!target->readable)
			continue;
		sum.known &= target->threads.known;
		sum.value += target->threads.value;
	}
	return sum;
}

/* The sum, as a target that has no PID. */
static int make_total(const struct np_snapshot *snapshot, struct np_target *ret)
{
	size_t node_count = snapshot->system.node_count, count = count_readable(snapshot);
	struct np_target total = { .threads = sum_threads(snapshot), .readable = true };
	int error = np_tally_init(&total.pages, node_count);

	if (error)
		return error;
	for (size_t i = 0; i < snapshot->target_count; i++)
		if (snapshot->targets[i].readable)
			np_tally_add(&total.pages, &snapshot->targets[i].pages, node_count);
	if (asprintf(&total.command, P_("%zu process", "%zu processes", count), count) < 0) {
		np_tally_free(&total.pages);
		return -ENOMEM;
	}
	*ret = total;
	return 0;
}

static void print_unreadable(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	size_t missing = snapshot->target_count - count_readable(snapshot);

	if (missing)
		fprintf(out, P_(" %s%zu more could not be read; the reason is on standard error%s\n",
				" %s%zu more could not be read; the reasons are on standard error%s\n", missing),
			np_paint(view, NP_RED), missing, np_paint_end(view, NP_RED));
}

static void print_note(const struct np_view *view, const char *text, FILE *out)
{
	fputc(' ', out);
	np_view_wrap(view, NP_DIM, 1, 1, text, out);
}

/* How the pages are known, once for all: they come from one source. */
static void print_source(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	const struct np_source *source = NULL;

	for (size_t i = 0; i < snapshot->target_count && !source; i++)
		if (snapshot->targets[i].readable)
			source = &snapshot->targets[i].source;
	if (!source || !source->name)
		return;
	print_note(view, _("memory that processes share is counted in each of them"), out);
	print_note(view, strcmp(source->name, "bpf") == 0 ? _("page tables read directly; that took no lock of any process") :
							    _("read from pagemap and move_pages(2), not from page tables"),
		   out);
}

static int print_for_people(const struct np_snapshot *snapshot, const struct np_options *options,
			    const struct np_view *view, FILE *out)
{
	struct np_target total;
	int error = make_total(snapshot, &total);

	if (error)
		return error;
	error = np_view_system_line(snapshot, view, out);
	if (!error) {
		fputc('\n', out);
		error = np_view_process_table(snapshot, &total, options, view, out);
	}
	np_tally_free(&total.pages);
	free(total.command);
	if (error)
		return error;
	print_unreadable(snapshot, view, out);
	print_source(snapshot, view, out);
	fputc('\n', out);
	return np_view_kernel(snapshot, view, out);
}

int np_view_processes(const struct np_snapshot *snapshot, const struct np_options *options, const struct np_view *view,
		      FILE *out)
{
	bool bare = options->noheadings || options->format == NP_FORMAT_RAW || options->format == NP_FORMAT_PAIRS;
	int error = bare ? np_view_process_table(snapshot, NULL, options, view, out) :
			   print_for_people(snapshot, options, view, out);

	if (!error && ferror(out))
		error = -EIO;
	return error;
}
