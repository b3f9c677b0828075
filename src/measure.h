/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One process, looked at: /proc opened as the caller, page states from the best source, everything into a target. */
#ifndef NUMAPROBE_MEASURE_H
#define NUMAPROBE_MEASURE_H

#include "options.h"
#include "snapshot.h"
#include "walker.h"

/* What all targets of a run share. */
struct np_measure {
	int root_fd;
	struct np_snapshot *snapshot;
	bool want_mappings, want_numa_maps;
	bool only_with_memory; /* leave out what has no memory: kernel threads, and what has ended */
	uint64_t range_start, range_end; /* both 0: everything */
	struct np_walker *walker;	 /* NULL: the pagemap source */
	uint64_t space_end;		 /* of the walker */
	const char *why_no_walker;	 /* NULL: there is one, or pagemap was asked for by name */
};

/*
 * Appends a target to the snapshot. One that can't be looked at is appended too, not readable, with a problem, but
 * for what only_with_memory leaves out.
 * 0; -ENOMEM.
 */
int np_measure_target(struct np_measure *measure, pid_t pid);

#endif
