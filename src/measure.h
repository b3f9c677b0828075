/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One process, looked at: /proc opened as the caller, page states from the best source, everything into a target. */
#ifndef NUMAPROBE_MEASURE_H
#define NUMAPROBE_MEASURE_H

#include "classify.h"
#include "options.h"
#include "pagemap.h"
#include "snapshot.h"
#include "team.h"
#include "walker.h"

#define NP_HIDDEN "/proc hides other users' processes here (hidepid)"

/* What a look could not find out, besides states of pages. */
struct np_gaps {
	uint64_t outside;  /* pages of target->pages.unknown that belong to no mapping */
	int move_error;	   /* move_pages(2) was refused */
	int hugetlb_error; /* mappings of hugetlbfs may not be known as such */
};

/* What all targets of a run share. */
struct np_measure {
	int root_fd;
	struct np_snapshot *snapshot;
	bool want_mappings, want_numa_maps;
	bool want_threads;     /* each */
	bool want_placement;      /* the policy, and the nodes of the cpuset; with mappings only */
	bool want_grains;      /* for a picture */
	bool only_with_memory; /* leave out what has no memory: kernel threads, and what has ended */
	uint64_t range_start, range_end; /* both 0: everything */
	struct np_walker *walker;	 /* NULL: the pagemap source */
	struct np_team team;		 /* the walker, and more where they were asked for */
	uint64_t space_end;		 /* of the walker */
	struct np_recorder *recorder;	 /* NULL: none */
	const char *why_no_walker;	 /* NULL: there is one, or pagemap was asked for by name */
};

/*
 * Appends a target to the snapshot. One that can't be looked at is appended too, not readable, with a problem, but
 * for what only_with_memory leaves out.
 * 0; -ENOMEM.
 */
int np_measure_target(struct np_measure *measure, pid_t pid);

/* Parts of that, for who looks at a process again and again (follow.h). dir_fd: /proc/PID. */

/* 0; -ESRCH where there are no mappings; -errno. *ret is for np_maps_free(). */
int np_measure_maps(int dir_fd, struct np_maps *ret);
/* Name, threads and NUMA counters: free to read, since sched and comm take no reference to the target's memory. */
void np_measure_counters(int dir_fd, struct np_target *target);
/* No kernel thread, and no zombie; the target's counters have been read. */
bool np_measure_has_memory(int dir_fd, const struct np_target *target);
struct np_pagemap_rules np_measure_pagemap_rules(const struct np_snapshot *snapshot);
/* np_pagemap_read() by the rules, again by others where they did not hold to its end. */
int np_measure_read_pagemap(struct np_measure *measure, int pagemap_fd, pid_t pid, struct np_classifier *classifier,
			    uint64_t start, uint64_t end, int *ret_move_error);
/* After a walk: of which mappings np_hugetlb_find() may not have known that they are hugetlbfs. */
void np_measure_untold_hugetlb(struct np_classifier *classifier, const struct np_gaps *gaps);
/* Adds the problems of what is not known. */
void np_measure_report_gaps(struct np_measure *measure, const char *path, const struct np_target *target,
			    const struct np_gaps *gaps);
/* Sets target->source's facts but the time; a problem where hints are not known. 0 or -ENOMEM. */
int np_measure_source(struct np_measure *measure, struct np_target *target, const char *path);
/* Adds the problem that tells why a target can't be read. */
void np_measure_unreadable(struct np_measure *measure, int dir_fd, const char *path, const char *what, int error);

#endif
