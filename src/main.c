/* SPDX-License-Identifier: GPL-2.0-or-later */
/* numaprobe: the pipeline, and the exit status. */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "config.h"

#include "kernel_check.h"
#include "cases.h"
#include "columns.h"
#include "experiment.h"
#include "explain.h"
#include "files.h"
#include "i18n.h"
#include "json.h"
#include "metrics.h"
#include "options.h"
#include "paint.h"
#include "real_user.h"
#include "take.h"
#include "view_check.h"
#include "view_compare.h"
#include "view_experiment.h"
#include "view_problems.h"
#include "view_processes.h"
#include "view_summary.h"
#include "view_threads.h"
#include "view_vmas.h"
#include "watch.h"

enum { ALL_WELL = 0, FAILED = 1, WRONG_USAGE = 2, PARTIAL = 3, DEFECT_FOUND = 4 };

static int use_options(int argc, char **argv, struct np_options *options)
{
	np_cleanup_free char *error = NULL;
	int result = np_options_parse(argc, argv, options, &error);

	if (!result)
		return 0;
	if (result == -ENOMEM)
		errx(FAILED, "%s", strerror(ENOMEM));
	/* What ends with a hint of its own needs no other. */
	if (error[strlen(error) - 1] == ')')
		warnx("%s", error);
	else
		warnx(_("%s (see numaprobe --help)"), error);
	return WRONG_USAGE;
}

/* Everything that is printed may fail to be: a full disk, a closed descriptor. */
static int finish_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout) && fclose(stdout) == 0)
		return status;
	warn("%s", _("standard output"));
	return FAILED;
}

static bool is_partial(const struct np_snapshot *snapshot)
{
	return snapshot->problem_count > 0;
}

static bool is_nothing(const struct np_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->target_count; i++)
		if (snapshot->targets[i].readable)
			return false;
	return true;
}

/* NO_COLOR: any value but the empty one (no-color.org). */
static bool wants_color(enum np_color_when when)
{
	const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

	if (when != NP_COLOR_AUTO)
		return when == NP_COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && !(terminal && strcmp(terminal, "dumb") == 0);
}

static int render_targets(const struct np_snapshot *snapshot, const struct np_options *options,
			  const struct np_view *view)
{
	if (options->map)
		return np_paint_terminal(snapshot, view, stdout);
	if (options->vmas)
		return np_view_vmas(snapshot, options, view, stdout);
	if (options->svg && !options->shaped)
		return 0;
	if (options->processes || (np_options_select_groups(options) && snapshot->target_count > 1))
		return np_view_processes(snapshot, options, view, stdout);
	return np_view_summary(snapshot, view, stdout);
}

static int render(const struct np_snapshot *snapshot, const struct np_options *options)
{
	bool for_programs = options->format == NP_FORMAT_RAW || options->format == NP_FORMAT_PAIRS;
	struct np_view view = np_view_detect(stdout);
	int error;

	if (np_is_standard_output(options->report) || np_is_standard_output(options->svg)) /* it has been taken already */
		return 0;
	view.bytes = options->bytes;
	view.color = wants_color(options->color);
	if (options->format == NP_FORMAT_JSON)
		return np_json_write(snapshot, stdout);
	if (options->format == NP_FORMAT_METRICS)
		return options->metrics ? 0 : np_metrics_write(snapshot, stdout);
	if (snapshot->kernel_check)
		return np_view_check(snapshot, &view, stdout);
	if (is_nothing(snapshot))
		return 0;
	error = render_targets(snapshot, options, &view);
	if (error || for_programs) /* a report may have a comparison too, but that is another table */
		return error;
	if (options->threads && !options->noheadings)
		error = np_view_threads(snapshot, &view, stdout);
	if (!error)
		error = np_view_compare(snapshot, &view, stdout);
	if (!error)
		error = np_view_experiment(snapshot, &view, stdout);
	return error || !options->explain ? error : np_view_explain(snapshot, &view, stdout);
}

