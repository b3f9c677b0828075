/* SPDX-License-Identifier: GPL-2.0-or-later */
/* numaprobe: the pipeline, and the exit status. */
#include <err.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "config.h"

#include "columns.h"
#include "experiment.h"
#include "files.h"
#include "i18n.h"
#include "json.h"
#include "options.h"
#include "real_user.h"
#include "take.h"
#include "view_compare.h"
#include "view_experiment.h"
#include "view_problems.h"
#include "view_summary.h"
#include "view_vmas.h"

enum { ALL_WELL = 0, FAILED = 1, WRONG_USAGE = 2, PARTIAL = 3, FOUND = 4 };

static int use_options(int argc, char **argv, struct np_options *options)
{
	np_cleanup_free char *error = NULL;
	int result = np_options_parse(argc, argv, options, &error);

	if (!result)
		return 0;
	if (result == -ENOMEM)
		errx(FAILED, "%s", strerror(ENOMEM));
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

static int render(const struct np_snapshot *snapshot, const struct np_options *options)
{
	struct np_view view = np_view_detect(stdout);
	int error;

	view.bytes = options->bytes;
	view.color = wants_color(options->color);
	if (options->format == NP_FORMAT_JSON)
		return np_json_write(snapshot, stdout);
	if (is_nothing(snapshot))
		return 0;
	error = options->vmas ? np_view_vmas(snapshot, options, &view, stdout) :
				np_view_summary(snapshot, &view, stdout);
	if (!error)
		error = np_view_compare(snapshot, &view, stdout);
	return error ? error : np_view_experiment(snapshot, &view, stdout);
}

static int probe(const struct np_options *options, struct np_walker *walker, int walker_error)
{
	struct np_snapshot *snapshot = np_snapshot_create();
	np_cleanup_free char *error = NULL;
	int result = snapshot ? np_take(options, walker, walker_error, snapshot, &error) : -ENOMEM, status;

	if (result == -EINVAL && error) {
		warnx("%s", error);
		np_snapshot_destroy(snapshot);
		return WRONG_USAGE;
	}
	if (!result)
		result = render(snapshot, options);
	if (result && !ferror(stdout))
		warnx("%s", strerror(-result));
	if (snapshot) {
		struct np_view view = np_view_detect(stderr);

		np_view_problems(snapshot, &view, stderr);
	}
	if (result || is_nothing(snapshot))
		status = FAILED;
	else if (np_experiment_found(snapshot))
		status = FOUND;
	else
		status = is_partial(snapshot) ? PARTIAL : ALL_WELL;
	np_snapshot_destroy(snapshot);
	return status;
}

int main(int argc, char **argv)
{
	struct np_walker *walker = NULL;
	struct np_options options;
	int walker_error = 0, status = ALL_WELL;

	if (np_keep_standard_descriptors() < 0)
		return FAILED;
	if (getauxval(AT_SECURE)) {
		walker_error = -np_walker_start(&walker);
		if (np_become_real_user() < 0)
			errx(FAILED, "%s", _("privileges could not be given up"));
	}
	setlocale(LC_ALL, "");
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
		if (!walker && options.source != NP_SOURCE_PAGEMAP)
			walker_error = -np_walker_start(&walker);
		status = probe(&options, walker, walker_error);
	}
	np_walker_stop(walker);
	np_options_free(&options);
	return finish_output(status);
}
