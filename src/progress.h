/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is being done just now, on standard error, where somebody watches: one line that overwrites itself. */
#ifndef NUMAPROBE_PROGRESS_H
#define NUMAPROBE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct np_progress {
	bool wanted;	   /* standard error is a terminal, and --quiet was not given */
	bool shown;	   /* a line stands there */
	uint64_t start_ns; /* nothing is shown in the first second */
	uint64_t next_ns;
};

void np_progress_start(struct np_progress *progress, bool quiet);
/* Show a line, if it is time to. Call it as often as you like. */
void np_progress_show(struct np_progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line that stays, shown at once; only where progress is wanted. */
void np_progress_note(struct np_progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Takes the line away. */
void np_progress_end(struct np_progress *progress);

#endif
