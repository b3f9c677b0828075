/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --experiment: what readers do to a running target. Windows of time, each with one reader or with a control, follow
 * each other in random order; what the target went through in each is measured from its page tables, from counters
 * that cost it nothing, and from its fault counter, which is read only at the ends of windows, with a reader or
 * without, since reading it holds the address space for a moment.
 */
#ifndef NUMAPROBE_EXPERIMENT_H
#define NUMAPROBE_EXPERIMENT_H

#include "measure.h"
#include "progress.h"
#include "stats.h"

/*
 * All windows are as long, whether the balancer comes by or not: how often it does is part of what happens. It hints
 * one mapping a second at most once a process has run for some seconds (since 6.4 those that nobody touched are taken
 * one by one: vma_is_accessed() in kernel/sched/fair.c), so few windows would be too short to wait for it, and a
 * minute is what somebody may be asked to wait. More rounds see more.
 */
#define NP_WINDOW_NS 3000000000ULL
#define NP_WINDOW_OFF_NS 1000000000ULL /* with balancing off, where there is only the processor time to compare */
#define NP_ROUNDS 5 /* tell the effects of up to four readers from chance, where all of their windows show them */
#define NP_ROUNDS_MOST 64
#define NP_ALPHA 0.05 /* of all readers and effects of a target together */

/* What happened in one window. */
struct np_trial {
	const char *reader; /* "none" and "busy" are the controls */
	unsigned round;
	uint64_t elapsed_ns, reading_ns, reads;
	uint64_t faults;		     /* of the target */
	uint64_t hints_before, hints_after; /* entries: a huge page is one */
	int64_t made; /* entries that were hinted meanwhile, touched since or not: see hints_made() */
	struct np_fact run_ns;		     /* processor time of all threads of the target */
	struct np_fact scans;		     /* passes of the balancer over the address space (mm->numa_scan_seq) */
	struct np_fact pte_updates, hint_faults; /* of the whole machine */
};

enum np_measure_kind { NP_MEASURE_CAUSES, NP_MEASURE_STALLS, NP_MEASURE_LOSES };

/* One comparison: windows with a reader against the control. */
struct np_effect_test {
	const char *reader, *control;
	enum np_measure_kind kind;
	struct np_difference difference;
	double detectable; /* see np_detectable(), at the level that is left after the correction; infinite: not known */
	double adjusted_p; /* that it got worse; Holm's over all readers and effects, or its own for the control */
	enum np_effect found; /* not tested: see reason */
	const char *reason; /* static */
};

struct np_experiment {
	unsigned rounds;
	uint64_t seed;
	bool balancing_off;
	bool broken_off; /* the target exited, or numaprobe was told to end */
	size_t window_count, test_count;
	struct np_trial *windows; /* in the order of time */
	struct np_effect_test *tests;
};

struct np_experiment_plan {
	struct np_measure *measure;
	uint64_t readers; /* bits of np_readers */
	unsigned rounds;  /* 0: no windows, only the test on the stopped target */
	bool freeze;
	struct np_progress *progress;
};

/* The bits of "smaps,maps". 0; or -EINVAL with the name that no reader has, inside names. */
int np_experiment_parse(const char *names, uint64_t *ret, const char **ret_bad, size_t *ret_bad_length);
/* Where no reader is named. */
uint64_t np_experiment_default(void);

/*
 * Experiments on one measured target, which gets an experiment and, with freeze, read effects. What could not be
 * measured is a problem. 0 or -ENOMEM.
 */
int np_experiment_target(const struct np_experiment_plan *plan, struct np_target *target);

/* NULL is fine. */
void np_experiment_free(struct np_experiment *experiment);

/* Fills the tests of an experiment from its windows. 0 or -ENOMEM. */
int np_experiment_analyse(struct np_experiment *experiment, uint64_t readers);

/* A reader was found to disturb a target, or an interface to be wrong. */
bool np_experiment_found(const struct np_snapshot *snapshot);

/* "causes", "stalls", "loses". */
const char *np_measure_name(enum np_measure_kind kind);

#endif
