// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Causes: does reading make the balancer hint pages that it would have left alone? It leaves the local pages of a
 * process of one thread alone, and takes one for multi-threaded while somebody holds its address space (mm_users;
 * change_pte_range(), mm/mprotect.c). So: fresh processes of one thread with local memory, each up to its first scan,
 * with a reader or without, in random order; then new hints are counted, and the faults of touching everything.
 *
 * Stalls and loses: the same with a second thread that maps and unmaps. It waits for the mmap lock that readers hold;
 * and while it waits, a scan of the balancer finds no lock either and is given up (task_numa_work()).
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "check_find.h"
#include "check_run.h"
#include "i18n.h"

#define PAGES 16384	     /* 64 MiB: long enough a read, short enough a scan */
#define FIRST_LIMIT_NS 3000000000ULL
#define FIRST_ATTEMPTS 4     /* a scan that takes long puts the next one off for 32 times as long */
#define SHORT_NS 250000000ULL /* for waits alone, where no scan is to be had */

/* All windows of an effect. The controls come first: alone, and beside a process that only burns. */
struct series {
	struct np_checker *checker;
	struct np_window window; /* what all have in common */
	const char *readers[NP_FINDING_GROUPS_MOST];
	size_t reader_count;
	struct np_samples by[NP_FINDING_GROUPS_MOST];
	int errors[NP_FINDING_GROUPS_MOST]; /* not 0: the reader can't be tested, and why */
	bool settled[NP_FINDING_GROUPS_MOST]; /* more windows would not tell more */
	uint64_t chance;
	bool switched_off; /* the balancer, while windows ran: they say nothing of hints and scans */
};

static const char *const controls[] = { "none", "busy" };
#define CONTROLS (sizeof(controls) / sizeof(controls[0]))
_Static_assert(CONTROLS == NP_CONTROL_GROUPS, "they are the first groups");

static void series_free(struct series *series)
{
	for (size_t i = 0; i < NP_FINDING_GROUPS_MOST; i++)
		free(series->by[i].samples);
}

static void series_init(struct series *series, struct np_checker *checker, enum np_subject_command command)
{
	*series = (struct series){ .checker = checker, .window = { .command = command, .pages = PAGES },
				   .chance = np_chance_seed() };
	for (size_t i = 0; i < CONTROLS; i++)
		series->readers[series->reader_count++] = controls[i];
	for (const char *const *reader = np_check_disturbers; *reader; reader++)
		series->readers[series->reader_count++] = *reader;
}

/* Where the balancer did not come by, nothing could be hinted, with a reader or without: that window says nothing. */
static bool is_scanned(const struct np_check_sample *sample)
{
	return !sample->scans.known || sample->scans.value > 0;
}

/* A window alone, up to the first scan. */
static int run_first(struct series *series, struct np_check_sample *ret)
{
	struct np_window window = series->window;
	int result = 0;

	window.reader = controls[0];
	window.scans = 1;
	window.limit_ns = FIRST_LIMIT_NS;
	for (int i = 0; i < FIRST_ATTEMPTS && !result; i++) {
		result = np_window_run(series->checker, &window, ret);
		if (!result && is_scanned(ret))
			break;
	}
	return result;
}

/*
 * How much processor time it takes to the first scan, whatever this machine's settings; once for all windows. 0 and
 * *ret_scanned, or an error. Where scans can't be seen, the default settings are taken to hold: after a second.
 */
static int find_scan(struct series *series, bool *ret_scanned, uint64_t *ret_cpu_ns)
{
	struct np_check_sample sample;
	int result = run_first(series, &sample);

	if (result)
		return result;
	*ret_cpu_ns = (uint64_t)sample.cpu_ns.value;
	*ret_scanned = is_scanned(&sample);
	if (*ret_scanned)
		series->checker->scan_cpu_ns = sample.scans.known ? *ret_cpu_ns : FIRST_LIMIT_NS / 3;
	return 0;
}

