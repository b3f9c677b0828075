/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What --check-kernel found: tests of the running kernel on subjects of numaprobe's own, of every reader, for the
 * four effects. Plain data, part of the snapshot, and what makes verdicts of it; nothing here looks at a version.
 */
#ifndef NUMAPROBE_KERNEL_CHECK_H
#define NUMAPROBE_KERNEL_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats.h"
#include "snapshot.h"

enum np_check_effect {
	NP_CHECK_DISTORTS, /* a reader's number is wrong */
	NP_CHECK_CLEARS,   /* reading takes hints away */
	NP_CHECK_CAUSES,   /* reading makes the balancer hint what it would have left alone */
	NP_CHECK_STALLS,   /* reading makes the process wait */
	NP_CHECK_LOSES,	   /* reading makes the balancer lose scans, of a process that maps and unmaps meanwhile */
	NP_CHECK_EFFECTS,
};

enum np_check_memory {
	NP_MEMORY_PROTNONE,
	NP_MEMORY_PROTNONE_THP,
	NP_MEMORY_HINTED,
	NP_MEMORY_HINTED_THP,
	NP_MEMORY_KINDS,
	NP_MEMORY_ANY = NP_MEMORY_KINDS, /* the test is not about one kind */
};

enum np_check_result {
	NP_CHECK_PASSES,
	NP_CHECK_FAILS,	  /* a defect of the kernel */
	NP_CHECK_COSTS,	  /* an effect by design, of the size that is said */
	NP_CHECK_UNKNOWN, /* never a pass: why says what is in the way */
	NP_CHECK_ABSENT,  /* this kernel has no such reader, so nothing to test */
	NP_CHECK_RESULTS,
};

/* One window of a causes, stalls or loses test. What was not measured is not known. */
struct np_check_sample {
	unsigned round;
	const char *reader; /* the test's own; or "none", nobody, whose windows are with the tests of "busy" */
	struct np_fact reads;		       /* full readings in the window */
	struct np_fact hints, faults;	       /* new hints at its end, and the faults of touching all pages then */
	struct np_fact scans;		       /* scans of the balancer that ended */
	struct np_fact cpu_ns;		       /* processor time of the thread that burns */
	struct np_fact maps, wait_ns, worst_ns; /* pairs of mmap(2) and munmap(2), and what they took */
};

struct np_check_test {
	char *name; /* "smaps-counts-hinted-thp", as in the table of defects */
	enum np_check_effect effect;
	const char *reader; /* static */
	enum np_check_memory memory;
	enum np_check_result result;
	struct np_fact expected_pages, got_pages; /* distorts: counted; clears: hinted before, and after */
	struct np_fact control_pages;		  /* clears: hints that went without a reader */
	const char *cause;			  /* a name of the table of known defects, or NULL; static */
	char *why;				  /* not NULL where it is unknown: the reason, and what would change it */
	struct np_estimate estimate;		  /* causes, stalls, loses: the size; p is after Holm over all readers */
	size_t sample_count;
	struct np_check_sample *samples; /* compared with those of the controls, busy and none, in the same rounds */
};

/* How get_user_pages() treats a hinted entry when it reads. */
enum np_regime {
	NP_REGIME_UNKNOWN,
	NP_REGIME_FOLL_NUMA,  /* (a) up to 6.0: callers without FOLL_FORCE take the hint fault; follow_page() sees all */
	NP_REGIME_BLIND,      /* (b) 6.1 to 6.4.12: the same, and follow_page() is blind to inaccessible entries */
	NP_REGIME_HONOR_ALL,  /* (c) 6.4.13, 6.5: every external caller takes the hint fault, FOLL_FORCE or not */
	NP_REGIME_HONOR_KVM,  /* (d) since 6.6: KVM alone does */
	NP_REGIMES,
};

/* Whether an access of the kernel's to hinted pages takes the hint faults: consumes the hints. */
enum np_consumes { NP_CONSUMES_NO, NP_CONSUMES_YES, NP_CONSUMES_UNKNOWN };

enum np_probe { NP_PROBE_VM_READV, NP_PROBE_POPULATE, NP_PROBE_MEM, NP_PROBE_KVM, NP_PROBES };

struct np_probe_result {
	enum np_consumes consumes;
	struct np_fact hinted, left; /* pages; by the faults that touching them takes */
	char *why;		     /* NULL, or why it is unknown */
};

struct np_kernel_check {
	bool quick, strict;
	uint64_t elapsed_ns;
	size_t test_count;
	struct np_check_test *tests;
	struct np_probe_result probes[NP_PROBES];
	enum np_regime regime;
	char *regime_why; /* where it is unknown */
};

enum np_check_verdict { NP_CHECK_CLEAN, NP_CHECK_AFFECTED, NP_CHECK_INCOMPLETE };

/* NULL where memory is short. */
struct np_kernel_check *np_check_create(void);
void np_check_destroy(struct np_kernel_check *check);

/*
 * Appends a test; its name is made of the others. NULL where memory is short. The pointer is good until the next.
 */
struct np_check_test *np_check_add(struct np_kernel_check *check, enum np_check_effect effect, const char *reader,
				   enum np_check_memory memory);
/* Makes it unknown, for this reason. 0 or -ENOMEM. */
int np_check_unknown(struct np_check_test *test, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * affected: a test fails, or, strictly, shows a cost; otherwise incomplete where one is unknown. Only what the tests
 * found counts.
 */
enum np_check_verdict np_check_verdict(const struct np_kernel_check *check);
/* Beside a program that reads nothing: what load alone does says nothing of the kernel, and counts nowhere. */
bool np_check_is_control(const struct np_check_test *test);
/* How many tests of an effect (NP_CHECK_EFFECTS: of all) have this result. */
size_t np_check_count(const struct np_kernel_check *check, enum np_check_effect effect, enum np_check_result result);

/* A cost of which a size was measured, and no more: chance may have made it. It is unknown, but was tested. */
bool np_check_is_open(const struct np_check_test *test);
size_t np_check_count_open(const struct np_kernel_check *check);
/* Tests that could not be made; with strict, also those that are open, since a cost would count then. */
size_t np_check_count_missing(const struct np_kernel_check *check);

/* The next sample of a test's own reader, from this index on; NULL: no more. */
const struct np_check_sample *np_check_own_sample(const struct np_check_test *test, size_t *index);
/* Whether this kernel has a known defect (defects.h), by the tests that find it. */
struct np_defect;
enum np_effect np_check_has_defect(const struct np_kernel_check *check, const struct np_defect *defect);

/* Whether a reader that looks pages up misses inaccessible ones, as the distorts tests found. */
enum np_effect np_check_blind(const struct np_kernel_check *check);

/*
 * The regime that the probes tell. blind: move_pages(2) or smaps misses inaccessible pages, PROT_NONE or hinted.
 * NP_REGIME_UNKNOWN with what is in the way in *ret_why (static) where they don't tell.
 */
enum np_regime np_regime_of(const struct np_probe_result probes[NP_PROBES], enum np_effect blind, const char **ret_why);

/* Names for reports: "distorts", "protnone-thp", "passes", "foll-numa", "process_vm_readv". */
const char *np_check_effect_name(enum np_check_effect effect);
const char *np_check_memory_name(enum np_check_memory memory); /* NULL for any */
const char *np_check_result_name(enum np_check_result result);
const char *np_regime_name(enum np_regime regime);
const char *np_probe_name(enum np_probe probe);

#endif
