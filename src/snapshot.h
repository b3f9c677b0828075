/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The snapshot: everything that one run of numaprobe found out, as plain data.
 * Whatever is before it measures, or reads a report; whatever is after it only prints.
 *
 * Counts are in base pages, sizes in bytes, times in nanoseconds. What is not known is said so,
 * by np_fact.known or by the tally's rules below, and its reason is a problem.
 */
#ifndef NUMAPROBE_SNAPSHOT_H
#define NUMAPROBE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A number, or unknown. */
struct np_fact {
	bool known;
	int64_t value;
};

#define NP_FACT(number) ((struct np_fact){ true, (number) })
#define NP_NOT_KNOWN ((struct np_fact){ false, 0 })

/* States of which a page's node matters. */
enum np_resident {
	NP_R_PRESENT,
	NP_R_HINTED,
	NP_R_PROTNONE,
	NP_R_ACCESSIBLE, /* present or hinted: the source could not tell. Where this is not 0, both of them are unknown */
	NP_R_STATES,
};

/* What a source could not tell: then counters of a tally are no numbers, but what was seen of them (np_tally_counter()). */
enum np_untold {
	NP_UNTOLD_ZERO = 1 << 0,	 /* the zero page looks like others */
	NP_UNTOLD_SPECIAL = 1 << 1,	 /* what is mapped by frame was not shown */
	NP_UNTOLD_ENTRIES = 1 << 2,	 /* what looked swapped may be migrating, device, poisoned, marker or guard as well */
	NP_UNTOLD_THP = 1 << 3,		 /* present huge pages look like small ones */
	NP_UNTOLD_PROTNONE_THP = 1 << 4, /* and so do those under PROT_NONE */
	NP_UNTOLD_HUGETLB = 1 << 5,	 /* hugetlbfs is not told from transparent huge pages */
};

/*
 * Pages of one mapping, or of one process. by_node[state][i] belongs to the i-th node of the system's
 * list; by_node[state][node_count] are pages whose node is not known. One block of memory.
 */
struct np_tally {
	uint64_t *by_node[NP_R_STATES];
	uint64_t zero, special, swapped, migrating, device, poisoned, marker, guard, unknown;
	/* Parts of the resident pages, by how they are mapped. */
	uint64_t thp, hugetlb;		/* in huge pages of a transparent / hugetlbfs mapping, in base pages */
	uint64_t hinted_thp;		/* hinted as a whole huge page */
	uint64_t protnone_thp;		/* under PROT_NONE as a whole huge page */
	unsigned untold;		/* of enum np_untold */
};

struct np_node {
	unsigned number;
	char *cpus;		    /* as the kernel writes lists: "0-3,8"; "" for a node without CPUs */
	struct np_fact memory_bytes; /* 0: a node without memory */
	struct np_fact free_bytes;
	struct np_fact *distances; /* to each node of the list, in its order */
};

struct np_vmstat {
	struct np_fact numa_pte_updates, numa_huge_pte_updates, numa_hint_faults, numa_hint_faults_local,
		numa_pages_migrated;
	/* Pages that tiering moved up to faster nodes (5.18), and down (5.15). */
	struct np_fact pgpromote_success, pgdemote_kswapd, pgdemote_direct;
};

struct np_system {
	char *kernel;	/* release, "6.1.0-50-amd64"; NULL: not known. */
	char *machine;	/* "x86_64" */
	unsigned page_bytes;
	struct np_fact numa_balancing; /* kernel.numa_balancing: 0 off, bit 0 normal, bit 1 memory tiering */
	char *thp;	/* "always", "madvise", "never"; NULL: not known */
	char *lockdown; /* "none", "integrity", "confidentiality"; NULL: not known */
	size_t node_count;
	struct np_node *nodes; /* online nodes, in ascending order */
	struct np_vmstat vmstat;
};

struct np_mapping {
	uint64_t start, end, offset; /* bytes; [start, end) */
	char perms[5];		     /* "rw-p" */
	bool hugetlb;
	char *path;   /* as the kernel writes it, unescaped; "" for anonymous memory; bytes, not necessarily text */
	char *policy; /* "default", "bind:0-1"; NULL: not asked for, or not known */
	struct np_fact page_bytes; /* the mapping's page size; unknown where not asked for */
	struct np_tally pages;
};