/* Once more where a window is for a scan, and none came. */
static int run_window(struct series *series, const struct np_window *window, struct np_check_sample *ret)
{
	int result = np_window_run(series->checker, window, ret);

	if (!result && window->scans == 1 && !is_scanned(ret))
		result = np_window_run(series->checker, window, ret);
	return result;
}

static int run_reader(struct series *series, size_t reader, unsigned round, const char *what)
{
	struct np_window window = series->window;
	struct np_check_sample sample;
	int result;

	if (series->errors[reader] || series->settled[reader])
		return 0;
	np_check_step(series->checker, _("%s, round %u: %s"), what, round + 1, series->readers[reader]);
	window.reader = series->readers[reader];
	window.round = round;
	result = run_window(series, &window, &sample);
	if (!result)
		return np_samples_add(&series->by[reader], &sample);
	series->errors[reader] = result;
	return result == -ENOMEM ? result : 0;
}

/* All readers and controls, in random order. */
static int run_round(struct series *series, unsigned round, const char *what)
{
	size_t order[NP_FINDING_GROUPS_MOST];
	int result = 0;

	for (size_t i = 0; i < series->reader_count; i++)
		order[i] = i;
	np_chance_draw(order, series->reader_count, series->reader_count, &series->chance);
	for (size_t i = 0; i < series->reader_count && !result; i++)
		result = run_reader(series, order[i], round, what);
	return result;
}

/* Without the balancer there is nothing to see for those who wait for a scan; others have waits to measure. */
static bool is_in_vain(const struct series *series)
{
	return series->switched_off && series->window.scans == 1;
}

static int run_rounds(struct series *series, unsigned first, const char *what)
{
	int result = 0;

	for (unsigned i = 0; i < series->checker->rounds && !result && !is_in_vain(series); i++) {
		result = run_round(series, first + i, what);
		series->switched_off |= !series->checker->why_no_hints && !np_check_is_balancing(series->checker);
	}
	return result;
}

/* One number of each sample; -1: that sample doesn't have it. */
typedef double (*measure)(const struct np_check_sample *sample);

static double share_of_pages(const struct np_check_sample *sample)
{
	const struct np_fact *pages = sample->hints.known ? &sample->hints : &sample->faults;

	return pages->known ? (double)(pages->value < PAGES ? pages->value : PAGES) / PAGES : -1;
}

static double hinted_share(const struct np_check_sample *sample)
{
	return is_scanned(sample) ? share_of_pages(sample) : -1;
}

static double mean_wait_ns(const struct np_check_sample *sample)
{
	return sample->maps.known && sample->maps.value ? (double)sample->wait_ns.value / (double)sample->maps.value : -1;
}

/* A scan that came to nothing: the second thread makes this process one whose local pages are hinted. */
static double lost_share(const struct np_check_sample *sample)
{
	double share = share_of_pages(sample);

	return share < 0 ? -1 : share > 0.5 ? 0 : 1;
}

struct judging {
	enum np_check_effect effect;
	measure of;
	struct np_finding_rule rule;
	double controls_most; /* where the controls have more of it already, readers can't be told from them */
	const char *why_not;  /* then */
};

static const struct judging hints_made = {
	NP_CHECK_CAUSES, hinted_share, { .found_from = 0.01, .none_below = 0.01 }, 0.5,
	N_("the balancer hints this memory without any reader too"),
};
static const struct judging waits = {
	NP_CHECK_STALLS, mean_wait_ns, { .ratio = true, .found_from = 1.5, .none_below = 1.5 }, HUGE_VAL, NULL,
};
static const struct judging losses = {
	NP_CHECK_LOSES, lost_share, { .found_from = 0.01, .none_below = 0.1 }, 0.75,
	N_("most scans are lost without any reader too; a less busy machine might make it known"),
};

