// SPDX-License-Identifier: GPL-2.0-or-later
/* Windows in random order, and what the target went through in each. */
#include "experiment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chance.h"
#include "clears.h"
#include "i18n.h"
#include "parse_sched.h"
#include "parse_status.h"
#include "parse_vmstat.h"
#include "spans.h"

#define PAGES_IN_HUGE 512
#define PAGE_SHIFT 12
#define SAMPLE_TRIES 8
#define TRY_NS 10000000 /* to see whether a reader works here */

/* What is measured at each end of a window. */
struct sample {
	uint64_t time_ns; /* of run_ns and scans */
	uint64_t hints, faults;
	struct np_fact run_ns, scans;
	struct np_vmstat vmstat;
};

/* One target under experiment. */
struct run {
	const struct np_experiment_plan *plan;
	struct np_target *target;
	char path[32];
	clockid_t clock; /* of the target's processor time */
	bool has_clock;
	uint64_t readers; /* those that work here */
	struct np_subject subject;
	struct np_survey survey;
	bool surveyed;
	uint64_t end_ns; /* of the present window */
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	return clock_gettime(clock, &now) < 0 ? 0 : (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int np_experiment_parse(const char *names, uint64_t *ret, const char **ret_bad, size_t *ret_bad_length)
{
	uint64_t readers = 0;

	for (;; names++) {
		size_t length = strcspn(names, ",");
		const struct np_reader *reader = np_reader_find(names, length);

		if (!reader || reader->kind == NP_READER_CONTROL) {
			*ret_bad = names;
			*ret_bad_length = length;
			return -EINVAL;
		}
		readers |= 1ULL << (reader - np_readers);
		names += length;
		if (*names == '\0')
			break;
	}
	*ret = readers;
	return 0;
}

uint64_t np_experiment_default(void)
{
	return 1ULL << (np_reader_find("smaps", 5) - np_readers) |
	       1ULL << (np_reader_find("numaprobe", 9) - np_readers);
}

/* Entries, not pages: the fault that takes a hint away takes that of a whole huge page. */
static uint64_t hinted_entries(const struct np_survey *survey)
{
	uint64_t entries = 0;

	for (size_t i = 0; i < survey->stretch_count; i++) {
		const struct np_stretch *stretch = &survey->stretches[i];
		uint64_t pages = (stretch->end - stretch->start) >> PAGE_SHIFT;

		if (stretch->state == NP_HINTED)
			entries += stretch->size == NP_SIZE_BASE ? pages : pages / PAGES_IN_HUGE;
	}
	return entries;
}

/* Mappings are read again only where a page turned up outside of those that are known. */
static int walk(struct run *run)
{
	int result;

	if (run->surveyed && run->survey.settled)
		return np_survey_walk(&run->subject, &run->survey);
	np_survey_free(&run->survey);
	run->surveyed = false;
	result = np_survey_take(&run->subject, &run->survey);
	run->surveyed = !result;
	return result;
}

static int read_faults(const struct run *run, uint64_t *ret)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_stat stat = { 0 };
	int result = np_read_text(run->subject.dir_fd, "stat", &text);

	if (!result)
		result = np_parse_stat(text.data, text.length, &stat);
	if (!result && (stat.state == 'Z' || stat.state == 'X'))
		result = -ESRCH;
	if (!result)
		*ret = stat.minor_faults + stat.major_faults;
	return result;
}

static struct np_fact read_scans(const struct run *run)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_sched sched;

	if (np_read_text(run->subject.dir_fd, "sched", &text) < 0 ||
	    np_parse_sched(text.data, text.length, &sched) < 0)
		return NP_NOT_KNOWN;
	return sched.scan_seq;
}

static struct np_fact read_run_ns(const struct run *run)
{
	return run->has_clock ? NP_FACT((int64_t)clock_ns(run->clock)) : NP_NOT_KNOWN;
}