enum np_verdict { NP_AGREES, NP_UNDER_REPORTS, NP_OVER_REPORTS, NP_VERDICT_UNKNOWN };

enum np_effect { NP_EFFECT_NO, NP_EFFECT_YES, NP_EFFECT_NOT_TESTED };

/* The same for one mapping of those that a file tells apart. */
struct np_mapping_comparison {
	uint64_t start, end; /* addresses */
	char *path;
	uint64_t pages, low, high;
	enum np_verdict verdict;
	int64_t difference_pages;
	const char *cause;
};

/* What a file of the kernel says, beside what the page tables say (--compare). */
struct np_comparison {
	const char *name, *field; /* "smaps", "Rss" */
	struct np_fact pages;
	uint64_t low, high; /* the page tables just before and just after */
	enum np_verdict verdict;
	int64_t difference_pages; /* from the nearer end of low..high; 0 within it */
	const char *cause; /* a name of the table of known defects, or NULL */
	uint64_t predicted_low, predicted_high; /* what the quick test of this kernel lets expect of this reader */
	enum np_effect as_predicted; /* not tested: there is nothing to hold against it */
	uint64_t lag_pages; /* how far this counter may be behind on this kernel; agrees where it is no more off */
	uint64_t faults;    /* page faults of the target meanwhile */
	bool on_demand;	    /* of interest only where it is not 0 */
	char *reason;	    /* of a verdict that is unknown; else NULL */
	bool has_mappings;  /* the file tells mappings apart, and they were asked for */
	size_t mapping_count;
	struct np_mapping_comparison *mappings; /* those that do not agree */
	size_t mappings_agree;
};

/* What one reading of a file did to the hints (--compare, --experiment --freeze). */
struct np_read_effect {
	const char *reader;
	uint64_t hinted_before, cleared, elapsed_ns;
	struct np_fact cleared_control; /* cleared in the same way without reading; unknown: not measured */
	enum np_effect clears;		/* not tested: there were no hints, or the target ran */
	bool stopped;			/* the target was, for it: --freeze */
};

struct np_experiment;

struct np_source {
	const char *name; /* "bpf", "pagemap" */
	bool exact;	  /* every page state is known */
	uint64_t elapsed_ns;
	char *why_not_better; /* NULL: this is the best there is */
	char *how_hints;      /* how a source other than page tables knows the hints; NULL otherwise */
};

struct np_grains;

/* A thread, where it was seen last. */
struct np_thread {
	pid_t tid;
	char *name; /* bytes, not necessarily text; NULL: not known */
	struct np_fact cpu, node;
	struct np_fact preferred_node; /* -1: none yet */
};

/* What changed since the walk before (--watch). Not known in the first one. */
struct np_rates {
	char time[32];			 /* of this walk: "2026-01-31T12:00:00.123Z" */
	uint64_t interval_ns;		 /* since the one before; 0: this is the first */
	struct np_fact made, cleared;	 /* pages: hints that came, and that went */
	struct np_fact moved;		 /* pages that are on another node now */
	struct np_fact minor_faults;	 /* of all threads; only where asking costs the target nothing */
};

struct np_target {
	pid_t pid;
	char *command;		      /* bytes, not necessarily text */
	struct np_fact threads;
	struct np_fact start_ticks;   /* since boot, in clock ticks */
	struct np_source source;
	struct np_tally pages;
	struct np_fact preferred_node, scan_seq, pages_migrated; /* /proc/PID/sched */
	size_t mapping_count;
	struct np_mapping *mappings; /* NULL: not asked for */
	uint64_t range_start, range_end; /* --range; both 0: everything */
	size_t comparison_count;
	struct np_comparison *comparisons;
	size_t thread_count; /* of those below, which are read with the mappings only */
	struct np_thread *threads_seen;
	char *policy;		  /* memory policy of its main thread, "default", "bind:0"; NULL as below */
	char *memory_nodes;	  /* that its cpuset allows, "0-1"; NULL: not asked for, or not known */
	struct np_grains *grains; /* where its pages are, for a picture (grains.h); NULL: not asked for, or not in the report */
	struct np_rates *rates; /* NULL: not watched */
	size_t read_effect_count;
	struct np_read_effect *read_effects;
	struct np_experiment *experiment; /* experiment.h; NULL: not asked for */
	bool readable; /* false: nothing but the problem is known */
};