static void take_group(const struct np_samples *samples, measure of, struct np_finding_group *ret)
{
	ret->count = 0;
	for (size_t i = 0; i < samples->count && ret->count < sizeof(ret->numbers) / sizeof(ret->numbers[0]); i++) {
		double number = of(&samples->samples[i]);

		if (number < 0)
			continue;
		ret->rounds[ret->count] = samples->samples[i].round;
		ret->numbers[ret->count++] = number;
	}
}

/* This kernel shows them; without SCHED_DEBUG it does not, and every window counts as one that was scanned. */
static bool are_scans_known(const struct series *series)
{
	for (size_t i = 0; i < series->reader_count; i++)
		for (size_t k = 0; k < series->by[i].count; k++)
			if (series->by[i].samples[k].scans.known)
				return true;
	return false;
}

/* NULL: the windows can tell something, and groups has the findings; or why not. */
static const char *find(const struct series *series, const struct judging *judging, struct np_finding_group *groups)
{
	for (size_t i = 0; i < series->reader_count; i++)
		take_group(&series->by[i], judging->of, &groups[i]);
	if (np_find_controls_mean(groups) > judging->controls_most)
		return judging->why_not;
	if (judging->effect == NP_CHECK_CAUSES && !are_scans_known(series) &&
	    !np_find_any(groups, series->reader_count, &judging->rule))
		return N_("no hint was seen with any reader, and this kernel does not show whether the balancer came by; "
			  "one with CONFIG_SCHED_DEBUG would make it known");
	np_find_effects(groups, series->reader_count, &judging->rule);
	return NULL;
}

/* Which readers have an open finding; the controls go on beside them. Whether there is one. */
static bool find_open(struct series *series, const struct judging *const *judgings)
{
	struct np_finding_group groups[NP_FINDING_GROUPS_MOST] = { 0 };
	bool any = false;

	for (size_t i = 0; i < series->reader_count; i++)
		series->settled[i] = i >= CONTROLS;
	for (; *judgings; judgings++) {
		if (find(series, *judgings, groups))
			continue;
		for (size_t i = 1; i < series->reader_count; i++)
			if (groups[i].finding == NP_FINDING_OPEN) {
				series->settled[i] = false;
				any = true;
			}
	}
	return any;
}

/* Rounds of all readers, and then of those of which nothing is found and something was seen. */
static int run_looks(struct series *series, const struct judging *const *judgings, const char *what)
{
	size_t rounds = series->checker->rounds;
	int result = run_rounds(series, 0, what);

	for (size_t look = 1; !result && look < NP_LOOKS_MOST && !is_in_vain(series); look++) {
		if ((look + 1) * rounds > NP_GROUP_MOST / CONTROLS || !find_open(series, judgings))
			break;
		for (size_t i = 0; i < series->reader_count; i++)
			series->checker->steps += series->settled[i] ? 0 : rounds;
		result = run_rounds(series, (unsigned)(look * rounds), what);
	}
	return result;
}

static int keep_samples(struct np_check_test *test, const struct np_samples *samples)
{
	struct np_check_sample *more;

	if (!samples->count)
		return 0;
	more = reallocarray(test->samples, test->sample_count + samples->count, sizeof(*more));
	if (!more)
		return -ENOMEM;
	memcpy(more + test->sample_count, samples->samples, samples->count * sizeof(*more));
	test->samples = more;
	test->sample_count += samples->count;
	return 0;
}

/* Those of the first control, which has no test of its own, are kept with the test of the other: see np_check_sample. */
static int keep_all_samples(struct np_check_test *test, const struct series *series, size_t reader)
{
	int result = keep_samples(test, &series->by[reader]);

	return result || reader != CONTROLS - 1 ? result : keep_samples(test, &series->by[0]);
}

static int tell(struct np_check_test *test, const struct np_finding_group *group)
{
	if (group->finding == NP_FINDING_TOO_FEW)
		return np_check_unknown(test, "%s", N_("too few windows; more --rounds would make it known"));
	test->estimate = group->size;
	if (group->finding == NP_FINDING_OPEN)
		return np_check_unknown(test, "%s", N_("there is a difference, but chance may have made it; more --rounds, "
						       "or a less busy machine, might make it known"));
	test->result = group->finding == NP_FINDING_FOUND ? NP_CHECK_COSTS : NP_CHECK_PASSES;
	return 0;
}

