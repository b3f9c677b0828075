// SPDX-License-Identifier: GPL-2.0-or-later
/* Walk, read, walk; and again where the target changed too much in between. */
#include "compare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compare_row.h"
#include "freeze.h"
#include "i18n.h"
#include "parse_status.h"

#define NS_PER_PAGE 114 /* 30 ms for a GiB of base pages: what smaps, numa_maps, pagemap were measured to take */

/* One target under comparison. */
struct run {
	const struct np_compare *compare;
	struct np_target *target;
	char path[32];
	struct np_subject subject;
	struct np_survey before, after; /* after becomes before */
	bool surveyed, stopped;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int np_compare_parse(const char *names, uint64_t *ret, const char **ret_bad, size_t *ret_bad_length)
{
	uint64_t readers = 0;

	for (;;) {
		size_t length = strcspn(names, ",");
		const struct np_reader *reader = np_reader_find(names, length);
		const struct np_claim *claim = np_claims;

		while (reader && claim->reader && strcmp(claim->reader, reader->name) != 0)
			claim++;
		if (!reader || !claim->reader) {
			*ret_bad = names;
			*ret_bad_length = length;
			return -EINVAL;
		}
		readers |= 1ULL << (reader - np_readers);
		if (names[length] == '\0')
			break;
		names += length + 1;
	}
	*ret = readers;
	return 0;
}

static void bracketed_free(struct np_bracketed *bracketed)
{
	np_read_free(&bracketed->read);
	np_spans_free(&bracketed->spans);
}

/* Faults of all threads so far, and whether all of them are stopped. */
static int read_stat(const struct run *run, uint64_t *ret_faults, bool *ret_stopped)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_stat stat;
	int result = np_read_text(run->subject.dir_fd, "stat", &text);

	if (!result)
		result = np_parse_stat(text.data, text.length, &stat);
	if (result)
		return result;
	*ret_faults = stat.minor_faults + stat.major_faults;
	return np_all_stopped(run->subject.dir_fd, ret_stopped);
}

static struct np_reading make_reading(const struct run *run, const struct np_spans *spans)
{
	return (struct np_reading){
		.pid = run->target->pid,
		.dir_fd = run->subject.dir_fd,
		.pagemap_fd = run->subject.pagemap_fd,
		.walker = run->subject.walker,
		.space_end = run->subject.space_end,
		.spans = spans->spans,
		.span_count = spans->count,
		.page_bytes = run->compare->measure->snapshot->system.page_bytes,
	};
}

static int read_once(struct run *run, struct np_bracketed *ret)
{
	struct np_reading reading;
	uint64_t start;
	int result = np_spans_make(&run->before, ret->reader, &ret->spans);

	if (result)
		return result;
	reading = make_reading(run, &ret->spans);
	ret->read.by_span = ret->spans.found;
	start = now_ns();
	result = ret->reader->read(ret->reader, &reading, &ret->read);
	ret->elapsed_ns = now_ns() - start;
	return !result && !ret->read.bytes_read && ret->reader->kind == NP_READER_FILE ? -ESRCH : result;
}

/* The survey after one reading is the one before the next. */
static void advance(struct run *run)
{
	np_survey_free(&run->before);
	run->before = run->after;
	run->after = (struct np_survey){ 0 };
}

static int read_between_walks(struct run *run, struct np_bracketed *ret)
{
	uint64_t faults_before, faults_after;
	bool stopped_before, stopped_after;
	int result = read_stat(run, &faults_before, &stopped_before);

	/* A fault between the last walk and the counter would be missed: so walk where the target can have one. */
	if (!result && (!run->surveyed || !stopped_before || !run->stopped)) {
		np_survey_free(&run->before);
		run->surveyed = false;
		result = np_survey_take(&run->subject, &run->before);
		run->surveyed = !result;
	}
	if (!result)
		result = read_once(run, ret);
	np_survey_free(&run->after);
	if (!result)
		result = np_survey_take(&run->subject, &run->after);
	if (result)
		return result;
	result = read_stat(run, &faults_after, &stopped_after);
	if (result)
		return result;
	ret->faults = faults_after - faults_before;
	run->stopped = stopped_before && stopped_after;
	ret->settled = run->before.settled && run->after.settled && np_survey_same_maps(&run->before, &run->after);
	return 0;
}


