/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every view of a snapshot, called alike: for tests of what any of them may be given. */
#ifndef NUMAPROBE_TESTS_RENDERERS_H
#define NUMAPROBE_TESTS_RENDERERS_H

#include "sample.h"

sample_renderer render_json, render_metrics, render_svg;
sample_renderer render_vmas;  /* as pairs, with every column that there is */
sample_renderer render_table; /* the same as a table */
sample_renderer render_check; /* of --check-kernel; nothing where there was none */

/* All of these, and the others that views have of their own. NULL ends them. */
extern sample_renderer *const all_renderers[];

#endif
