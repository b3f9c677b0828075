// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Causes: does reading make the balancer hint pages that it would have left alone? It leaves the local pages of a
 * process of one thread alone, and takes one for multi-threaded while somebody holds its address space (mm_users;
 * change_pte_range(), mm/mprotect.c). So: fresh processes of one thread with local memory, each up to its first scan,
 * with a reader or without, in turns; then new hints are counted, and the faults of touching everything.
 *
 * Stalls and loses: the same with a second thread that maps and unmaps. It waits for the mmap lock that readers hold;
 * and while it waits, a scan of the balancer finds no lock either and is given up (task_numa_work()).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "i18n.h"

#define PAGES 16384	     /* 64 MiB: long enough a read, short enough a scan */
#define FIRST_LIMIT_NS 3000000000ULL
#define FIRST_ATTEMPTS 4     /* a scan that takes long puts the next one off for 32 times as long */
#define SHORT_NS 250000000ULL /* for waits alone, where no scan is to be had */
#define SEEN_P 0.05	     /* a difference that chance makes more often is none */
#define LOST_ANYWAY 0.75     /* more scans lost than that without a reader, and a reader can't be seen losing any */
#define READERS_MOST 16

/* All windows of an effect. Readers first, then the controls: alone, and beside a process that only burns. */
struct series {
	struct np_checker *checker;
	struct np_window window; /* what all have in common */
	const char *readers[READERS_MOST];
	size_t reader_count;
	struct np_samples by[READERS_MOST];
	int errors[READERS_MOST]; /* not 0: the reader can't be tested, and why */
};

static const char *const controls[] = { "none", "busy" };
#define CONTROLS (sizeof(controls) / sizeof(controls[0]))

static void series_free(struct series *series)
{
	for (size_t i = 0; i < READERS_MOST; i++)
		free(series->by[i].samples);
}

static void series_init(struct series *series, struct np_checker *checker, enum np_subject_command command)
{
	*series = (struct series){ .checker = checker, .window = { .command = command, .pages = PAGES } };
	for (size_t i = 0; i < CONTROLS; i++)
		series->readers[series->reader_count++] = controls[i];
	for (const char *const *reader = np_check_disturbers; *reader; reader++)
		series->readers[series->reader_count++] = *reader;
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
		if (!result && (!ret->scans.known || ret->scans.value > 0))
			break;
	}
	return result;
}

/*
 * How much processor time it takes to the first scan, whatever this machine's settings. All windows get some more.
 * 0 and *ret_scanned, or an error.
 */
static int find_length(struct series *series, bool *ret_scanned, uint64_t *ret_cpu_ns)
{
	struct np_check_sample sample;
	int result = run_first(series, &sample);

	if (result)
		return result;
	*ret_cpu_ns = (uint64_t)sample.cpu_ns.value;
	*ret_scanned = !sample.scans.known || sample.scans.value > 0;
	/* Where scans can't be seen, the default settings are taken to hold: the first after a second. */
	series->window.limit_ns = sample.scans.known && *ret_scanned ? *ret_cpu_ns + *ret_cpu_ns / 2 :
								       FIRST_LIMIT_NS / 2;
	return 0;
}

