/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The snapshot as metrics, for Prometheus and what else reads OpenMetrics (--openmetrics). */
#ifndef NUMAPROBE_METRICS_H
#define NUMAPROBE_METRICS_H

#include <stdio.h>

#include "snapshot.h"

/*
 * Print every family with its type, its unit and its help, then "# EOF". What is not known has no sample, but one of
 * numaprobe_unknown. All families are gauges, so that the text is the same in OpenMetrics and in the older text
 * format, which node_exporter's textfile collector reads. A process has a fixed number of samples: about 20, and 3 for
 * each node; with --compare and --experiment some more for each reader. A check of the kernel has no family in common
 * with processes but numaprobe_unknown, and no sample, so that both may be files of one directory.
 * 0, -ENOMEM, or -EIO where the stream has an error.
 */
int np_metrics_write(const struct np_snapshot *snapshot, FILE *out);

#endif