/* At this machine, or at a report. */
static int look(const struct np_options *options, struct np_walker *walker, int walker_error,
		struct np_snapshot **ret, char **ret_error)
{
	if (options->replay)
		return np_case_replay(options, ret, ret_error);
	*ret = np_snapshot_create();
	return *ret ? np_take(options, walker, walker_error, *ret, ret_error) : -ENOMEM;
}

static int status_of(const struct np_snapshot *snapshot)
{
	static const int of_verdicts[] = {
		[NP_CHECK_CLEAN] = ALL_WELL, [NP_CHECK_AFFECTED] = DEFECT_FOUND, [NP_CHECK_INCOMPLETE] = PARTIAL,
	};

	if (snapshot->kernel_check)
		return of_verdicts[np_check_verdict(snapshot->kernel_check)];
	if (!is_nothing(snapshot) && np_experiment_found(snapshot))
		return DEFECT_FOUND;
	return is_nothing(snapshot) ? FAILED : is_partial(snapshot) ? PARTIAL : ALL_WELL;
}

static int probe(const struct np_options *options, struct np_walker *walker, int walker_error)
{
	np_cleanup_free char *error = NULL;
	struct np_snapshot *snapshot = NULL;
	int result = look(options, walker, walker_error, &snapshot, &error), status;

	if (!result)
		result = np_case_finish(options, snapshot, &error);
	if (result && error) {
		warnx("%s", error);
		np_snapshot_destroy(snapshot);
		return result == -EINVAL ? WRONG_USAGE : FAILED;
	}
	if (!result)
		result = render(snapshot, options);
	if (result && !ferror(stdout))
		warnx("%s", strerror(-result));
	if (snapshot) {
		struct np_view view = np_view_detect(stderr);

		np_view_problems(snapshot, &view, stderr);
	}
	status = result || !snapshot ? FAILED : status_of(snapshot);
	np_snapshot_destroy(snapshot);
	return status;
}

static int watch(const struct np_options *options, struct np_walker *walker, int walker_error)
{
	struct np_view view = np_view_detect(stdout);
	np_cleanup_free char *error = NULL;
	bool partial = false, nothing = false;
	int result;

	view.bytes = options->bytes;
	view.color = wants_color(options->color);
	result = np_watch(options, walker, walker_error, &view, &partial, &nothing, &error);
	if (result == -EINVAL && error) {
		warnx("%s", error);
		return WRONG_USAGE;
	}
	if (result)
		warnx("%s", error ?: strerror(-result));
	return result || nothing ? FAILED : partial ? PARTIAL : ALL_WELL;
}

/* Standard error is the walker's too, and whatever keeps that from starting: whole lines do not get mixed up. */
static void write_whole_lines(void)
{
	static char line[BUFSIZ];

	setvbuf(stderr, line, _IOLBF, sizeof(line));
}

int main(int argc, char **argv)
{
	struct np_walker *walker = NULL;
	struct np_options options;
	int walker_error = 0, status = ALL_WELL;

	write_whole_lines();
	if (np_keep_standard_descriptors() < 0)
		err(FAILED, "/");
	if (getauxval(AT_SECURE)) {
		walker_error = -np_walker_start(&walker);
		if (np_become_real_user() < 0)
			errx(FAILED, "%s", _("privileges could not be given up"));
	}
	np_i18n_start();
	status = use_options(argc, argv, &options);
	if (status)
		return status;

	if (options.help) {
		np_options_help(stdout);
	} else if (options.version) {
		printf("numaprobe %s\n", PACKAGE_VERSION);
	} else if (options.list_columns) {
		np_columns_print(stdout);
	} else {
		if (!walker && options.source != NP_SOURCE_PAGEMAP && !options.replay)
			walker_error = -np_walker_start(&walker);
		status = (options.watch_ns ? watch : probe)(&options, walker, walker_error);
	}
	np_walker_stop(walker);
	np_options_free(&options);
	return finish_output(status);
}
