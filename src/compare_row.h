/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One reading between two surveys, and the row that --compare makes of one of its fields. */
#ifndef NUMAPROBE_COMPARE_ROW_H
#define NUMAPROBE_COMPARE_ROW_H

#include "claims.h"
#include "spans.h"

#define NP_COMPARE_TRIES 4 /* of a reading during which the target changed too much */

struct np_bracketed {
	const struct np_reader *reader;
	const struct np_survey *before, *after;
	const struct np_snapshot *snapshot; /* for the quick test, and the size of a page */
	struct np_read read;
	struct np_spans spans;
	uint64_t faults; /* of the target, from before the first survey to after the second */
	uint64_t elapsed_ns;
	uint64_t lag_pages; /* how far counters may be off, for claims that lag */
	bool settled;	    /* the mappings stayed the same */
	bool want_mappings;
};

/* *ret is np_snapshot_destroy()'s to free. 0, -ENOMEM, or what the file's parser said. */
int np_compare_row(const struct np_claim *claim, const struct np_bracketed *bracketed, struct np_comparison *ret);

#endif
