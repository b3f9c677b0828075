/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The default view: for each target its pages by state and node, then what reading smaps does on this kernel. */
#ifndef NUMAPROBE_VIEW_SUMMARY_H
#define NUMAPROBE_VIEW_SUMMARY_H

#include <stdio.h>

#include "snapshot.h"
#include "view.h"

/* Print it. 0, -ENOMEM, or -EIO where the stream has an error. Problems are for np_view_problems(). */
int np_view_summary(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out);

/* "NUMA balancing on": what kernel.numa_balancing says. */
const char *np_view_balancing(const struct np_fact *setting);

/* "Linux 6.1.38 - 2 nodes - NUMA balancing on", and the range where only that was looked at, a line. 0 or -ENOMEM. */
int np_view_system_line(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out);

/* One target of it: heading, pages, source. 0 or -ENOMEM. */
int np_view_target(const struct np_target *target, const struct np_system *system, const struct np_view *view,
		   FILE *out);

#endif
