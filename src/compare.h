/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --compare: each file of a target is read once between two walks of its page tables, and what it says is held
 * against what it claims to count (claims.h).
 */
#ifndef NUMAPROBE_COMPARE_H
#define NUMAPROBE_COMPARE_H

#include "lag.h"
#include "measure.h"
#include "progress.h"

struct np_compare {
	struct np_measure *measure;
	uint64_t readers; /* a bit for each row of np_readers; 0: all that claim something */
	bool mappings;	  /* by mapping too */
	enum np_lag_kind lag;
	struct np_progress *progress;
};

/* The bits of "smaps,status". 0; or -EINVAL with the name that no comparison has, inside names. */
int np_compare_parse(const char *names, uint64_t *ret, const char **ret_bad, size_t *ret_bad_length);

/*
 * Compares one measured target, which gets comparisons and read effects. What could not be compared is a problem.
 * 0 or -ENOMEM.
 */
int np_compare_target(const struct np_compare *compare, struct np_target *target);

#endif