static int run_round(struct series *series, unsigned round, const char *what)
{
	for (size_t i = 0; i < series->reader_count; i++) {
		struct np_window window = series->window;
		struct np_check_sample sample;
		/* Each round starts with another reader, so that no order is always the same. */
		size_t at = (i + (size_t)round * 5) % series->reader_count;
		int result;

		if (series->errors[at])
			continue;
		np_check_step(series->checker, _("%s, round %u of %u: %s"), what, round + 1, series->checker->rounds,
			      series->readers[at]);
		window.reader = series->readers[at];
		window.round = round;
		result = np_window_run(series->checker, &window, &sample);
		if (result == -ENOMEM)
			return result;
		if (result)
			series->errors[at] = result;
		else if (np_samples_add(&series->by[at], &sample) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int run_rounds(struct series *series, const char *what)
{
	int result = 0;

	for (unsigned round = 0; round < series->checker->rounds && !result; round++)
		result = run_round(series, round, what);
	return result;
}

/* One number of each sample; -1: that sample doesn't have it. */
typedef double (*measure)(const struct np_check_sample *sample);

static size_t take_numbers(const struct np_samples *samples, measure of, double *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < samples->count && count < 32; i++) {
		double number = of(&samples->samples[i]);

		if (number >= 0)
			ret[count++] = number;
	}
	return count;
}

/* What a reader is compared with: both controls, unless it is one of them; then the other. */
static size_t take_controls(const struct series *series, size_t reader, measure of, double *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < CONTROLS; i++)
		if (i != reader)
			count += take_numbers(&series->by[i], of, ret + count);
	return count;
}

static double hinted_share(const struct np_check_sample *sample)
{
	const struct np_fact *pages = sample->hints.known ? &sample->hints : &sample->faults;

	return pages->known ? (double)(pages->value < PAGES ? pages->value : PAGES) / PAGES : -1;
}

static double mean_wait_ns(const struct np_check_sample *sample)
{
	return sample->maps.known && sample->maps.value ? (double)sample->wait_ns.value / (double)sample->maps.value : -1;
}

/* A scan that came to nothing: the second thread makes this process one whose local pages are hinted. */
static double lost_share(const struct np_check_sample *sample)
{
	double share = hinted_share(sample);

	return share < 0 ? -1 : share > 0.5 ? 0 : 1;
}

struct judging {
	enum np_check_effect effect;
	measure of;
	bool ratio; /* the size is a ratio to the controls, not a share */
	double least; /* a size below is none, whatever its p */
};

static int keep_samples(struct np_check_test *test, const struct np_samples *samples)
{
	if (!samples->count)
		return 0;
	test->samples = malloc(samples->count * sizeof(*test->samples));
	if (!test->samples)
		return -ENOMEM;
	memcpy(test->samples, samples->samples, samples->count * sizeof(*test->samples));
	test->sample_count = samples->count;
	return 0;
}

/* By the test and by the interval: neither alone is to make a finding of a few windows. */
static bool is_seen(const struct np_estimate *size, const struct judging *judging)
{
	return size->p <= SEEN_P && size->value >= judging->least && size->low > (judging->ratio ? 1 : 0);
}

static int judge(const struct series *series, size_t reader, const struct judging *judging)
{
	struct np_check_test *test =
		np_check_add(series->checker->check, judging->effect, series->readers[reader], NP_MEMORY_ANY);
	double numbers[64], alone[64];
	size_t count = take_numbers(&series->by[reader], judging->of, numbers);
	size_t alone_count = take_controls(series, reader, judging->of, alone);

	if (!test || keep_samples(test, &series->by[reader]) < 0)
		return -ENOMEM;
	if (series->errors[reader])
		return np_check_no_reader(series->checker, test, series->errors[reader]);
	test->estimate = judging->ratio ? np_estimate_ratio(numbers, count, alone, alone_count) :
					  np_estimate_share(numbers, count);
	if (!test->estimate.known || !alone_count)
		return np_check_unknown(test, "%s", N_("too few windows; more --rounds would make it known"));
	test->estimate.p = np_permutation_p(numbers, count, alone, alone_count);
	test->result = is_seen(&test->estimate, judging) ? NP_CHECK_COSTS : NP_CHECK_PASSES;
	return 0;
}

static int judge_all(const struct series *series, const struct judging *judging)
{
	int result = 0;

	for (size_t i = 0; i < series->reader_count && !result; i++)
		if (strcmp(series->readers[i], "none") != 0)
			result = judge(series, i, judging);
	return result;
}

/* The mean over the windows of both controls. */
static double mean_of_controls(const struct series *series, measure of)
{
	double numbers[64], sum = 0;
	size_t count = take_controls(series, READERS_MOST, of, numbers);

	for (size_t i = 0; i < count; i++)
		sum += numbers[i];
	return count ? sum / (double)count : 0;
}

static int run_causes(struct np_checker *checker, struct series *series)
{
	static const struct judging judging = { NP_CHECK_CAUSES, hinted_share, false, 0.01 };
	bool scanned;
	uint64_t cpu_ns;
	int result = find_length(series, &scanned, &cpu_ns);

	if (!result && !scanned)
		checker->why_no_hints = np_why_not_hinted(checker, cpu_ns);
	if (!result && checker->why_no_hints)
		return np_check_all_unknown(checker, NP_CHECK_CAUSES, checker->why_no_hints);
	series->window.scans = 1;
	if (!result)
		result = run_rounds(series, _("does reading make hints"));
	if (result)
		return result;
	if (mean_of_controls(series, hinted_share) > 0.5)
		return np_check_all_unknown(checker, NP_CHECK_CAUSES,
					    N_("the balancer hints this memory without any reader too"));
	return judge_all(series, &judging);
}

int np_check_causes(struct np_checker *checker)
{
	struct series series;
	int result;

	if (checker->why_no_hints)
		return np_check_all_unknown(checker, NP_CHECK_CAUSES, checker->why_no_hints);
	if (checker->reader_cpu < 0)
		return np_check_all_unknown(checker, NP_CHECK_CAUSES, N_("it takes two CPUs to tell"));
	series_init(&series, checker, NP_SUBJECT_BURN);
	result = run_causes(checker, &series);
	series_free(&series);
	return result;
}

static void forget_samples(struct series *series)
{
	for (size_t i = 0; i < series->reader_count; i++) {
		free(series->by[i].samples);
		series->by[i] = (struct np_samples){ 0 };
	}
}

/* Where most scans come to nothing without a reader too, windows are too short for this machine: longer ones, once. */
static int run_long_enough(struct series *series, bool scanned)
{
	const char *what = _("does reading stall");
	int result = run_rounds(series, what);

	if (result || !scanned || mean_of_controls(series, lost_share) <= LOST_ANYWAY)
		return result;
	forget_samples(series);
	series->window.limit_ns *= 3;
	return run_rounds(series, what);
}

static int run_stalls(struct np_checker *checker, struct series *series)
{
	static const struct judging waits = { NP_CHECK_STALLS, mean_wait_ns, true, 1.5 };
	static const struct judging losses = { NP_CHECK_LOSES, lost_share, false, 0.01 };
	bool scanned = false;
	uint64_t cpu_ns;
	int result = checker->why_no_hints ? 0 : find_length(series, &scanned, &cpu_ns);

	series->window.scans = UINT64_MAX; /* as long as it takes, and not shorter where a scan succeeds */
	if (!scanned)
		series->window.limit_ns = SHORT_NS;
	if (!result)
		result = run_long_enough(series, scanned);
	if (!result)
		result = judge_all(series, &waits);
	if (result)
		return result;
	if (checker->why_no_hints)
		return np_check_all_unknown(checker, NP_CHECK_LOSES, checker->why_no_hints);
	if (mean_of_controls(series, lost_share) > LOST_ANYWAY)
		return np_check_all_unknown(checker, NP_CHECK_LOSES,
					    N_("most scans are lost without any reader too; a less busy machine might "
					      "make it known"));
	return judge_all(series, &losses);
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
