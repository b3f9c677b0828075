/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of one process by state and node, as a table: nodes side by side, or one below the other. */
#ifndef NUMAPROBE_VIEW_PAGES_H
#define NUMAPROBE_VIEW_PAGES_H

#include <stdio.h>

#include "snapshot.h"
#include "view.h"

/* Print the table of a target that could be read. 0 or -ENOMEM. */
int np_view_pages(const struct np_target *target, const struct np_system *system, const struct np_view *view,
		  FILE *out);

#endif
