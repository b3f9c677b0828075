/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of mappings and of processes: as a table, as raw columns, or as pairs. */
#ifndef NUMAPROBE_VIEW_VMAS_H
#define NUMAPROBE_VIEW_VMAS_H

#include <stdio.h>

#include "options.h"
#include "snapshot.h"
#include "view.h"

/*
 * Print the mappings of all targets, with the options' columns, order and format (any but JSON).
 * A table for a terminal shortens paths that don't fit, at their start. In raw columns and pairs text
 * is printed as libsmartcols does for lsblk(8) and its kin: unsafe bytes, blanks and backslashes as \xHH.
 * A raw column without text is "-".
 * 0, -ENOMEM, or -EIO where the stream has an error.
 */
int np_view_vmas(const struct np_snapshot *snapshot, const struct np_options *options, const struct np_view *view,
		 FILE *out);

/*
 * The same for the readable targets, one line each, sorted by their resident memory where the options don't say
 * otherwise. total: a target that is printed last, the sum of all; NULL: none. The options have to be those of a
 * table of processes (np_column_choice.processes).
 */
int np_view_process_table(const struct np_snapshot *snapshot, const struct np_target *total,
			  const struct np_options *options, const struct np_view *view, FILE *out);

/* How wide the columns of lines have been so far, so that later ones stand below them. Zeros at first. */
struct np_line_widths {
	bool headed; /* what the columns are called was printed, with the first line */
	size_t count;
	size_t *widths; /* owned */
};

/*
 * The same table as lines that are appended to earlier ones: headings the first time only, and where a column
 * appeared. 0, -ENOMEM, or -EIO.
 */
int np_view_lines(const struct np_snapshot *snapshot, const struct np_options *options,
			  const struct np_view *view, struct np_line_widths *widths, FILE *out);

#endif
