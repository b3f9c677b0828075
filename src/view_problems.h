/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could not be done, one line each, or one line for many that are alike: for standard error. */
#ifndef NUMAPROBE_VIEW_PROBLEMS_H
#define NUMAPROBE_VIEW_PROBLEMS_H

#include <stdio.h>

#include "snapshot.h"
#include "view.h"

/* "numaprobe: /proc/4711/maps: open: Permission denied: the pages of this process are not known". 0 or -ENOMEM. */
int np_view_problems(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out);

#endif
