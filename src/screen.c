/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of text on a terminal, by the control sequences that all terminals of today know (ECMA-48). */
#include "screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "i18n.h"

#define LINES_UNKNOWN 24

static size_t terminal_lines(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row ? size.ws_row : LINES_UNKNOWN;
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t written = write(fd, text, length);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			text += written;
			length -= (size_t)written;
		}
	}
	return 0;
}

static size_t count_lines(const char *frame)
{
	size_t lines = 0;

	for (const char *at = frame; (at = strchr(at, '\n')); at++)
		lines++;
	return lines;
}

/*
 * No line wraps while autowrap is off (CSI ? 7 l), so each takes one line of the terminal. What does not fit is left
 * out at the end, and how much that is takes the last line.
 */
static size_t compose(const struct np_screen *screen, const char *frame, size_t most, FILE *out)
{
	size_t lines = 0, all = count_lines(frame), shown = all > most ? most - 1 : all;

	fputs("\033[?7l", out);
	if (screen->lines)
		fprintf(out, "\033[%zuF", screen->lines < most ? screen->lines : most);
	while (*frame && lines < shown) {
		size_t length = strcspn(frame, "\n");

		fprintf(out, "%.*s\033[0m\033[K\n", (int)length, frame);
		frame += length + (frame[length] == '\n');
		lines++;
	}
	if (all > shown) {
		fprintf(out, P_(" %zu line more, for which this terminal is too low\033[K\n",
				" %zu lines more, for which this terminal is too low\033[K\n", all - shown), all - shown);
		lines++;
	}
	fputs("\033[J\033[?7h", out);
	return lines;
}

int np_screen_show(struct np_screen *screen, const char *frame)
{
	size_t most = terminal_lines(screen->fd) - 1, length, lines;
	char *text = NULL;
	FILE *out = open_memstream(&text, &length);
	int error;

	if (!out)
		return -ENOMEM;
	lines = compose(screen, frame, most ? most : 1, out);
	error = ferror(out) ? -ENOMEM : 0;
	if (fclose(out) != 0 || !text)
		error = -ENOMEM;
	if (!error)
		error = write_all(screen->fd, text, length);
	free(text);
	if (!error)
		screen->lines = lines;
	return error;
}
