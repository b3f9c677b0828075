/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The picture of an address space, painted: on a terminal as text, and as SVG. */
#ifndef NUMAPROBE_PAINT_H
#define NUMAPROBE_PAINT_H

#include <stdio.h>

#include "layout.h"
#include "view.h"

#define NP_PALETTE 8 /* nodes of another colour each; then they start again */

/* The colours that Okabe and Ito chose so that hardly any colour-blind reader confounds them. */
struct np_color {
	unsigned rgb;	   /* for a picture */
	unsigned terminal; /* of the 256 of a terminal */
};
extern const struct np_color np_palette[NP_PALETTE];

/* The name of a mapping for people: the last part of its path, "[heap]", or "anonymous". Bytes, not yet escaped. */
const char *np_mapping_name(const struct np_mapping *mapping);

/*
 * --map: a map of each target. Without colour the node is in the letter; with colour, states are. Widths as those of
 * the view. 0, -ENOMEM, or -EIO.
 */
int np_paint_terminal(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out);

/* --svg: the same in one picture, which a browser shows with a tooltip for each stretch. As above. */
int np_paint_svg(const struct np_snapshot *snapshot, FILE *out);

#endif
