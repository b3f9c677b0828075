/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --check-kernel: the order of the tests, and what they share. */
#ifndef NUMAPROBE_CHECK_RUN_H
#define NUMAPROBE_CHECK_RUN_H

#include "kernel_check.h"
#include "progress.h"
#include "readers.h"
#include "subject.h"
#include "walker.h"

struct np_checker {
	int root_fd;
	const struct np_system *system;
	struct np_walker *walker; /* NULL: page tables can't be read */
	uint64_t space_end;	  /* of the walker */
	const char *why_no_walker;
	struct np_kernel_check *check;
	struct np_progress *progress;
	uint64_t steps_done, steps; /* of progress */
	unsigned rounds;      /* of causes and stalls */
	int subject_cpu, reader_cpu; /* not the same; -1: there is only one */
	uint64_t scan_cpu_ns; /* processor time to a subject's first scan; 0: there is none, or not known yet */
	char *why_no_hints;   /* NULL: the balancer may hint. Owned by np_check_run() */
	bool with_kvm;
	bool quick;
};

/*
 * Runs all tests into checker->check. What can't be tested is unknown there, with its reason. 0, -ENOMEM, or -errno
 * where there can be no subjects at all.
 */
int np_check_run(struct np_checker *checker);

/* Pages of an area by what the page tables say of them. */
struct np_page_count {
	uint64_t present, inaccessible, other;
};

/* -ENOTSUP: without a walker; or its error. */
int np_count_pages(const struct np_checker *checker, const struct np_subject *subject, const struct np_area *area,
		   struct np_page_count *ret);

/* What the readers of the table need, for a subject and one of its areas, which spans points to. */
struct np_reading np_check_reading(const struct np_checker *checker, const struct np_subject *subject,
				   const struct np_span_addr *spans, size_t span_count);

/* Hinted pages of a stopped subject around a reading. Between the two counts on either side of it nobody reads. */
enum { NP_HINTS_AT_REST, NP_HINTS_BEFORE, NP_HINTS_AFTER, NP_HINTS_AT_LAST, NP_HINT_COUNTS };

/* What they say of the reader: unknown where hints go away without it too. 0 or -ENOMEM. */
int np_clears_judge(struct np_check_test *test, const uint64_t counts[NP_HINT_COUNTS]);

/* The parts; each adds its tests. 0, -ENOMEM, or the subject's error. */
int np_check_protnone(struct np_checker *checker);
int np_check_hinted(struct np_checker *checker); /* distorts and clears with hints, and the regime */
int np_check_causes(struct np_checker *checker);
int np_check_stalls(struct np_checker *checker); /* and loses */

/* Why there are no hints though the balancer is on; the caller frees it. NULL where memory is short. */
char *np_why_not_hinted(const struct np_checker *checker, uint64_t cpu_ns);

/* Whether the balancer is on now; and the reason that a test is unknown for where it is no longer. */
bool np_check_is_balancing(const struct np_checker *checker);
const char *np_check_switched_off(void);

/* One step more is about to be done. */
void np_check_step(struct np_checker *checker, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes all tests of an effect unknown for one reason, those of all its readers. */
int np_check_all_unknown(struct np_checker *checker, enum np_check_effect effect, const char *why);

/*
 * One window: a fresh subject does a command (burn, churn) while the reader reads it again and again. pages: of base
 * size; scans and limit_ns as the command has them. 0, -ENOTSUP where the reader is not to be had, or -errno.
 */
struct np_window {
	const char *reader; /* of the table: a control too */
	enum np_subject_command command;
	uint64_t pages, scans, limit_ns;
	unsigned round;
};

int np_window_run(struct np_checker *checker, const struct np_window *window, struct np_check_sample *ret);

/* Samples of several windows. Zero-initialised; the caller frees the samples. */
struct np_samples {
	size_t count;
	struct np_check_sample *samples;
};

int np_samples_add(struct np_samples *samples, const struct np_check_sample *sample);

/* Makes a test unknown, or absent, whose reader gave an error. 0 or -ENOMEM. */
int np_check_no_reader(const struct np_checker *checker, struct np_check_test *test, int error);

/* The readers that an effect is tested with, in order: NULL ends them. Not the controls. */
extern const char *const np_check_disturbers[];

#endif
