/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The default view: for each target a heading, its pages, and where they are known from; then the kernel. */
#include "view_summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "i18n.h"
#include "units.h"
#include "view_kernel.h"
#include "view_pages.h"

const char *np_view_balancing(const struct np_fact *setting)
{
	if (!setting->known)
		return _("NUMA balancing unknown");
	switch (setting->value) {
	case 0:
		return _("NUMA balancing off");
	case 1:
		return _("NUMA balancing on");
	case 2:
		return _("NUMA balancing for tiering");
	default:
		return _("NUMA balancing on, with tiering");
	}
}

/* What somebody else chose, made safe; "?" where it is not known. -ENOMEM as everywhere. */
static int print_foreign(const char *bytes, const struct np_view *view, FILE *out)
{
	char *text = np_escape(bytes ? bytes : NP_VIEW_UNKNOWN, view->utf8);

	if (!text)
		return -ENOMEM;
	fputs(text, out);
	free(text);
	return 0;
}

static void print_threads(const struct np_target *target, const char *separator, FILE *out)
{
	long threads = (long)target->threads.value;

	fputs(separator, out);
	if (target->threads.known)
		fprintf(out, P_("%ld thread", "%ld threads", (unsigned long)threads), threads);
	else
		fputs(_("? threads"), out);
}

static int write_system(const struct np_system *system, const char *separator, const struct np_view *view, FILE *out)
{
	int error;

	fputs("Linux ", out);
	error = print_foreign(system->kernel, view, out);
	fputs(separator, out);
	fprintf(out, P_("%zu node", "%zu nodes", system->node_count), system->node_count);
	fprintf(out, "%s%s", separator, np_view_balancing(&system->numa_balancing));
	return error;
}

int np_view_system_line(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	const char *separator = view->utf8 ? " \302\267 " : " - ";
	int error;

	fputs(np_paint(view, NP_BOLD), out);
	error = write_system(&snapshot->system, separator, view, out);
	if (snapshot->target_count)
		np_view_range(&snapshot->targets[0], separator, out);
	fprintf(out, "%s\n", np_paint_end(view, NP_BOLD));
	return error;
}

/* Everything about the target and its system in one line, as text. */
static int write_heading(const struct np_target *target, const struct np_system *system, const struct np_view *view,
			 FILE *out)
{
	const char *separator = view->utf8 ? " \302\267 " : " - ";
	int error;

	fprintf(out, _("PID %d "), (int)target->pid);
	error = print_foreign(target->command, view, out);
	if (target->readable)
		print_threads(target, separator, out);
	fputs(separator, out);
	if (!error)
		error = write_system(system, separator, view, out);
	np_view_range(target, separator, out);
	return error;
}

typedef int heading_writer(const struct np_target *target, const struct np_system *system, const struct np_view *view,
			   FILE *out);

/* Have a line of text written, then print it in lines that fit. */
static int print_wrapped(heading_writer *write, const struct np_target *target, const struct np_system *system,
			 const struct np_view *view, enum np_paint paint, size_t indent, FILE *out)
{
	char *text = NULL;
	size_t length;
	FILE *line = open_memstream(&text, &length);
	int error;

	if (!line)
		return -ENOMEM;
	error = write(target, system, view, line);
	/* A stream in memory that cannot grow has an error, or no text at all. */
	if (ferror(line))
		error = -ENOMEM;
	if (fclose(line) != 0 || !text)
		error = -ENOMEM;
	if (!error) {
		fprintf(out, "%*s", (int)indent, "");
		np_view_wrap(view, paint, indent, indent + 2, text, out);
	}
	free(text);
	return error;
}

/* Where the pages are known from, how long that took, and why it was not done better. */
static int write_source(const struct np_target *target, const struct np_system *system __attribute__((unused)),
			const struct np_view *view, FILE *out)
{
	const struct np_source *source = &target->source;
	const char *name = source->name ? source->name : NP_VIEW_UNKNOWN;
	char duration[NP_UNITS_SIZE];
	int error = 0;

	np_format_duration(source->elapsed_ns, duration);
	if (strcmp(name, "bpf") == 0)
		fprintf(out, _("page tables read directly in %s; that took no lock of the process"), duration);
	else if (strcmp(name, "pagemap") == 0)
		fprintf(out, _("read from pagemap and move_pages(2) in %s"), duration);
	else
		fprintf(out, _("read by %s in %s"), name, duration);
	if (source->how_hints) {
		fputs(_("; hints: "), out);
		error = print_foreign(source->how_hints, view, out);
	}
	if (source->why_not_better && !error) {
		fputs(_("; not from page tables: "), out);
		error = print_foreign(source->why_not_better, view, out);
	}
	return error;
}

static int print_pages(const struct np_target *target, const struct np_system *system, const struct np_view *view,
		       FILE *out)
{
	int error = np_view_pages(target, system, view, out);

	if (error)
		return error;
	if (!np_tally_hints_known(&target->pages, system->node_count))
		fprintf(out, " %s%s%s\n", np_paint(view, NP_RED),
			_("present and NUMA-hinted pages were not told apart"), np_paint_end(view, NP_RED));
	return print_wrapped(write_source, target, system, view, NP_DIM, 1, out);
}

int np_view_target(const struct np_target *target, const struct np_system *system, const struct np_view *view,
		   FILE *out)
{
	int error = print_wrapped(write_heading, target, system, view, NP_BOLD, 0, out);

	if (error)
		return error;
	fputc('\n', out);
	if (target->readable)
		return print_pages(target, system, view, out);
	fprintf(out, " %s%s%s\n", np_paint(view, NP_RED), _("its pages are not known; the reason is on standard error"),
		np_paint_end(view, NP_RED));
	return 0;
}

int np_view_summary(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	int error = 0;

	for (size_t i = 0; i < snapshot->target_count && !error; i++) {
		error = np_view_target(&snapshot->targets[i], &snapshot->system, view, out);
		fputc('\n', out);
	}
	if (!error)
		error = np_view_kernel(snapshot, view, out);
	if (!error && ferror(out))
		error = -EIO;
	return error;
}