static void read_vmstat(const struct run *run, struct sample *ret)
{
	np_cleanup_text struct np_text vmstat = { 0 };

	ret->vmstat = (struct np_vmstat){ 0 };
	if (np_read_text(run->subject.root_fd, "proc/vmstat", &vmstat) == 0)
		np_parse_vmstat(vmstat.data, vmstat.length, &ret->vmstat);
}

/*
 * Hints are touched soon after they are made, so a fault between the walk and the counter would be missed, or counted
 * twice: both are taken again until there was none.
 */
static int walk_between_faults(struct run *run, uint64_t *ret_faults)
{
	uint64_t before = 0, after = 0;
	int result = read_faults(run, &after);

	for (int try = 0; try < SAMPLE_TRIES && !result && (try == 0 || before != after); try++) {
		before = after;
		result = walk(run);
		if (!result)
			result = read_faults(run, &after);
	}
	*ret_faults = after;
	return result;
}

/*
 * Walks take the longer the larger the target is, so they lie outside of the time that the processor time and the scans
 * are of. At both ends the clock is read on the far side of them: nothing is counted for which there was no time.
 */
static int open_window(struct run *run, struct sample *ret)
{
	int result = walk_between_faults(run, &ret->faults);

	ret->hints = hinted_entries(&run->survey);
	read_vmstat(run, ret);
	ret->time_ns = clock_ns(CLOCK_MONOTONIC);
	ret->scans = read_scans(run);
	ret->run_ns = read_run_ns(run);
	return result;
}

/* vmstat comes after the walks: it is a bound for the faults, which are counted until then. See hints_made(). */
static int close_window(struct run *run, struct sample *ret)
{
	int result;

	ret->run_ns = read_run_ns(run);
	ret->scans = read_scans(run);
	ret->time_ns = clock_ns(CLOCK_MONOTONIC);
	result = walk_between_faults(run, &ret->faults);
	ret->hints = hinted_entries(&run->survey);
	read_vmstat(run, ret);
	return result;
}

static struct np_fact change(const struct np_fact *before, const struct np_fact *after)
{
	return before->known && after->known ? NP_FACT(after->value - before->value) : NP_NOT_KNOWN;
}

/* -EINTR: it is. */
static int window_over(void *argument)
{
	const struct run *run = argument;

	return clock_ns(CLOCK_MONOTONIC) >= run->end_ns ? -EINTR : 0;
}

/* Reads again and again until the window is over; a long reading is broken off there. */
static int read_for_a_while(struct run *run, const struct np_reader *reader, struct np_trial *window)
{
	struct np_reading reading = { .pid = run->target->pid, .dir_fd = run->subject.dir_fd,
				      .walker = run->subject.walker, .pagemap_fd = run->subject.pagemap_fd,
				      .space_end = run->subject.space_end, .interrupt = window_over,
				      .interrupt_argument = run,
				      .page_bytes = run->plan->measure->snapshot->system.page_bytes };
	struct np_spans spans = { 0 };
	int result = np_spans_make(&run->survey, reader, &spans);

	reading.spans = spans.spans;
	reading.span_count = spans.count;
	while (!result && !window_over(run)) {
		uint64_t start = clock_ns(CLOCK_MONOTONIC);
		struct np_read read = { 0 };

		result = reader->read(reader, &reading, &read);
		np_read_free(&read);
		window->reading_ns += strcmp(reader->name, "none") == 0 ? 0 : clock_ns(CLOCK_MONOTONIC) - start;
		window->reads += !result && strcmp(reader->name, "none") != 0;
	}
	np_spans_free(&spans);
	return result == -EINTR ? 0 : result;
}

static uint64_t window_ns(const struct np_experiment *experiment)
{
	return experiment->balancing_off ? NP_WINDOW_OFF_NS : NP_WINDOW_NS;
}

/*
 * Hints that were made: those that are left, and those that were touched. Of the process's faults no more were hint
 * faults than the whole machine took: the others brought memory.
 */