static struct np_comparison *add_row(struct np_target *target)
{
	struct np_comparison *more = reallocarray(target->comparisons, target->comparison_count + 1, sizeof(*more));

	if (!more)
		return NULL;
	target->comparisons = more;
	more += target->comparison_count++;
	*more = (struct np_comparison){ 0 };
	return more;
}

static void drop_rows(struct np_target *target, size_t from)
{
	while (target->comparison_count > from)
		np_comparison_free(&target->comparisons[--target->comparison_count]);
}

/* All rows of one reading. *ret_decided: none of them is unknown because the target changed. */
static int add_rows(struct run *run, const struct np_bracketed *bracketed, bool *ret_decided)
{
	int result = 0;

	*ret_decided = true;
	for (const struct np_claim *claim = np_claims; claim->reader && !result; claim++) {
		struct np_comparison *row;

		if (strcmp(claim->reader, bracketed->reader->name) != 0)
			continue;
		row = add_row(run->target);
		result = row ? np_compare_row(claim, bracketed, row) : -ENOMEM;
		if (!result && row->verdict == NP_VERDICT_UNKNOWN && row->pages.known)
			*ret_decided = false;
	}
	return result;
}

/* On a stopped target a hint that is gone was cleared by the reading: nobody else was there. */
static int add_read_effect(struct run *run, const struct np_bracketed *bracketed)
{
	struct np_target *target = run->target;
	struct np_hints hints = np_survey_hints(&run->before, &run->after);
	struct np_read_effect *more =
		reallocarray(target->read_effects, target->read_effect_count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	target->read_effects = more;
	more += target->read_effect_count++;
	*more = (struct np_read_effect){ bracketed->reader->name, hints.before, hints.cleared, bracketed->elapsed_ns,
					 run->stopped ? NP_FACT(0) : NP_NOT_KNOWN, NP_EFFECT_NOT_TESTED, false };
	if (hints.before && hints.cleared == 0)
		more->clears = NP_EFFECT_NO;
	else if (hints.cleared && run->stopped)
		more->clears = NP_EFFECT_YES;
	return 0;
}

static void report(struct run *run, const char *name, int error)
{
	if (error == ESRCH)
		np_problem_add(run->compare->measure->snapshot, run->path, name, 0,
			       "the process has exited, or has become another program");
	else
		np_problem_add(run->compare->measure->snapshot, run->path, name, error, "it was not compared");
}

static void report_unknown(struct run *run, size_t first)
{
	for (size_t i = first; i < run->target->comparison_count; i++) {
		const struct np_comparison *row = &run->target->comparisons[i];

		if (row->verdict == NP_VERDICT_UNKNOWN && row->pages.known)
			np_problem_add(run->compare->measure->snapshot, run->path, row->name, 0,
				       "whether %s agrees is not known: %s", row->field, row->reason);
	}
}

/* One try. *ret_decided: no other is needed. */
static int try_reader(struct run *run, const struct np_reader *reader, bool last, bool *ret_decided)
{
	struct np_bracketed bracketed = { .reader = reader, .before = &run->before, .after = &run->after,
					  .snapshot = run->compare->measure->snapshot,
					  .want_mappings = run->compare->mappings };
	int64_t threads = run->target->threads.known ? run->target->threads.value : 1;
	int result = read_between_walks(run, &bracketed);

	bracketed.lag_pages = np_lag_pages(run->compare->lag, (uint64_t)threads,
					   (uint64_t)sysconf(_SC_NPROCESSORS_CONF));
	if (!result)
		result = add_rows(run, &bracketed, ret_decided);
	if (!result && (*ret_decided || last))
		result = add_read_effect(run, &bracketed);
	bracketed_free(&bracketed);
	if (!result)
		advance(run);
	return result;
}

static int compare_reader(struct run *run, const struct np_reader *reader)
{
	size_t first = run->target->comparison_count;
	bool decided = false;
	int result = 0;

	for (int try = 1; try <= NP_COMPARE_TRIES && !decided && !result; try++) {
		drop_rows(run->target, first);
		np_progress_show(run->compare->progress, _("comparing %s of PID %d ..."), reader->name,
				 (int)run->target->pid);
		result = try_reader(run, reader, try == NP_COMPARE_TRIES, &decided);
	}
	if (result) {
		drop_rows(run->target, first);
		if (result != -ENOMEM)
			report(run, reader->name, -result);
		return result;
	}
	report_unknown(run, first);
	return 0;
}

static bool has_claim(const struct np_reader *reader)
{
	for (const struct np_claim *claim = np_claims; claim->reader; claim++)
		if (strcmp(claim->reader, reader->name) == 0)
			return true;
	return false;
}

static bool is_wanted(const struct np_compare *compare, const struct np_reader *reader)
{
	return has_claim(reader) && (!compare->readers || compare->readers & 1ULL << (reader - np_readers));
}

/* In the order of the claims: what costs least comes first. */
static int compare_readers(struct run *run)
{
	const char *last = "";
	int result = 0;

	for (const struct np_claim *claim = np_claims; claim->reader; claim++) {
		const struct np_reader *reader = np_reader_find(claim->reader, strlen(claim->reader));

		if (strcmp(claim->reader, last) == 0 || !is_wanted(run->compare, reader))
			continue;
		last = claim->reader;
		result = compare_reader(run, reader);
		if (result == -ENOMEM || result == -ESRCH)
			return result;
	}
	return 0;
}

/* Said before it happens: the files that walk page tables hold the target's mmap lock while they do. */
static void announce(const struct np_compare *compare, const struct np_target *target)
{
	size_t node_count = compare->measure->snapshot->system.node_count;
	uint64_t resident = np_tally_resident(&target->pages, node_count, SIZE_MAX);
	uint64_t huge = target->pages.thp + target->pages.hugetlb, walkers = 0;
	double seconds;

	for (const struct np_reader *reader = np_readers; reader->name; reader++)
		walkers += is_wanted(compare, reader) && strncmp(reader->name, "stat", 4) != 0;
	seconds = (double)walkers * (double)(resident - (huge < resident ? huge : resident)) * NS_PER_PAGE / 1e9;
	if (seconds > 1)
		np_progress_note(compare->progress,
				 _("Reading the files of PID %d takes about %.0f s, and holds its mmap lock meanwhile."),
				 (int)target->pid, seconds);
}

int np_compare_target(const struct np_compare *compare, struct np_target *target)
{
	struct np_measure *measure = compare->measure;
	struct run run = { .compare = compare, .target = target };
	int result;

	snprintf(run.path, sizeof(run.path), "/proc/%d", (int)target->pid);
	if (!target->readable)
		return 0;
	if (!measure->walker) {
		np_problem_add(measure->snapshot, run.path, "compare", 0, "nothing was compared, since its page tables "
			       "were not read: %s", measure->why_no_walker ? measure->why_no_walker : "asked for by --source");
		return 0;
	}
	announce(compare, target);
	result = np_subject_open(measure->root_fd, target, measure->walker, measure->space_end,
				 &measure->snapshot->system, &run.subject);
	if (result) {
		report(&run, "compare", -result);
		return 0;
	}
	result = compare_readers(&run);
	np_progress_end(compare->progress);
	np_survey_free(&run.before);
	np_survey_free(&run.after);
	np_subject_close(&run.subject);
	return result == -ENOMEM ? result : 0;
}
