// SPDX-License-Identifier: GPL-2.0-or-later
/* One line on a terminal. */
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SILENT_NS 1000000000ULL /* what takes less needs no progress */
#define EVERY_NS 100000000ULL
#define CLEAR_LINE "\r\033[K"

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void np_progress_start(struct np_progress *progress, bool quiet)
{
	*progress = (struct np_progress){ .wanted = !quiet && isatty(STDERR_FILENO), .start_ns = now_ns() };
	progress->next_ns = progress->start_ns + SILENT_NS;
}

void np_progress_show(struct np_progress *progress, const char *format, ...)
{
	va_list arguments;

	if (!progress->wanted || now_ns() < progress->next_ns)
		return;
	progress->next_ns = now_ns() + EVERY_NS;
	fputs(CLEAR_LINE, stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fflush(stderr);
	progress->shown = true;
}

void np_progress_note(struct np_progress *progress, const char *format, ...)
{
	va_list arguments;

	if (!progress->wanted)
		return;
	np_progress_end(progress);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

void np_progress_end(struct np_progress *progress)
{
	if (!progress->shown)
		return;
	fputs(CLEAR_LINE, stderr);
	fflush(stderr);
	progress->shown = false;
}