static int64_t hints_made(const struct np_trial *window)
{
	int64_t touched = (int64_t)window->faults;

	if (window->hint_faults.known && window->hint_faults.value < touched)
		touched = window->hint_faults.value;
	return touched + (int64_t)window->hints_after - (int64_t)window->hints_before;
}

static int run_window(struct run *run, const struct np_reader *reader, struct np_trial *ret)
{
	struct sample before = { 0 }, after = { 0 };
	int result = open_window(run, &before);

	run->end_ns = before.time_ns + window_ns(run->target->experiment);
	ret->reader = reader->name;
	if (!result)
		result = read_for_a_while(run, reader, ret);
	if (!result)
		result = close_window(run, &after);
	if (result)
		return result;
	ret->elapsed_ns = after.time_ns - before.time_ns;
	ret->faults = after.faults - before.faults;
	ret->hints_before = before.hints;
	ret->hints_after = after.hints;
	ret->run_ns = change(&before.run_ns, &after.run_ns);
	ret->scans = change(&before.scans, &after.scans);
	ret->pte_updates = change(&before.vmstat.numa_pte_updates, &after.vmstat.numa_pte_updates);
	ret->hint_faults = change(&before.vmstat.numa_hint_faults, &after.vmstat.numa_hint_faults);
	ret->made = hints_made(ret);
	return 0;
}

static void report(struct run *run, const char *operation, int error, const char *effect)
{
	np_problem_add(run->plan->measure->snapshot, run->path, operation, error, "%s", effect);
}

static bool is_in_plan(const struct run *run, const struct np_reader *reader)
{
	return reader->kind == NP_READER_CONTROL || run->readers & 1ULL << (reader - np_readers);
}

/* Every condition as often as there are rounds, shuffled; the caller frees them. NULL where memory is short. */
static const struct np_reader **make_order(const struct run *run, struct np_experiment *experiment, size_t *ret_count)
{
	size_t count = 0, room = (size_t)(2 + __builtin_popcountll(run->readers)) * experiment->rounds;
	const struct np_reader **order = calloc(room, sizeof(const struct np_reader *));
	uint64_t state = experiment->seed;

	if (!order)
		return NULL;
	for (const struct np_reader *reader = np_readers; reader->name; reader++)
		for (unsigned i = 0; i < experiment->rounds && is_in_plan(run, reader); i++)
			order[count++] = reader;
	for (size_t i = count; i > 1; i--) {
		size_t other = np_chance_below(i, &state);
		const struct np_reader *last = order[i - 1];

		order[i - 1] = order[other];
		order[other] = last;
	}
	*ret_count = count;
	return order;
}

static int run_windows(struct run *run, struct np_experiment *experiment)
{
	size_t count = 0;
	const struct np_reader **order = make_order(run, experiment, &count);
	int result = order ? 0 : -ENOMEM;

	if (!result && count)
		experiment->windows = calloc(count, sizeof(*experiment->windows));
	if (!experiment->windows)
		result = -ENOMEM;
	for (size_t i = 0; i < count && !result; i++) {
		np_progress_show(run->plan->progress, _("PID %d: window %zu of %zu, %s; about %.0f s left"),
				 (int)run->target->pid, i + 1, count, order[i]->name,
				 (double)(count - i) * (double)window_ns(experiment) / 1e9);
		experiment->windows[i].round = (unsigned)(i / (count / experiment->rounds));
		result = run_window(run, order[i], &experiment->windows[i]);
		experiment->window_count += !result;
	}
	free(order);
	if (!result || result == -ENOMEM)
		return result;
	experiment->broken_off = true;
	report(run, "experiment", result == -ESRCH ? 0 : -result,
	       result == -ESRCH ? "the process exited, or became another program, before all windows were over" :
				  "not all windows could be measured");
	return 0;
}

