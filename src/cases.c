/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report instead of a machine, and a machine to a report. */
#include "cases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "files.h"
#include "i18n.h"
#include "json.h"
#include "metrics.h"
#include "paint.h"
#include "redact.h"
#include "replay.h"
#include "report.h"

#define COMM_BYTES 15 /* TASK_COMM_LEN less the NUL: no command name is longer */

/* "FILE: what is wrong with it", of which both may have come from somebody else. */
static int file_error(const char *path, const char *what, int error, char **ret_error)
{
	np_cleanup_free char *text = NULL;

	if (asprintf(&text, "%s: %s", path, what) < 0) {
		text = NULL;
		return -ENOMEM;
	}
	*ret_error = np_escape(text, false);
	return *ret_error ? error : -ENOMEM;
}

static bool matches(const struct np_target_spec *spec, const struct np_target *target)
{
	if (spec->pid)
		return spec->pid == target->pid;
	return target->command && strncmp(spec->command, target->command, COMM_BYTES) == 0;
}

static bool is_wanted(const struct np_options *options, const struct np_target *target)
{
	for (size_t i = 0; i < options->target_count; i++)
		if (matches(&options->targets[i], target))
			return true;
	return options->target_count == 0;
}

static void drop_others(const struct np_options *options, struct np_snapshot *snapshot)
{
	size_t kept = 0;

	for (size_t i = 0; i < snapshot->target_count; i++) {
		if (is_wanted(options, &snapshot->targets[i]))
			snapshot->targets[kept++] = snapshot->targets[i];
		else
			np_target_free(&snapshot->targets[i]);
	}
	snapshot->target_count = kept;
}

static void report_missing(const struct np_options *options, struct np_snapshot *snapshot)
{
	for (size_t i = 0; i < options->target_count; i++) {
		const struct np_target_spec *spec = &options->targets[i];
		bool found = false;
		char pid[16];

		for (size_t k = 0; k < snapshot->target_count && !found; k++)
			found = matches(spec, &snapshot->targets[k]);
		snprintf(pid, sizeof(pid), "%d", (int)spec->pid);
		if (!found)
			np_problem_add(snapshot, spec->pid ? pid : spec->command, "find", 0,
				       "the report has no such process");
	}
	if (snapshot->target_count == 0 && snapshot->problem_count == 0 && !snapshot->kernel_check)
		np_problem_add(snapshot, options->replay, "find", 0, "the report has no process");
}

/* An empty table would look as if the processes had none. */
static void report_no_mappings(struct np_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->target_count; i++) {
		char pid[32];

		snprintf(pid, sizeof(pid), "PID %d", (int)snapshot->targets[i].pid);
		if (snapshot->targets[i].readable && !snapshot->targets[i].mappings)
			np_problem_add(snapshot, pid, "mappings", 0, "the report has none of them: it was made without -v");
	}
}

/* The same for an empty picture. */
static void report_no_grains(struct np_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->target_count; i++) {
		char pid[32];

		snprintf(pid, sizeof(pid), "PID %d", (int)snapshot->targets[i].pid);
		if (snapshot->targets[i].readable && !snapshot->targets[i].grains)
			np_problem_add(snapshot, pid, "picture", 0, "the report has no picture of it: it was made without --report");
	}
}

/* It has no processes, and no shape but its own, here as where it was made. */
static int check_kernel_options(const struct np_options *options, char **ret_error)
{
	if (!options->shaped && !options->vmas && !options->map && !options->svg && !options->explain && !options->all &&
	    !options->target_count)
		return 0;
	return file_error(options->replay, _("a report of --check-kernel, which has no processes and no tables to shape"),
			  -EINVAL, ret_error);
}

int np_case_replay(const struct np_options *options, struct np_snapshot **ret, char **ret_error)
{
	np_cleanup_free char *mistake = NULL;
	struct np_snapshot *snapshot = NULL;
	int result = np_replay_file(options->replay, &snapshot, &mistake);

	if (result == -EINVAL)
		return file_error(options->replay, mistake, -EBADMSG, ret_error);
	if (!result)
		result = np_options_check_nodes(options, &snapshot->system, ret_error);
	if (!result && snapshot->kernel_check)
		result = check_kernel_options(options, ret_error);
	if (result) {
		np_snapshot_destroy(snapshot);
		return result;
	}
	drop_others(options, snapshot);
	report_missing(options, snapshot);
	if (options->vmas)
		report_no_mappings(snapshot);
	if (options->map || options->svg)
		report_no_grains(snapshot);
	*ret = snapshot;
	return 0;
}

static int write_file(const struct np_snapshot *snapshot, np_writer *writer, const char *path, mode_t mode,
		      char **ret_error)
{
	int result = path ? np_report_write(snapshot, writer, path, mode) : 0;

	/* What is wrong with standard output is said at the end, once for all that goes there. */
	if (result == 0 || result == -ENOMEM || np_is_standard_output(path))
		return result;
	return file_error(path,
			  result == -ENOTSUP ? _("numaprobe was built without zstd; choose another name") :
			  result == -ELOOP   ? _("a symbolic link to a file: name the file itself, or - for standard output") :
					       strerror(-result),
			  -EIO, ret_error);
}

int np_case_finish(const struct np_options *options, struct np_snapshot *snapshot, char **ret_error)
{
	int result = options->redact ? np_redact(snapshot) : 0;

	if (!result)
		result = write_file(snapshot, np_json_write, options->report, 0600, ret_error);
	if (!result)
		result = write_file(snapshot, np_paint_svg, options->svg, 0644, ret_error);
	if (!result) /* for node_exporter, which is another user */
		result = write_file(snapshot, np_metrics_write, options->metrics, 0644, ret_error);
	return result;
}
