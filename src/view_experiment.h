/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What readers were found to do to a target. */
#ifndef NUMAPROBE_VIEW_EXPERIMENT_H
#define NUMAPROBE_VIEW_EXPERIMENT_H

#include "snapshot.h"
#include "view.h"

/* One block for each target that was experimented on; none where none was. 0, -ENOMEM or -EIO. */
int np_view_experiment(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out);

#endif
