/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rules of --explain share, and those that are not in explain.c. */
#ifndef NUMAPROBE_EXPLAIN_RULES_H
#define NUMAPROBE_EXPLAIN_RULES_H

#include "explain.h"
#include "units.h"

/* A size in the view's way, or a share, in a buffer of its own. */
struct np_explained {
	char text[NP_UNITS_SIZE];
};

struct np_explained np_explain_size(const struct np_snapshot *snapshot, const struct np_view *view, uint64_t pages);
struct np_explained np_explain_percent(uint64_t part, uint64_t whole);

/* Pages in memory: on all nodes, and on one (index). */
uint64_t np_explain_resident(const struct np_snapshot *snapshot, const struct np_target *target);
uint64_t np_explain_resident_on(const struct np_snapshot *snapshot, const struct np_target *target, size_t node);

/* kernel.numa_balancing has the bit that is ordinary balancing. */
bool np_explain_is_balanced(const struct np_snapshot *snapshot);
/* It is known to be 0. */
bool np_explain_is_off(const struct np_snapshot *snapshot);

/* Base pages in a huge page of the kind that an entry of the second level maps. */
uint64_t np_explain_pages_of_huge(const struct np_snapshot *snapshot);

#define NP_RULE(name)                                                                                     \
	bool np_rule_##name(const struct np_snapshot *snapshot, const struct np_target *target);          \
	int np_rule_##name##_write(const struct np_snapshot *snapshot, const struct np_target *target,    \
				   const struct np_view *view, FILE *out)

NP_RULE(hinted_small); /* hints on small pages, beside huge ones */
NP_RULE(bound);	       /* policies of mappings */
NP_RULE(policy);       /* that of the process */
NP_RULE(cpuset);       /* nodes that are not allowed */

#endif
