/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --freeze: whether a reading clears hints, exactly, on a target that is stopped for it. */
#ifndef NUMAPROBE_CLEARS_H
#define NUMAPROBE_CLEARS_H

#include "experiment.h"
#include "survey.h"

/*
 * For each reader: stop the target, walk twice with nothing in between, read once, walk, let it go on. The target
 * gets a read effect for each. What could not be tried is a problem. 0, -ENOMEM, -ESRCH.
 */
int np_clears_test(const struct np_experiment_plan *plan, const struct np_subject *subject, uint64_t readers,
		   struct np_target *target);

#endif
