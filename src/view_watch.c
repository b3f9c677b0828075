/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --watch shows on a terminal: one frame, all of it text, of one look. */
#include "view_watch.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "escape.h"
#include "i18n.h"
#include "units.h"
#include "view_summary.h"
#include "view_vmas.h"

#define LABEL_WIDTH 22
#define RATE_WIDTH 9

static void print_label(const char *label, FILE *out)
{
	size_t width = np_text_width(label, SIZE_MAX);

	fprintf(out, " %s%*s", label, width < LABEL_WIDTH ? (int)(LABEL_WIDTH - width) : 1, "");
}

/* "hints made        1234 /s   4.8M/s"; the bytes where the change is one of pages. */
static void print_rate(const char *label, const struct np_fact *change, uint64_t interval_ns, unsigned page_bytes,
		       const struct np_view *view, FILE *out)
{
	char number[NP_UNITS_SIZE] = NP_VIEW_UNKNOWN, size[NP_UNITS_SIZE];
	bool known = change->known && interval_ns;

	if (known)
		np_format_rate(np_rate((uint64_t)change->value, interval_ns), number);
	print_label(label, out);
	fprintf(out, "%*s /s", RATE_WIDTH, number);
	if (known && page_bytes && change->value > 0) {
		np_format_bytes(np_rate(np_pages_to_bytes((uint64_t)change->value, page_bytes), interval_ns) / 1000,
				view->bytes, size);
		fprintf(out, "   %s/s", size);
	}
	fputc('\n', out);
}

static void print_scans(const struct np_target *target, FILE *out)
{
	print_label(_("scans so far"), out);
	if (target->scan_seq.known)
		fprintf(out, "%*" PRId64 "\n", RATE_WIDTH, target->scan_seq.value);
	else
		fprintf(out, "%*s\n", RATE_WIDTH, NP_VIEW_UNKNOWN);
}

static void print_rates(const struct np_snapshot *snapshot, const struct np_target *target, const struct np_view *view,
			FILE *out)
{
	const struct np_rates *rates = target->rates;
	unsigned page_bytes = snapshot->system.page_bytes;

	fprintf(out, "\n %s%s%s\n", np_paint(view, NP_BOLD), _("pages of this process"), np_paint_end(view, NP_BOLD));
	print_rate(_("hints made"), &rates->made, rates->interval_ns, page_bytes, view, out);
	print_rate(_("hints cleared"), &rates->cleared, rates->interval_ns, page_bytes, view, out);
	print_rate(_("moved between nodes"), &rates->moved, rates->interval_ns, page_bytes, view, out);
	if (target->threads.known && target->threads.value < 2) {
		print_label(_("minor faults"), out);
		fprintf(out, "%s\n", _("  not read: for a process with one thread that would make more"));
	} else {
		print_rate(_("minor faults"), &rates->minor_faults, rates->interval_ns, 0, view, out);
	}
	print_scans(target, out);
}

static struct np_fact difference(const struct np_fact *now, const struct np_fact *before)
{
	if (!now->known || !before->known || now->value < before->value)
		return NP_NOT_KNOWN;
	return NP_FACT(now->value - before->value);
}

/* What the whole system's balancer did meanwhile. */
static void print_system(const struct np_snapshot *snapshot, const struct np_vmstat *before, uint64_t interval_ns,
			 const struct np_view *view, FILE *out)
{
	static const struct {
		const char *label;
		size_t counter;
		bool tiers; /* shown where it has ever counted */
	} rows[] = {
		{ N_("hints made"), offsetof(struct np_vmstat, numa_pte_updates), false },
		{ N_("hint faults"), offsetof(struct np_vmstat, numa_hint_faults), false },
		{ N_("pages moved by them"), offsetof(struct np_vmstat, numa_pages_migrated), false },
		{ N_("pages promoted"), offsetof(struct np_vmstat, pgpromote_success), true },
		{ N_("demoted by kswapd"), offsetof(struct np_vmstat, pgdemote_kswapd), true },
		{ N_("demoted directly"), offsetof(struct np_vmstat, pgdemote_direct), true },
	};
	const struct np_vmstat *now = &snapshot->system.vmstat;

	fprintf(out, "\n %s%s%s\n", np_paint(view, NP_BOLD), _("NUMA balancing, whole system"), np_paint_end(view, NP_BOLD));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct np_fact *fact = (const struct np_fact *)((const char *)now + rows[i].counter);
		struct np_fact change = NP_NOT_KNOWN;

		if (rows[i].tiers && (!fact->known || fact->value == 0))
			continue;
		if (before)
			change = difference(fact, (const struct np_fact *)((const char *)before + rows[i].counter));
		print_rate(_(rows[i].label), &change, interval_ns, 0, view, out);
	}
}

/* The processes with their rates, and below them what they are made of. */
static int print_mappings(const struct np_snapshot *snapshot, const struct np_options *options,
			  const struct np_view *view, FILE *out)
{
	struct np_options of_processes = { .columns = { .processes = true, .watched = true } };
	int error = np_view_system_line(snapshot, view, out);

	of_processes.format = options->format;
	if (!error)
		error = np_view_process_table(snapshot, NULL, &of_processes, view, out);
	fputc('\n', out);
	return error ? error : np_view_vmas(snapshot, options, view, out);
}

int np_view_watch(const struct np_snapshot *snapshot, const struct np_vmstat *before, uint64_t interval_ns,
		  const struct np_options *options, const struct np_view *view, FILE *out)
{
	bool table = options->shaped || np_options_select_groups(options) || snapshot->target_count != 1;
	int error;

	if (options->vmas)
		return print_mappings(snapshot, options, view, out);
	if (table) {
		error = np_view_system_line(snapshot, view, out);
		if (!error)
			error = np_view_process_table(snapshot, NULL, options, view, out);
	} else {
		error = np_view_target(&snapshot->targets[0], &snapshot->system, view, out);
		if (!error && snapshot->targets[0].rates)
			print_rates(snapshot, &snapshot->targets[0], view, out);
	}
	if (!error)
		print_system(snapshot, before, interval_ns, view, out);
	if (!error && ferror(out))
		error = -EIO;
	return error;
}
