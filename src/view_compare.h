/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a target's files say, beside its page tables. */
#ifndef NUMAPROBE_VIEW_COMPARE_H
#define NUMAPROBE_VIEW_COMPARE_H

#include "snapshot.h"
#include "view.h"

/* One block for each target that was compared; none where none was. 0, -ENOMEM or -EIO. */
int np_view_compare(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out);

#endif
