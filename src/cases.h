/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Support cases: --replay in the place of measuring, --redact, and --report beside the view. */
#ifndef NUMAPROBE_CASES_H
#define NUMAPROBE_CASES_H

#include "options.h"
#include "snapshot.h"

/*
 * The snapshot of the report that --replay names, with only the processes that were asked for, if any were. What is
 * asked for and not in the report is a problem. The caller destroys it.
 * 0; -ENOMEM; -EBADMSG, or -EINVAL for a column of a node that there is not, with one line in *ret_error.
 */
int np_case_replay(const struct np_options *options, struct np_snapshot **ret, char **ret_error);

/*
 * Redacts the snapshot, and writes its report and its metrics to files, as far as that is asked for. 0; -ENOMEM; -EIO
 * with one line in *ret_error.
 */
int np_case_finish(const struct np_options *options, struct np_snapshot *snapshot, char **ret_error);

#endif
