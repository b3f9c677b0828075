/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From options to a snapshot: the half of numaprobe that measures. */
#ifndef NUMAPROBE_TAKE_H
#define NUMAPROBE_TAKE_H

#include "measure.h"
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

/* What has to be known before the first target is looked at. */
struct np_taking {
	struct np_measure measure; /* its strings and root are those below */
	int root_fd;
	char *why_no_walker;
	bool refused; /* --source asks for what can't be had: there is a problem, and nothing to measure */
};

/*
 * The first half of np_take(), for who looks more than once: the system, the test of the kernel, the source.
 * As np_take(); *ret, untouched on failure, is for np_taking_free().
 */
int np_take_prepare(const struct np_options *options, struct np_walker *walker, int walker_error,
		    struct np_snapshot *snapshot, struct np_taking *ret, char **ret_error);
void np_taking_free(struct np_taking *taking);

/* No target is left of those that were asked for: a problem, unless there is one that says why. */
void np_take_nothing(struct np_snapshot *snapshot);

#endif
