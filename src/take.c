// SPDX-License-Identifier: GPL-2.0-or-later
/* Targets, one after the other, through one walker. */
#include "take.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config.h"

#include "check_run.h"
#include "compare.h"
#include "experiment.h"
#include "files.h"
#include "measure.h"
#include "quickcheck.h"
#include "select.h"
#include "system.h"

static int set_header(struct np_snapshot *snapshot)
{
	char text[32];
	time_t now = time(NULL);
	struct tm utc;

	if (!gmtime_r(&now, &utc) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc))
		return -EOVERFLOW;
	snapshot->taken = strdup(text);
	snapshot->version = strdup(PACKAGE_VERSION);
	return snapshot->taken && snapshot->version ? 0 : -ENOMEM;
}

/* The walker where it can serve; otherwise the reason why not. */
static int choose_source(const struct np_options *options, struct np_walker *walker, int walker_error,
			 struct np_measure *measure, char **ret_why)
{
	char *why = NULL;

	*ret_why = NULL;
	if (options->source == NP_SOURCE_PAGEMAP)
		return 0;
	if (walker && np_walker_wait(walker, &measure->space_end, &why) == 0) {
		measure->walker = walker;
		measure->team = (struct np_team){ { walker }, 1, options->walkers };
		return 0;
	}
	if (!walker && asprintf(&why, "numaprobe-walk: %s",
				walker_error == ENOTSUP ? "built without BPF" : strerror(walker_error)) < 0)
		why = NULL;
	if (!why)
		return -ENOMEM;
	*ret_why = why;
	measure->why_no_walker = why;
	return 0;
}

void np_take_nothing(struct np_snapshot *snapshot)
{
	if (!snapshot->problem_count)
		np_problem_add(snapshot, "/proc", "find", 0,
			       "none of these processes has memory: they have ended, or are kernel threads");
}

static int take_targets(const struct np_options *options, pid_t walker_pid, struct np_measure *measure)
{
	struct np_selection selection = { 0 };
	int result = np_select(options, measure->root_fd, walker_pid, measure->snapshot, &selection);

	for (size_t i = 0; !result && i < selection.count; i++) {
		measure->only_with_memory = !selection.selected[i].named;
		result = np_measure_target(measure, selection.selected[i].pid);
	}
	np_selection_free(&selection);
	if (!result && !measure->snapshot->target_count)
		np_take_nothing(measure->snapshot);
	return result;
}

static int compare_targets(const struct np_options *options, struct np_measure *measure)
{
	struct np_progress progress;
	struct np_compare compare = { measure, options->compare_readers, options->vmas, np_lag_test(measure->root_fd),
				      &progress };
	int result = 0;

	np_progress_start(&progress, options->quiet);
	for (size_t i = 0; i < measure->snapshot->target_count && !result; i++)
		result = np_compare_target(&compare, &measure->snapshot->targets[i]);
	np_progress_end(&progress);
	return result;
}

static int experiment_on_targets(const struct np_options *options, struct np_measure *measure)
{
	struct np_progress progress;
	struct np_experiment_plan plan = { measure, options->experiment, options->rounds, options->freeze, &progress };
	int result = 0;

	np_progress_start(&progress, options->quiet);
	for (size_t i = 0; i < measure->snapshot->target_count && !result; i++)
		result = np_experiment_target(&plan, &measure->snapshot->targets[i]);
	np_progress_end(&progress);
	return result;
}

/* --check-kernel: no targets, but children. */
static int check_kernel(const struct np_options *options, struct np_measure *measure)
{
	struct np_kernel_check *check = np_check_create();
	struct np_progress progress;
	struct np_checker checker = {
		.root_fd = measure->root_fd, .system = &measure->snapshot->system,
		.walker = measure->walker, .space_end = measure->space_end, .why_no_walker = measure->why_no_walker,
		.check = check, .progress = &progress, .rounds = options->rounds,
		.with_kvm = options->with_kvm, .quick = options->quick,
	};

	measure->snapshot->kernel_check = check;
	if (!check)
		return -ENOMEM;
	if (!checker.walker && !checker.why_no_walker)
		checker.why_no_walker = "page tables were not to be read (--source pagemap)";
	check->strict = options->strict;
	np_progress_start(&progress, options->quiet);
	return np_check_run(&checker);
}

/* --source bpf: nothing else will do. */
static void refuse_other_source(struct np_snapshot *snapshot, const char *why)
{
	np_problem_add(snapshot, "--source bpf", "start", 0, "%s", why);
}

int np_take_prepare(const struct np_options *options, struct np_walker *walker, int walker_error,
		    struct np_snapshot *snapshot, struct np_taking *ret, char **ret_error)
{
	struct np_taking taking = {
		.root_fd = -1,
		.measure = {
			.snapshot = snapshot,
			.want_mappings = options->vmas || options->report || options->map || options->svg ||
					 options->explain,
			.want_threads = options->threads || options->report,
			.want_placement = options->threads || options->report || options->explain,
			.want_grains = options->map || options->svg || options->report,
			.want_numa_maps = np_options_need_numa_maps(options),
			.range_start = options->range_start,
			.range_end = options->range_end,
		},
	};
	int result = set_header(snapshot);

	if (!result)
		result = np_root_open("/", &taking.root_fd);
	if (!result)
		result = np_system_read(taking.root_fd, snapshot);
	if (!result)
		result = np_options_check_nodes(options, &snapshot->system, ret_error);
	if (!result) {
		taking.measure.root_fd = taking.root_fd;
		np_quickcheck(taking.root_fd, &snapshot->check);
		result = choose_source(options, walker, walker_error, &taking.measure, &taking.why_no_walker);
	}
	if (result) {
		np_taking_free(&taking);
		return result;
	}
	taking.refused = options->source == NP_SOURCE_BPF && taking.why_no_walker;
	if (taking.refused)
		refuse_other_source(snapshot, taking.why_no_walker);
	*ret = taking;
	return 0;
}

void np_taking_free(struct np_taking *taking)
{
	if (taking->root_fd >= 0)
		close(taking->root_fd);
	np_team_stop(&taking->measure.team);
	free(taking->why_no_walker);
}

int np_take(const struct np_options *options, struct np_walker *walker, int walker_error,
	    struct np_snapshot *snapshot, char **ret_error)
{
	struct np_taking taking;
	int result = np_take_prepare(options, walker, walker_error, snapshot, &taking, ret_error);

	if (result)
		return result;
	if (!taking.refused)
		result = options->check_kernel ? check_kernel(options, &taking.measure) :
						 take_targets(options, np_walker_pid(walker), &taking.measure);
	if (!result && !taking.refused && options->compare)
		result = compare_targets(options, &taking.measure);
	if (!result && !taking.refused && options->experiment)
		result = experiment_on_targets(options, &taking.measure);
	np_taking_free(&taking);
	return result;
}
