// SPDX-License-Identifier: GPL-2.0-or-later
/* Stop, walk, walk, read, walk, go on. */
#include "clears.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "freeze.h"
#include "i18n.h"
#include "readers.h"
#include "spans.h"

struct clears {
	const struct np_experiment_plan *plan;
	const struct np_subject *subject;
	struct np_target *target;
	char path[32];
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int read_once(const struct clears *clears, const struct np_reader *reader, const struct np_survey *survey,
		     uint64_t *ret_elapsed_ns)
{
	struct np_reading reading = { .pid = clears->target->pid, .dir_fd = clears->subject->dir_fd,
				      .walker = clears->subject->walker, .pagemap_fd = clears->subject->pagemap_fd,
				      .space_end = clears->subject->space_end,
				      .page_bytes = clears->plan->measure->snapshot->system.page_bytes };
	struct np_spans spans = { 0 };
	struct np_read read = { 0 };
	uint64_t start;
	int result = np_spans_make(survey, reader, &spans);

	reading.spans = spans.spans;
	reading.span_count = spans.count;
	start = now_ns();
	if (!result)
		result = reader->read(reader, &reading, &read);
	*ret_elapsed_ns = now_ns() - start;
	np_read_free(&read);
	np_spans_free(&spans);
	return result;
}

/* -ECANCELED: somebody else let it go on, so that it may have touched its pages itself. */
static int check_still(const struct clears *clears)
{
	bool stopped = false;
	int result = np_all_stopped(clears->subject->dir_fd, &stopped);

	return result || stopped ? result : -ECANCELED;
}

/* The target stands still. */
static int test_stopped(const struct clears *clears, const struct np_reader *reader, struct np_read_effect *ret)
{
	struct np_survey surveys[3];
	int result;

	memset(surveys, 0, sizeof(surveys));
	result = np_survey_take(clears->subject, &surveys[0]);

	*ret = (struct np_read_effect){ .reader = reader->name, .clears = NP_EFFECT_NOT_TESTED, .stopped = true };
	if (!result)
		result = np_survey_take(clears->subject, &surveys[1]);
	if (!result)
		result = read_once(clears, reader, &surveys[1], &ret->elapsed_ns);
	if (!result)
		result = np_survey_take(clears->subject, &surveys[2]);
	if (!result)
		result = check_still(clears);
	if (!result) {
		struct np_hints control = np_survey_hints(&surveys[0], &surveys[1]);
		struct np_hints hints = np_survey_hints(&surveys[1], &surveys[2]);

		ret->hinted_before = hints.before;
		ret->cleared = hints.cleared;
		ret->cleared_control = NP_FACT((int64_t)control.cleared);
		if (hints.before && !control.cleared)
			ret->clears = hints.cleared ? NP_EFFECT_YES : NP_EFFECT_NO;
	}
	for (size_t i = 0; i < 3; i++)
		np_survey_free(&surveys[i]);
	return result;
}

static int keep(struct np_target *target, const struct np_read_effect *effect)
{
	struct np_read_effect *more =
		reallocarray(target->read_effects, target->read_effect_count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	target->read_effects = more;
	more[target->read_effect_count++] = *effect;
	return 0;
}

static void report(const struct clears *clears, const char *operation, int error, const char *effect)
{
	np_problem_add(clears->plan->measure->snapshot, clears->path, operation, error, "%s", effect);
}

static int test_reader(const struct clears *clears, const struct np_reader *reader)
{
	struct np_read_effect effect;
	struct np_freeze freeze;
	int result = np_freeze(clears->target->pid, clears->subject->dir_fd, &freeze), late;

	if (result) {
		report(clears, "stop", -result, "whether reading clears hints was not tested");
		return result;
	}
	result = test_stopped(clears, reader, &effect);
	late = np_thaw(&freeze);
	if (late == -EOWNERDEAD) {
		report(clears, reader->name, -late,
		       "the guardian of the stopped process was lost; the process was resumed");
		return 0;
	}
	if (late || result == -ECANCELED) {
		report(clears, reader->name, -late, "the process went on before the reading was over");
		return 0;
	}
	if (result) {
		report(clears, reader->name, -result, "whether reading it clears hints was not tested");
		return result == -ENOMEM || result == -ESRCH ? result : 0;
	}
	return keep(clears->target, &effect);
}

int np_clears_test(const struct np_experiment_plan *plan, const struct np_subject *subject, uint64_t readers,
		   struct np_target *target)
{
	struct clears clears = { .plan = plan, .subject = subject, .target = target };
	size_t first = target->read_effect_count;
	bool known = true;
	int result = 0;

	snprintf(clears.path, sizeof(clears.path), "/proc/%d", (int)target->pid);
	for (const struct np_reader *reader = np_readers; reader->name && !result; reader++) {
		if (!(readers & 1ULL << (reader - np_readers)))
			continue;
		np_progress_show(plan->progress, _("PID %d stopped: %s"), (int)target->pid, reader->name);
		result = test_reader(&clears, reader);
	}
	for (size_t i = first; i < target->read_effect_count; i++)
		known &= target->read_effects[i].clears != NP_EFFECT_NOT_TESTED;
	if (!known)
		report(&clears, "clears", 0, "it is not known: no page of the process was hinted when it was stopped");
	return result == -ENOMEM || result == -ESRCH ? result : 0;
}
