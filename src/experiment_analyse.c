// SPDX-License-Identifier: GPL-2.0-or-later
/* From windows to answers. */
#include "experiment.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "i18n.h"
#include "readers.h"

static bool is_reader(const char *name)
{
	const struct np_reader *reader = np_reader_find(name, strlen(name));

	return reader && reader->kind != NP_READER_CONTROL;
}

/* A measure: its number of a window, and which way is a disturbance. */
struct measure {
	const char *name;
	bool (*number)(const struct np_trial *window, double *ret);
	bool more_is_worse;
};

static bool made_per_second(const struct np_trial *window, double *ret)
{
	*ret = window->elapsed_ns ? 1e9 * (double)window->made / (double)window->elapsed_ns : 0;
	return true;
}

static bool run_share(const struct np_trial *window, double *ret)
{
	*ret = window->elapsed_ns ? 100.0 * (double)window->run_ns.value / (double)window->elapsed_ns : 0;
	return window->run_ns.known;
}

static bool scans_per_minute(const struct np_trial *window, double *ret)
{
	*ret = window->elapsed_ns ? 60e9 * (double)window->scans.value / (double)window->elapsed_ns : 0;
	return window->scans.known;
}

static const struct measure measures[] = {
	[NP_MEASURE_CAUSES] = { "causes", made_per_second, true },
	[NP_MEASURE_STALLS] = { "stalls", run_share, false },
	[NP_MEASURE_LOSES] = { "loses", scans_per_minute, false },
};

#define MEASURES (sizeof(measures) / sizeof(measures[0]))
#define TESTS_MOST (sizeof(uint64_t) * 8 * MEASURES) /* of readers, which are bits */

const char *np_measure_name(enum np_measure_kind kind)
{
	return measures[kind].name;
}

/* The numbers of all windows of one reader; 0 where one of them is not known. */
static size_t collect(const struct np_experiment *experiment, const char *reader, const struct measure *measure,
		      double ret[NP_ROUNDS_MOST])
{
	size_t count = 0;

	for (size_t i = 0; i < experiment->window_count && count < NP_ROUNDS_MOST; i++) {
		const struct np_trial *window = &experiment->windows[i];

		if (strcmp(window->reader, reader) == 0 && !measure->number(window, &ret[count++]))
			return 0;
	}
	return count;
}

/* The balancer came by, as far as that shows: it finished a pass, or left hints. Faults may be of any other kind. */
static bool is_scanned(const struct np_trial *window)
{
	return (window->scans.known && window->scans.value > 0) || window->hints_after > window->hints_before;
}

/* In how many windows of a reader. */
static size_t scanned_windows(const struct np_experiment *experiment, const char *reader)
{
	size_t count = 0;

	for (size_t i = 0; i < experiment->window_count; i++)
		count += strcmp(experiment->windows[i].reader, reader) == 0 && is_scanned(&experiment->windows[i]);
	return count;
}

static size_t windows_of(const struct np_experiment *experiment, const char *reader)
{
	size_t count = 0;

	for (size_t i = 0; i < experiment->window_count; i++)
		count += strcmp(experiment->windows[i].reader, reader) == 0;
	return count;
}

/* Whether an effect that shows in so many windows of a group, and in no other window, is found at this level. */
static bool can_show(size_t shown, size_t count, size_t other_count, double level)
{
	double numbers[NP_ROUNDS_MOST] = { 0 };
	static const double others[NP_ROUNDS_MOST];

	for (size_t i = 0; i < shown; i++)
		numbers[i] = 1;
	return np_permutation_more_p(numbers, count, others, other_count) <= level;
}

/* Where the balancer did not come by, nothing could have been caused or lost. NULL: it came by often enough. */
static const char *why_not_scanned(const struct np_experiment *experiment, const struct np_effect_test *test,
				   double level)
{
	/* What it causes would show in its own windows, what it loses in those of the control. */
	const char *where = test->kind == NP_MEASURE_CAUSES ? test->reader : test->control;
	const char *other = test->kind == NP_MEASURE_CAUSES ? test->control : test->reader;

	if (can_show(scanned_windows(experiment, where), windows_of(experiment, where), windows_of(experiment, other), level))
		return NULL;
	return N_("the balancer came by too rarely in these windows; more --rounds may tell");
}

static bool has_run(const struct np_experiment *experiment)
{
	for (size_t i = 0; i < experiment->window_count; i++)
		if (!experiment->windows[i].run_ns.known || experiment->windows[i].run_ns.value > 0)
			return true;
	return false;
}

static double worse_p(const struct np_effect_test *test)
{
	return measures[test->kind].more_is_worse ? test->difference.more_p : test->difference.less_p;
}

/* The control has only so much to lose. NULL: the loss of all of it would have been seen. */
static const char *why_not_lost(const struct np_effect_test *test)
{
	if (measures[test->kind].more_is_worse || isinf(test->detectable) || test->detectable < test->difference.without_mean)
		return NULL;
	return N_("not even the loss of all would have been seen; more --rounds may tell");
}

/* Why nothing was seen where there may be something. NULL: it would have been seen. */
static const char *why_unseen(const struct np_experiment *experiment, const struct np_effect_test *test, double level)
{
	const char *why = test->kind == NP_MEASURE_STALLS ? NULL : why_not_scanned(experiment, test, level);

	return why ? why : why_not_lost(test);
}

