// SPDX-License-Identifier: GPL-2.0-or-later
/* Targets, one after the other, through one walker. */
#include "take.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config.h"

#include "compare.h"
#include "experiment.h"
#include "files.h"
#include "measure.h"
#include "processes.h"
#include "quickcheck.h"
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

static int take_command(struct np_measure *measure, const char *command)
{
	struct np_pids pids = { 0 };
	int result = np_pids_by_command(measure->root_fd, command, &pids);

	if (result == -ENOMEM)
		return result;
	if (result)
		np_problem_add(measure->snapshot, "/proc", "list", -result, "no process could be found by name");
	else if (!pids.count)
		np_problem_add(measure->snapshot, command, "find", 0, "no process has this command name");
	result = 0;
	for (size_t i = 0; !result && i < pids.count; i++)
		result = np_measure_target(measure, pids.pids[i]);
	np_pids_free(&pids);
	return result;
}

static int take_targets(const struct np_options *options, struct np_measure *measure)
{
	int result = 0;

	for (size_t i = 0; !result && i < options->target_count; i++) {
		const struct np_target_spec *spec = &options->targets[i];

		result = spec->pid ? np_measure_target(measure, spec->pid) : take_command(measure, spec->command);
	}
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

/* --source bpf: nothing else will do. */
static int refuse_other_source(struct np_snapshot *snapshot, const char *why)
{
	np_problem_add(snapshot, "--source bpf", "start", 0, "%s", why);
	return 0;
}

int np_take(const struct np_options *options, struct np_walker *walker, int walker_error,
	    struct np_snapshot *snapshot, char **ret_error)
{
	np_cleanup_close int root_fd = -1;
	np_cleanup_free char *why_no_walker = NULL;
	struct np_measure measure = {
		.snapshot = snapshot,
		.want_mappings = options->vmas,
		.want_numa_maps = np_options_need_numa_maps(options),
		.range_start = options->range_start,
		.range_end = options->range_end,
	};
	int result = set_header(snapshot);

	if (!result)
		result = np_root_open("/", &root_fd);
	if (!result)
		result = np_system_read(root_fd, snapshot);
	if (!result)
		result = np_options_check_nodes(options, &snapshot->system, ret_error);
	if (result)
		return result;
	measure.root_fd = root_fd;
	np_quickcheck(root_fd, &snapshot->check);
	result = choose_source(options, walker, walker_error, &measure, &why_no_walker);
	if (result)
		return result;
	if (options->source == NP_SOURCE_BPF && why_no_walker)
		return refuse_other_source(snapshot, why_no_walker);
	result = take_targets(options, &measure);
	if (!result && options->compare)
		result = compare_targets(options, &measure);
	if (!result && options->experiment)
		result = experiment_on_targets(options, &measure);
	return result;
}