/* What the quick test on numaprobe's own memory found (see quickcheck.h). */
struct np_quickcheck {
	bool done;
	enum np_effect smaps_misses_thp;   /* smaps does not count an inaccessible huge page */
	enum np_effect smaps_misses_base;  /* ... nor an inaccessible base page */
	enum np_effect move_pages_misses;  /* move_pages(2) does not find an inaccessible base page */
	char *why_not;			   /* why something was not tested; NULL: all was */
};

/* Something that could not be done, and what is missing because of it. */
struct np_problem {
	char *what;	 /* "/proc/4711/smaps" */
	char *operation; /* "open" */
	int error;	 /* errno, or 0 where none belongs to it */
	char *effect;	 /* "the pages of this process are not known" */
};

struct np_snapshot {
	char *version;	/* of the numaprobe that measured */
	char *taken;	/* "2026-01-31T12:00:00Z" */
	bool redacted;	/* names are tokens, and each mapping starts at 0 (see redact.h) */
	struct np_system system;
	size_t target_count;
	struct np_target *targets;
	struct np_quickcheck check;
	struct np_kernel_check *kernel_check; /* --check-kernel (kernel_check.h); NULL: not made */
	size_t problem_count;
	struct np_problem *problems;
	size_t kept_count;
	char **kept; /* what np_snapshot_keep() returned */
};

/* An empty snapshot; NULL where memory is short. */
struct np_snapshot *np_snapshot_create(void);
void np_snapshot_destroy(struct np_snapshot *snapshot);
/* Frees what the target owns. */
void np_target_free(struct np_target *target);
/* Forget all targets, and all problems. */
void np_snapshot_clear(struct np_snapshot *snapshot);

/*
 * For a const char * of the snapshot: a copy of a text that lives as long as the snapshot does, the same one for
 * equal texts. 0 or -ENOMEM. For few texts.
 */
int np_snapshot_keep(struct np_snapshot *snapshot, const char *text, const char **ret);

/*
 * Append a problem; every string is copied. A problem that can't be kept for want of memory ends the
 * program: a lost problem would turn a partial result into a whole one.
 */
void np_problem_add(struct np_snapshot *snapshot, const char *what, const char *operation, int error,
		    const char *effect_format, ...) __attribute__((format(printf, 5, 6)));

/* Frees what a comparison owns, and empties it. */
void np_comparison_free(struct np_comparison *comparison);
/* Free what a problem or a target holds, not itself. */
void np_problem_free(struct np_problem *problem);
void np_target_free(struct np_target *target);

/* A tally of zeros for a system of so many nodes. 0 or -ENOMEM. */
int np_tally_init(struct np_tally *tally, size_t node_count);
void np_tally_free(struct np_tally *tally);
/* sum += part. Both are of node_count nodes. */
void np_tally_add(struct np_tally *sum, const struct np_tally *part, size_t node_count);
/* Pages in this state over all nodes, those of unknown node included. */
uint64_t np_tally_state(const struct np_tally *tally, size_t node_count, enum np_resident state);
/* Pages in any resident state: on one node (index; node_count for "node not known") or on all (SIZE_MAX). */
uint64_t np_tally_resident(const struct np_tally *tally, size_t node_count, size_t node_index);
/* A counter of the tally by its offset there, hinted_thp apart, which is known where hints are. */
struct np_fact np_tally_counter(const struct np_tally *tally, size_t offset);
/* device, poisoned, marker and guard together. */
struct np_fact np_tally_other(const struct np_tally *tally);
/* Present and hinted are told apart. */
bool np_tally_hints_known(const struct np_tally *tally, size_t node_count);

/* The name for a renderer, a report or a human: "agrees", "under-reports", ... */
const char *np_verdict_name(enum np_verdict verdict);

#endif
