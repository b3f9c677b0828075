/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From options to a snapshot: the half of numaprobe that measures. */
#ifndef NUMAPROBE_TAKE_H
#define NUMAPROBE_TAKE_H

#include "options.h"
#include "snapshot.h"
#include "walker.h"

/*
 * Measures what the options ask for. walker: already started, or NULL with the errno of the start. The snapshot
 * holds what was found, and a problem for all that was not.
 * 0; -EINVAL with one line in *ret_error, for a column of a node that there is not; or -errno where nothing
 * could be measured at all.
 */
int np_take(const struct np_options *options, struct np_walker *walker, int walker_error,
	    struct np_snapshot *snapshot, char **ret_error);

#endif