static int judge_reader(const struct series *series, size_t reader, const struct judging *judging,
			const struct np_finding_group *group)
{
	struct np_check_test *test =
		np_check_add(series->checker->check, judging->effect, series->readers[reader], NP_MEMORY_ANY);

	if (!test || keep_all_samples(test, series, reader) < 0)
		return -ENOMEM;
	return series->errors[reader] ? np_check_no_reader(series->checker, test, series->errors[reader]) :
					tell(test, group);
}

static int judge_all(const struct series *series, const struct judging *judging)
{
	struct np_finding_group groups[NP_FINDING_GROUPS_MOST] = { 0 };
	const char *why = find(series, judging, groups);
	int result = 0;

	if (why)
		return np_check_all_unknown(series->checker, judging->effect, why);
	for (size_t i = 1; i < series->reader_count && !result; i++)
		result = judge_reader(series, i, judging, &groups[i]);
	return result;
}

static int run_causes(struct np_checker *checker, struct series *series)
{
	static const struct judging *const judgings[] = { &hints_made, NULL };
	bool scanned;
	uint64_t cpu_ns;
	int result = find_scan(series, &scanned, &cpu_ns);

	if (!result && !scanned)
		checker->why_no_hints = np_why_not_hinted(checker, cpu_ns);
	if (!result && checker->why_no_hints)
		return np_check_all_unknown(checker, NP_CHECK_CAUSES, checker->why_no_hints);
	series->window.scans = 1;
	series->window.limit_ns = checker->scan_cpu_ns * 3 / 2;
	if (!result)
		result = run_looks(series, judgings, _("does reading make hints"));
	if (result)
		return result;
	if (series->switched_off)
		return np_check_all_unknown(checker, NP_CHECK_CAUSES, np_check_switched_off());
	return judge_all(series, &hints_made);
}

static const char *two_cpus(void)
{
	return N_("it takes two CPUs to tell, one for the process and one for the reader");
}

int np_check_causes(struct np_checker *checker)
{
	struct series series;
	int result;

	if (checker->why_no_hints)
		return np_check_all_unknown(checker, NP_CHECK_CAUSES, checker->why_no_hints);
	if (checker->reader_cpu < 0)
		return np_check_all_unknown(checker, NP_CHECK_CAUSES, two_cpus());
	series_init(&series, checker, NP_SUBJECT_BURN);
	result = run_causes(checker, &series);
	series_free(&series);
	return result;
}

/*
 * Windows take as much processor time as it takes to the first scan and a little more, whether that scan comes to
 * nothing or not: the waits of all are to be counted for as long.
 */
static int run_stalls(struct np_checker *checker, struct series *series)
{
	const struct judging *const judgings[] = { &waits, checker->scan_cpu_ns ? &losses : NULL, NULL };
	const char *why = checker->why_no_hints;
	int result;

	series->window.scans = UINT64_MAX;
	series->window.limit_ns = checker->scan_cpu_ns ? checker->scan_cpu_ns * 5 / 4 : SHORT_NS;
	result = run_looks(series, judgings, _("does reading stall"));
	if (!result)
		result = judge_all(series, &waits);
	if (!why && series->switched_off)
		why = np_check_switched_off();
	else if (!why && !checker->scan_cpu_ns)
		why = two_cpus();
	if (result)
		return result;
	return why ? np_check_all_unknown(checker, NP_CHECK_LOSES, why) : judge_all(series, &losses);
}

int np_check_stalls(struct np_checker *checker)
{
	struct series series;
	int result;

	series_init(&series, checker, NP_SUBJECT_CHURN);
	result = run_stalls(checker, &series);
	series_free(&series);
	return result;
}