static double detectable(const struct np_experiment *experiment, const struct np_effect_test *test, double level)
{
	const struct measure *measure = &measures[test->kind];
	double with[NP_ROUNDS_MOST], without[NP_ROUNDS_MOST];
	size_t with_count = collect(experiment, test->reader, measure, with);
	size_t without_count = collect(experiment, test->control, measure, without);

	return np_detectable(with, with_count, without, without_count, measure->more_is_worse, level);
}

static void judge(const struct np_experiment *experiment, struct np_effect_test *test, size_t family)
{
	double level = NP_ALPHA / (double)family;

	test->found = NP_EFFECT_NOT_TESTED;
	test->detectable = detectable(experiment, test, level);
	if (test->difference.least_p / 2 * (double)family > NP_ALPHA)
		test->reason = N_("too few rounds to tell anything from chance");
	else if (test->adjusted_p <= NP_ALPHA)
		test->found = NP_EFFECT_YES;
	else if (worse_p(test) <= (1 - NP_CONFIDENCE) / 2) /* the interval that is shown holds no 0 */
		test->reason = N_("it may be chance; more --rounds may tell");
	else
		test->reason = why_unseen(experiment, test, level);
	if (!test->reason && test->found != NP_EFFECT_YES)
		test->found = NP_EFFECT_NO;
}

/* NULL: there is something that could happen. */
static const char *why_untestable(const struct np_experiment *experiment, enum np_measure_kind kind)
{
	if (!has_run(experiment))
		return N_("the process did not run");
	if (kind != NP_MEASURE_STALLS && experiment->balancing_off)
		return N_("NUMA balancing is off");
	return NULL;
}

static void test_one(const struct np_experiment *experiment, const char *reader, const char *control,
		     enum np_measure_kind kind, struct np_effect_test *ret)
{
	double with[NP_ROUNDS_MOST], without[NP_ROUNDS_MOST];
	size_t with_count = collect(experiment, reader, &measures[kind], with);
	size_t without_count = collect(experiment, control, &measures[kind], without);

	*ret = (struct np_effect_test){ .reader = reader, .control = control, .kind = kind, .adjusted_p = 1,
					.detectable = INFINITY, .found = NP_EFFECT_NOT_TESTED };
	ret->reason = why_untestable(experiment, kind);
	if (with_count && without_count)
		np_permutation_test(with, with_count, without, without_count, &ret->difference);
	else if (!ret->reason)
		ret->reason = N_("the kernel does not tell");
}

/*
 * All effects of all readers on a target count as one family, since one of them makes the exit status: of many, chance
 * would find something in one. The control, whose findings make none, is judged by itself.
 */
static void correct(struct np_experiment *experiment)
{
	struct np_effect_test *family[TESTS_MOST];
	double p[TESTS_MOST] = { 0 }, adjusted[TESTS_MOST] = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < experiment->test_count; i++) {
		struct np_effect_test *test = &experiment->tests[i];

		if (test->reason)
			continue;
		if (is_reader(test->reader)) {
			p[count] = worse_p(test);
			family[count++] = test;
		} else {
			test->adjusted_p = worse_p(test);
			judge(experiment, test, 1);
		}
	}
	np_holm(p, count, adjusted);
	for (size_t i = 0; i < count; i++) {
		family[i]->adjusted_p = adjusted[i];
		judge(experiment, family[i], count);
	}
}

int np_experiment_analyse(struct np_experiment *experiment, uint64_t readers)
{
	size_t most = MEASURES * (size_t)(1 + __builtin_popcountll(readers));

	experiment->tests = calloc(most, sizeof(*experiment->tests));
	if (!experiment->tests)
		return -ENOMEM;
	for (size_t kind = 0; kind < MEASURES; kind++) {
		for (const struct np_reader *reader = np_readers; reader->name; reader++)
			if (reader->kind != NP_READER_CONTROL && readers & 1ULL << (reader - np_readers))
				test_one(experiment, reader->name, "busy", (enum np_measure_kind)kind,
					 &experiment->tests[experiment->test_count++]);
		test_one(experiment, "busy", "none", (enum np_measure_kind)kind,
			 &experiment->tests[experiment->test_count++]);
	}
	correct(experiment);
	return 0;
}

void np_experiment_free(struct np_experiment *experiment)
{
	if (!experiment)
		return;
	free(experiment->windows);
	free(experiment->tests);
	free(experiment);
}

/* What --compare saw of a target that happened to be stopped is not a question of --experiment. */
static bool found_in(const struct np_target *target)
{
	const struct np_experiment *experiment = target->experiment;

	for (size_t i = 0; i < target->read_effect_count; i++)
		if (target->read_effects[i].stopped && target->read_effects[i].clears == NP_EFFECT_YES)
			return true;
	for (size_t i = 0; experiment && i < experiment->test_count; i++)
		if (experiment->tests[i].found == NP_EFFECT_YES && is_reader(experiment->tests[i].reader))
			return true;
	return false;
}

bool np_experiment_found(const struct np_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->target_count; i++)
		if (found_in(&snapshot->targets[i]))
			return true;
	return false;
}
