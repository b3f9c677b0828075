/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all views share: how things may look, paint, and lines that are broken between words. */
#ifndef NUMAPROBE_VIEW_H
#define NUMAPROBE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define NP_VIEW_UNKNOWN "?" /* in place of a number that is not known */
#define NP_VIEW_NONE "-"    /* in place of what there is none of */

struct np_view {
	bool utf8;    /* characters beyond ASCII can be shown */
	bool color;
	bool bytes;   /* exact numbers of bytes in place of "12.1G" */
	size_t width; /* columns of the terminal; 0: not a terminal, nothing is shortened */
};

enum np_paint { NP_PLAIN, NP_BOLD, NP_DIM, NP_RED, NP_YELLOW };

/*
 * How things may look on this stream: the locale decides on utf8 (call setlocale() first), the
 * terminal on the width. COLUMNS comes before what the terminal says. bytes and color are false.
 */
struct np_view np_view_detect(FILE *out);

/* The sequences that start and end a paint; "" without colour. */
const char *np_paint(const struct np_view *view, enum np_paint paint);
const char *np_paint_end(const struct np_view *view, enum np_paint paint);

/*
 * Print a text in words, in lines no wider than the view (80 columns without a terminal), and end the
 * last one. The caller has printed used columns of the first line; the others start with indent blanks.
 */
void np_view_wrap(const struct np_view *view, enum np_paint paint, size_t used, size_t indent, const char *text,
		  FILE *out);

/* The same after a label, which starts behind indent blanks; the text, and what goes on below it, start at column. */
void np_view_labelled(const struct np_view *view, size_t indent, size_t column, const char *label, enum np_paint paint,
		      const char *text, FILE *out);

/* The same for a note of its own, behind two blanks. 0 or -ENOMEM. */
int np_view_note(const struct np_view *view, enum np_paint paint, FILE *out, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A cell of so many columns, not bytes as for printf("%*s"); a negative width starts with the text. Returns what it took. */
size_t np_view_cell(const char *text, int width, FILE *out);

struct np_target;

/* The heading of what follows about one process; what, in the user's language, is printed as it is. 0 or -ENOMEM. */
int np_view_target_heading(const struct np_view *view, const struct np_target *target, const char *what, FILE *out);

/* "SEPARATORonly 7f00-7fff": the part of the target that was looked at; nothing where that is all of it. */
void np_view_range(const struct np_target *target, const char *separator, FILE *out);

/* A text by a format; the caller frees it. NULL where memory is short. */
char *np_view_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
