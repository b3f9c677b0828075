/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the figures of a process mean (--explain): rules, each with its evidence. No file is read. */
#ifndef NUMAPROBE_EXPLAIN_H
#define NUMAPROBE_EXPLAIN_H

#include <stdio.h>

#include "snapshot.h"
#include "view.h"

/* A rule: when there is something to say, and what. */
struct np_rule {
	const char *name;
	bool (*applies)(const struct np_snapshot *snapshot, const struct np_target *target);
	/* One sentence or two, with the figures that they rest on; sizes as the view has them. 0 or -ENOMEM. */
	int (*write)(const struct np_snapshot *snapshot, const struct np_target *target, const struct np_view *view,
		     FILE *out);
};

/* In the order in which they are printed. Only for targets that could be read. */
extern const struct np_rule np_rules[];
extern const size_t np_rule_count;

/* For each target that could be read a heading, and a paragraph for each rule that applies. 0, -ENOMEM or -EIO. */
int np_view_explain(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out);

#endif
