/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of metrics: names, labels and numbers, in the one way that the format allows. */
#include "metrics_family.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "escape.h"
#include "units.h"

/* A label's value between quotes. A text that others chose is escaped twice: for eyes, and for the format. */
static void print_value(struct np_printer *printer, const char *bytes)
{
	char *text = np_escape(bytes, true);

	if (!text) {
		printer->error = -ENOMEM;
		return;
	}
	for (const char *at = text; *at; at++) {
		if (*at == '\\' || *at == '"')
			fputc('\\', printer->out);
		fputc(*at, printer->out);
	}
	free(text);
}

static void print_label(struct np_printer *printer, const char *separator, const char *name, const char *value)
{
	fprintf(printer->out, "%s%s=\"", separator, name);
	print_value(printer, value ? value : "");
	fputc('"', printer->out);
}

void np_print_sample(struct np_printer *printer, const struct np_family *family, const struct np_target *target,
		     const char *const *labels, const char *number)
{
	const char *separator = "{";

	fputs(family->name, printer->out);
	if (target) {
		fprintf(printer->out, "{pid=\"%d\"", (int)target->pid);
		separator = ",";
		print_label(printer, separator, "command", target->command);
	}
	for (size_t i = 0; labels[i]; i += 2) {
		print_label(printer, separator, labels[i], labels[i + 1]);
		separator = ",";
	}
	fprintf(printer->out, "%s %s\n", *separator == ',' ? "}" : "", number);
}

void np_print_count(struct np_printer *printer, const struct np_family *family, const struct np_target *target,
		    const char *const *labels, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	np_print_sample(printer, family, target, labels, text);
}

void np_print_integer(struct np_printer *printer, const struct np_family *family, const struct np_target *target,
		      const char *const *labels, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	np_print_sample(printer, family, target, labels, text);
}

void np_print_real(struct np_printer *printer, const struct np_family *family, const struct np_target *target,
		   const char *const *labels, double number)
{
	char text[40];

	if (isinf(number))
		snprintf(text, sizeof(text), "%s", number > 0 ? "+Inf" : "-Inf");
	else
		snprintf(text, sizeof(text), "%.9g", number);
	np_print_sample(printer, family, target, labels, text);
}

static bool is_repeated(const struct np_snapshot *snapshot, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (snapshot->targets[i].pid == snapshot->targets[index].pid)
			return true;
	return false;
}

void np_print_targets(struct np_printer *printer, const struct np_family *family, bool readable_only,
		      np_target_printer *print)
{
	for (size_t i = 0; i < printer->snapshot->target_count; i++) {
		const struct np_target *target = &printer->snapshot->targets[i];

		if ((target->readable || !readable_only) && !is_repeated(printer->snapshot, i))
			print(printer, family, target);
	}
}

uint64_t np_printer_bytes(const struct np_printer *printer, uint64_t pages)
{
	return np_pages_to_bytes(pages, printer->snapshot->system.page_bytes);
}

void np_print_info(struct np_printer *printer, const struct np_family *family)
{
	const struct np_system *system = &printer->snapshot->system;

	np_print_count(printer, family, NULL,
		       NP_LABELS("version", printer->snapshot->version, "kernel", system->kernel, "machine",
				 system->machine), 1);
}

void np_print_taken(struct np_printer *printer, const struct np_family *family)
{
	struct tm utc = { 0 };
	const char *taken = printer->snapshot->taken;

	if (taken && strptime(taken, "%Y-%m-%dT%H:%M:%SZ", &utc))
		np_print_integer(printer, family, NULL, NP_NO_LABELS, timegm(&utc));
}
