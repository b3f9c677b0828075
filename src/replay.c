/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report back to a snapshot: the file, the header, problems. */
#include "replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compress.h"
#include "files.h"
#include "i18n.h"
#include "json.h"
#include "replay_system.h"
#include "replay_target.h"

#define ERRNO_MOST 4095 /* MAX_ERRNO of the kernel */

/* Numbers differ between architectures, so the report has the names. */
static int read_errno(struct np_replay *replay, const struct np_json *value,
		      const struct np_field *field __attribute__((unused)), void *ret)
{
	int result = np_replay_expect(replay, value, NP_JSON_STRING);

	for (int error = 1; !result && error <= ERRNO_MOST; error++) {
		const char *name = strerrorname_np(error);

		if (name && strcmp(name, np_json_string(value)) == 0) {
			*(int *)ret = error;
			return 0;
		}
	}
	return result ? result : np_replay_wrong(replay, _("no name of an error"));
}

#define AT(type, member) .offset = offsetof(struct type, member)

static const struct np_field problem_fields[] = {
	{ .key = "what", .read = np_field_text, AT(np_problem, what) },
	{ .key = "operation", .read = np_field_text, AT(np_problem, operation) },
	{ .key = "errno", .read = read_errno, AT(np_problem, error), .flags = NP_FIELD_NULL },
	{ .key = "effect", .read = np_field_text, AT(np_problem, effect) },
	NP_FIELD_END,
};

static const struct np_field report_fields[] = {
	{ .key = "numaprobe", .read = np_field_text, AT(np_snapshot, version), .flags = NP_FIELD_NULL },
	{ .key = "taken", .read = np_field_text, AT(np_snapshot, taken), .flags = NP_FIELD_NULL },
	{ .key = "redacted", .read = np_field_bool, AT(np_snapshot, redacted), .flags = NP_FIELD_OPTIONAL },
	{ .key = "system", .read = np_field_system, AT(np_snapshot, system) },
	{ .key = "targets", .read = np_field_array, AT(np_snapshot, targets), .read_item = np_field_target,
	  .count_offset = offsetof(struct np_snapshot, target_count), .item_bytes = sizeof(struct np_target) },
	{ .key = "check", .read = np_field_check, AT(np_snapshot, check) },
	{ .key = "problems", .read = np_field_array, AT(np_snapshot, problems), .fields = problem_fields,
	  .count_offset = offsetof(struct np_snapshot, problem_count), .item_bytes = sizeof(struct np_problem) },
	NP_FIELD_END,
};

/* Rows that are the reason of a null that nobody asked for: no problem, and the writer makes them again. */
static void drop_reasons(struct np_snapshot *snapshot, const struct np_json *rows)
{
	size_t kept = 0;

	for (size_t i = 0; i < snapshot->problem_count; i++) {
		const struct np_json *asked_for = np_json_get(np_json_item(rows, i), "asked_for");

		if (asked_for && np_json_type(asked_for) == NP_JSON_BOOL && !np_json_bool(asked_for))
			np_problem_free(&snapshot->problems[i]);
		else
			snapshot->problems[kept++] = snapshot->problems[i];
	}
	snapshot->problem_count = kept;
}

static int say(char **ret_error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int say(char **ret_error, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(ret_error, format, arguments);
	va_end(arguments);
	return length < 0 ? -ENOMEM : -EINVAL;
}

static int check_schema(const struct np_json *report, char **ret_error)
{
	const struct np_json *schema = np_json_type(report) == NP_JSON_OBJECT ? np_json_get(report, "schema") : NULL;

	if (!schema || np_json_type(schema) != NP_JSON_INTEGER || !np_json_get(report, "numaprobe"))
		return say(ret_error, "%s", _("this is JSON, but no report of numaprobe"));
	if (np_json_integer(schema) != NP_JSON_SCHEMA)
		return say(ret_error, _("this report has schema %lld; this numaprobe reads schema %d"),
			   (long long)np_json_integer(schema), NP_JSON_SCHEMA);
	return 0;
}

static int fill(const struct np_json *report, struct np_snapshot *snapshot, char **ret_error)
{
	struct np_replay replay = { .snapshot = snapshot };
	int result = np_replay_object(&replay, report, report_fields, snapshot);

	if (result == -EINVAL)
		return say(ret_error, _("damaged report: %s is %s"), replay.where, replay.mistake);
	if (!result)
		drop_reasons(snapshot, np_json_get(report, "problems"));
	return result;
}

int np_replay_text(const char *text, size_t length, struct np_snapshot **ret, char **ret_error)
{
	np_cleanup_free char *mistake = NULL;
	struct np_snapshot *snapshot = NULL;
	struct np_json *report = NULL;
	int result;

	if (length == 0)
		return say(ret_error, "%s", _("no report of numaprobe: it is empty"));
	result = np_json_parse(text, length, &report, &mistake);
	if (result == -EINVAL)
		return say(ret_error, _("no report of numaprobe, or a damaged one: %s"), mistake);
	if (!result)
		result = check_schema(report, ret_error);
	if (!result)
		snapshot = np_snapshot_create();
	if (!result)
		result = snapshot ? fill(report, snapshot, ret_error) : -ENOMEM;
	np_json_free(report);
	if (result)
		np_snapshot_destroy(snapshot);
	else
		*ret = snapshot;
	return result;
}

static int read_file(const char *path, struct np_text *ret)
{
	np_cleanup_close int fd = -1;

	if (strcmp(path, "-") == 0)
		return np_read_fd(STDIN_FILENO, ret);
	do
		fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : np_read_fd(fd, ret);
}

/* In place of a packed text, what was packed. */
static int unpack(struct np_text *text)
{
	struct np_text packed = *text;
	int result;

	if (!np_is_compressed(packed.data, packed.length))
		return packed.length > NP_REPLAY_LIMIT_BYTES ? -EFBIG : 0;
	*text = (struct np_text){ 0 };
	result = np_decompress(packed.data, packed.length, NP_REPLAY_LIMIT_BYTES, text);
	np_text_free(&packed);
	return result;
}

int np_replay_file(const char *path, struct np_snapshot **ret, char **ret_error)
{
	np_cleanup_text struct np_text text = { 0 };
	int result = read_file(path, &text);

	if (!result)
		result = unpack(&text);
	if (result == -ENOMEM)
		return result;
	if (result == -ENOTSUP)
		return say(ret_error, "%s", _("packed by zstd, which this numaprobe was built without: unpack it first"));
	if (result == -EBADMSG)
		return say(ret_error, "%s", _("damaged: zstd cannot unpack it"));
	if (result == -EFBIG)
		return say(ret_error, _("more than %zu MiB, which no report is"), NP_REPLAY_LIMIT_BYTES >> 20);
	if (result)
		return say(ret_error, "%s", strerror(-result));
	return np_replay_text(text.data, text.length, ret, ret_error);
}
