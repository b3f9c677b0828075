/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reading smaps does on this kernel, and what that means for the targets: the end of the default view. */
#ifndef NUMAPROBE_VIEW_KERNEL_H
#define NUMAPROBE_VIEW_KERNEL_H

#include <stdio.h>

#include "snapshot.h"
#include "view.h"

/* Print it. 0 or -ENOMEM. */
int np_view_kernel(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out);

#endif
