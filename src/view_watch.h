/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --watch shows on a terminal: one frame, all of it text, of one look. */
#ifndef NUMAPROBE_VIEW_WATCH_H
#define NUMAPROBE_VIEW_WATCH_H

#include <stdio.h>

#include "options.h"
#include "snapshot.h"
#include "view.h"

/*
 * before: vmstat of the look before; NULL in the first one. One target is shown in full with its rates, several as a
 * table. 0, -ENOMEM, or -EIO.
 */
int np_view_watch(const struct np_snapshot *snapshot, const struct np_vmstat *before, uint64_t interval_ns,
		  const struct np_options *options, const struct np_view *view, FILE *out);

#endif