/* Readers that this kernel lacks, or that may not read this target, are left out, and said to be. */
static int drop_unusable(struct run *run)
{
	struct np_trial ignored = { 0 };
	int result = walk(run);

	for (const struct np_reader *reader = np_readers; reader->name && !result; reader++) {
		uint64_t bit = 1ULL << (reader - np_readers);
		int error;

		if (!(run->readers & bit))
			continue;
		run->end_ns = clock_ns(CLOCK_MONOTONIC) + TRY_NS;
		error = read_for_a_while(run, reader, &ignored);
		if (!error)
			continue;
		run->readers &= ~bit;
		report(run, reader->name, -error,
		       error == -ENOTSUP ? "this kernel does not have it" : "it could not be tried");
		result = error == -ENOMEM || error == -ESRCH ? error : 0;
	}
	return result;
}

/* One problem for each thing that is not known, whatever the number of readers. */
static void report_unknown(struct run *run, const struct np_experiment *experiment)
{
	const char *last = NULL;
	enum np_measure_kind kind = NP_MEASURE_CAUSES;

	for (size_t i = 0; i < experiment->test_count; i++) {
		const struct np_effect_test *test = &experiment->tests[i];

		if (!test->reason || (last && strcmp(last, test->reason) == 0 && kind == test->kind))
			continue;
		last = test->reason;
		kind = test->kind;
		np_problem_add(run->plan->measure->snapshot, run->path, np_measure_name(kind), 0, "it is not known: %s",
			       last);
	}
}

static void announce(const struct run *run, const struct np_experiment *made)
{
	int conditions = 2 + __builtin_popcountll(run->readers);
	double windows = conditions * (double)made->rounds;

	np_progress_note(run->plan->progress,
			 _("Experiment on PID %d: %u rounds of %d windows, %.0f s in all; --rounds sets how many."),
			 (int)run->target->pid, made->rounds, conditions, windows * (double)window_ns(made) / 1e9);
}

static int experiment(struct run *run)
{
	const struct np_fact *balancing = &run->plan->measure->snapshot->system.numa_balancing;
	struct np_experiment *made;
	int result;

	run->target->experiment = calloc(1, sizeof(*run->target->experiment));
	made = run->target->experiment;
	if (!made)
		return -ENOMEM;
	*made = (struct np_experiment){ .rounds = run->plan->rounds, .seed = np_chance_seed(),
					.balancing_off = balancing->known && balancing->value == 0 };
	announce(run, made);
	result = run_windows(run, made);
	if (!result)
		result = np_experiment_analyse(made, run->readers);
	if (!result)
		report_unknown(run, made);
	return result;
}

static int open_target(struct run *run)
{
	struct np_measure *measure = run->plan->measure;

	run->has_clock = clock_getcpuclockid(run->target->pid, &run->clock) == 0;
	return np_subject_open(measure->root_fd, run->target, measure->walker, measure->space_end,
			       &measure->snapshot->system, &run->subject);
}

int np_experiment_target(const struct np_experiment_plan *plan, struct np_target *target)
{
	struct run run = { .plan = plan, .target = target, .readers = plan->readers };
	int result;

	snprintf(run.path, sizeof(run.path), "/proc/%d", (int)target->pid);
	if (!target->readable)
		return 0;
	if (!plan->measure->walker) {
		report(&run, "experiment", 0, "nothing was tried, since its page tables can't be read");
		return 0;
	}
	result = open_target(&run);
	if (result) {
		report(&run, "experiment", -result, "nothing was tried");
		return 0;
	}
	result = drop_unusable(&run);
	if (!result && plan->freeze)
		result = np_clears_test(plan, &run.subject, run.readers, target);
	if (!result && plan->rounds)
		result = experiment(&run);
	np_progress_end(plan->progress);
	if (result && result != -ENOMEM)
		report(&run, "experiment", -result, "it was not finished");
	np_survey_free(&run.survey);
	np_subject_close(&run.subject);
	return result == -ENOMEM ? result : 0;
}
