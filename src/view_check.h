/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --check-kernel found, as text. */
#ifndef NUMAPROBE_VIEW_CHECK_H
#define NUMAPROBE_VIEW_CHECK_H

#include "kernel_check.h"
#include "view.h"

/* The tests by effect, a line each, the regime, and the verdict. 0 or -ENOMEM; the stream keeps its own errors. */
int np_view_check(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out);

#endif
