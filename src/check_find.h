/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which readers have an effect, from the numbers of their windows: no I/O, only the decision. */
#ifndef NUMAPROBE_CHECK_FIND_H
#define NUMAPROBE_CHECK_FIND_H

#include "stats.h"

/* So often the findings may be looked at, and more windows be added for those that are open. */
#define NP_LOOKS_MOST 3
/* What chance makes more often, in any of the readers and at any look, is not found. */
#define NP_FOUND_P (0.05 / NP_LOOKS_MOST)
/*
 * The first groups: nobody reads, and a process that only burns. Readers are compared with both, unless the load alone
 * makes a difference to speak of: then with the load alone, so that it is not taken for the reader's doing. Each of the
 * two is compared with the other. Always in the rounds that the one compared has numbers of: what is settled early has
 * none of later rounds, in which the machine may be another one, and only what was measured by turns is exchangeable.
 */
#define NP_CONTROL_GROUPS 2
#define NP_FINDING_GROUPS_MOST 16

struct np_finding_rule {
	bool ratio;	   /* the size is a ratio to the controls; else the mean of shares */
	double found_from; /* a size below is not found, whatever its p */
	double none_below; /* so much more than the controls, or as a ratio, is none to speak of */
};

enum np_finding {
	NP_FINDING_TOO_FEW, /* windows: of one, or of what it is compared with */
	NP_FINDING_NONE,
	NP_FINDING_FOUND,
	NP_FINDING_OPEN, /* there is a difference, which chance may have made: no finding, and no proof of none */
};

struct np_finding_group {
	size_t count;
	double numbers[NP_GROUP_MOST / NP_CONTROL_GROUPS];
	unsigned rounds[NP_GROUP_MOST / NP_CONTROL_GROUPS]; /* that the numbers are of */
	/* out: */
	enum np_finding finding;
	struct np_estimate size; /* p: of the difference, corrected for the number of readers */
};

/* The mean of all numbers of the controls; 0 of none. */
double np_find_controls_mean(const struct np_finding_group *groups);

/*
 * Whether any window of any group shows something to speak of. Where what would make it can't be seen otherwise, that
 * tells whether it came at all: without it, nothing seen is no finding of none.
 */
bool np_find_any(const struct np_finding_group *groups, size_t count, const struct np_finding_rule *rule);

/* Fills the findings and sizes of at most NP_FINDING_GROUPS_MOST groups. */
void np_find_effects(struct np_finding_group *groups, size_t count, const struct np_finding_rule *rule);

#endif
