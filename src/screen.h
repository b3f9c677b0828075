/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of text on a terminal, one in the place of the other, with nothing but what changed to be seen. */
#ifndef NUMAPROBE_SCREEN_H
#define NUMAPROBE_SCREEN_H

#include <stddef.h>

struct np_screen {
	int fd;
	size_t lines; /* of the frame that is shown; 0: none */
};

/*
 * Shows a frame of whole lines where the one before was. What does not fit the terminal's height is left out, and
 * lines are cut at its width. One write, so that no half frame is seen. 0 or -errno.
 */
int np_screen_show(struct np_screen *screen, const char *frame);

#endif
