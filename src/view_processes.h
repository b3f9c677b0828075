/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many processes, one line each, with their sum. */
#ifndef NUMAPROBE_VIEW_PROCESSES_H
#define NUMAPROBE_VIEW_PROCESSES_H

#include <stdio.h>

#include "options.h"
#include "snapshot.h"
#include "view.h"

/*
 * Print the targets as a table: for people with a heading, the sum, how many could not be read, and what this
 * kernel does to readers of smaps; in raw columns and pairs, or where the options shape the table, without all
 * that. 0, -ENOMEM, or -EIO where the stream has an error.
 */
int np_view_processes(const struct np_snapshot *snapshot, const struct np_options *options, const struct np_view *view,
		      FILE *out);

#endif
