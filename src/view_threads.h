/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the threads of the targets are, below the table of their mappings. */
#ifndef NUMAPROBE_VIEW_THREADS_H
#define NUMAPROBE_VIEW_THREADS_H

#include <stdio.h>

#include "snapshot.h"
#include "view.h"

/* Print those that were read; nothing where none were. 0, -ENOMEM, or -EIO. */
int np_view_threads(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out);

#endif
