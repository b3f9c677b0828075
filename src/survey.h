/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page tables of one process, walked again and again, with the place of every page, so that two walks can be
 * compared page by page. Walking needs numaprobe-walk; nothing else says where the hints are.
 */
#ifndef NUMAPROBE_SURVEY_H
#define NUMAPROBE_SURVEY_H

#include "classify.h"
#include "files.h"
#include "parse_maps.h"
#include "snapshot.h"
#include "walker.h"

/* A process that is surveyed. Open descriptors hold its mm_struct, but take no reference to its address space. */
struct np_subject {
	pid_t pid;
	int root_fd, dir_fd, pagemap_fd; /* root_fd is borrowed */
	struct np_walker *walker;	 /* borrowed */
	uint64_t space_end;
	const struct np_system *system; /* borrowed */
};

/* Pages that follow each other in one mapping, in one state. */
struct np_stretch {
	uint64_t start, end; /* addresses */
	uint32_t mapping;    /* index of the survey's maps */
	uint8_t state;	     /* enum np_state, never NP_ABSENT nor NP_INACCESSIBLE */
	uint8_t size;	     /* enum np_size */
};

struct np_survey {
	struct np_text maps_text;
	struct np_maps maps;
	bool *hugetlb, *inaccessible; /* by mapping */
	struct np_tally sum;
	struct np_stretch *stretches; /* ascending */
	size_t stretch_count, stretch_room;
	uint64_t outside; /* pages that lie in no mapping: it came or went meanwhile */
	bool settled;	  /* the mappings were the same before the walk and after it */
	uint64_t elapsed_ns;
};

/*
 * The process that the target was measured of. 0; -ESRCH: it is gone, and another may have its number; or another
 * -errno. The caller closes it.
 */
int np_subject_open(int root_fd, const struct np_target *target, struct np_walker *walker, uint64_t space_end,
		    const struct np_system *system, struct np_subject *ret);
void np_subject_close(struct np_subject *subject);

/*
 * Maps, walk, maps again. 0; -ESRCH: it has exited, or exec'd; or another -errno. Reading maps takes a reference to
 * the address space for that moment. *ret is the caller's, for np_survey_free(), on success only.
 */
int np_survey_take(const struct np_subject *subject, struct np_survey *ret);
/*
 * Walk again with the mappings of an earlier survey: that touches nothing of the target's. Its settled says only
 * that no page was found outside of them.
 */
int np_survey_walk(const struct np_subject *subject, struct np_survey *survey);
void np_survey_free(struct np_survey *survey);

/* The mappings are the same, to the letter. */
bool np_survey_same_maps(const struct np_survey *a, const struct np_survey *b);

/* Two surveys side by side: zero-initialise the addresses, then ask for one part after the other. */
struct np_pair_walk {
	const struct np_survey *before, *after;
	size_t at_before, at_after;
	uint64_t addr;
};

/* Pages that have one state in each of the surveys; NULL: they are in no stretch of that one. Never both NULL. */
struct np_pair {
	const struct np_stretch *before, *after;
	uint64_t start, end;
};

/* false: no more. */
bool np_pair_next(struct np_pair_walk *walk, struct np_pair *ret);

/* What became of the hints between two surveys, in pages. */
struct np_hints {
	uint64_t before, after;
	uint64_t cleared; /* hinted before, resident and not hinted after */
	uint64_t made;	  /* the other way round */
};

struct np_hints np_survey_hints(const struct np_survey *before, const struct np_survey *after);

#endif
