/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all views share: how things may look, paint, and lines that are broken between words. */
#include "view.h"

#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "escape.h"
#include "i18n.h"
#include "snapshot.h"

#define DEFAULT_WIDTH 80

static size_t terminal_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long wanted;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) < 0)
		return 0;
	wanted = columns ? strtol(columns, NULL, 10) : 0;
	if (wanted > 0)
		return (size_t)wanted;
	return size.ws_col ? size.ws_col : DEFAULT_WIDTH;
}

struct np_view np_view_detect(FILE *out)
{
	return (struct np_view){ .utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"), .width = terminal_width(out) };
}

const char *np_paint(const struct np_view *view, enum np_paint paint)
{
	static const char *const sequences[] = {
		[NP_PLAIN] = "", [NP_BOLD] = "\033[1m", [NP_DIM] = "\033[2m", [NP_RED] = "\033[31m", [NP_YELLOW] = "\033[33m",
	};

	return view->color ? sequences[paint] : "";
}

const char *np_paint_end(const struct np_view *view, enum np_paint paint)
{
	return view->color && paint != NP_PLAIN ? "\033[0m" : "";
}

void np_view_wrap(const struct np_view *view, enum np_paint paint, size_t used, size_t indent, const char *text,
		  FILE *out)
{
	size_t limit = view->width ? view->width : DEFAULT_WIDTH;
	bool line_start = true;

	fputs(np_paint(view, paint), out);
	while (*text) {
		size_t length = strcspn(text, " ");
		size_t width = np_text_width(text, length);

		if (!line_start && used + 1 + width > limit) {
			fprintf(out, "\n%*s", (int)indent, "");
			used = indent;
			line_start = true;
		}
		fprintf(out, "%s%.*s", line_start ? "" : " ", (int)length, text);
		used += width + !line_start;
		line_start = false;
		text += length;
		text += *text == ' ';
	}
	fprintf(out, "%s\n", np_paint_end(view, paint));
}

void np_view_labelled(const struct np_view *view, size_t indent, size_t column, const char *label, enum np_paint paint,
		      const char *text, FILE *out)
{
	size_t width = indent + np_text_width(label, SIZE_MAX);
	size_t blanks = width < column ? column - width : *label != '\0';

	fprintf(out, "%*s%s%*s", (int)indent, "", label, (int)blanks, "");
	np_view_wrap(view, paint, width + blanks, column, text, out);
}

size_t np_view_cell(const char *text, int width, FILE *out)
{
	size_t columns = (size_t)abs(width), used = np_text_width(text, SIZE_MAX);
	int blanks = used < columns ? (int)(columns - used) : 0;

	fprintf(out, "%*s%s%*s", width > 0 ? blanks : 0, "", text, width < 0 ? blanks : 0, "");
	return used + (size_t)blanks;
}

/* NULL where memory is short. */
static char *text_of(const char *format, va_list arguments)
{
	char *text;

	return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}

int np_view_note(const struct np_view *view, enum np_paint paint, FILE *out, const char *format, ...)
{
	const size_t indent = 2;
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = text_of(format, arguments);
	va_end(arguments);
	if (!text)
		return -ENOMEM;
	np_view_labelled(view, indent, indent, "", paint, text, out);
	free(text);
	return 0;
}

char *np_view_text(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = text_of(format, arguments);
	va_end(arguments);
	return text;
}

void np_view_range(const struct np_target *target, const char *separator, FILE *out)
{
	if (target->range_end != 0)
		fprintf(out, _("%sonly %" PRIx64 "-%" PRIx64), separator, target->range_start, target->range_end);
}

int np_view_target_heading(const struct np_view *view, const struct np_target *target, const char *what, FILE *out)
{
	char *command = np_escape(target->command ? target->command : "", view->utf8);

	if (!command)
		return -ENOMEM;
	fprintf(out, "\n %s", np_paint(view, NP_BOLD));
	fprintf(out, _("PID %d %s: %s"), (int)target->pid, command, what);
	fprintf(out, "%s\n", np_paint_end(view, NP_BOLD));
	free(command);
	return 0;
}
