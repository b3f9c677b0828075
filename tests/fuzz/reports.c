// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reports that were damaged or made up: refused in one line, or shown by every view with nothing that a terminal
 * obeys. Most inputs are edits of a report that has something of everything, so that they come past the parser.
 */
#include "targets.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "compress.h"
#include "escape.h"
#include "experiment.h"
#include "explain.h"
#include "input.h"
#include "json.h"
#include "kernel_check.h"
#include "metrics.h"
#include "redact.h"
#include "replay.h"
#include "view_check.h"
#include "view_compare.h"
#include "view_experiment.h"
#include "view_problems.h"
#include "view_processes.h"
#include "view_summary.h"
#include "view_threads.h"
#include "view_vmas.h"

/* Templates, and where their values are. */

#define VALUES_MOST 1024

struct span {
	size_t start, end;
};

struct template {
	const char *path;
	struct np_text text;
	size_t count;
	struct span values[VALUES_MOST];
};

/* The sections of a report one by one: what all of them takes is mostly the time to read the rest. */
static struct template templates[] = {
	{ .path = NUMAPROBE_FIXTURES "/../fuzz/templates/mappings.json" },
	{ .path = NUMAPROBE_FIXTURES "/../fuzz/templates/compare.json" },
	{ .path = NUMAPROBE_FIXTURES "/../fuzz/templates/check.json" },
	{ .path = NUMAPROBE_FIXTURES "/../fuzz/templates/threads.json" },
};

#define TEMPLATES (sizeof(templates) / sizeof(*templates))

static size_t skip_string(const char *text, size_t at)
{
	for (at++; text[at] != '"'; at++)
		at += text[at] == '\\';
	return at + 1;
}

static size_t add_value(struct template *template, size_t at);

static size_t skip_blanks(const char *text, size_t at)
{
	return at + strspn(text + at, " \n");
}

/* An object's, or an array's. */
static size_t add_members(struct template *template, size_t at)
{
	const char *text = template->text.data;
	bool keys = text[at] == '{';

	for (at = skip_blanks(text, at + 1); text[at] != ']' && text[at] != '}'; at = skip_blanks(text, at)) {
		if (keys)
			at = skip_blanks(text, skip_string(text, at)) + 1;
		at = skip_blanks(text, add_value(template, skip_blanks(text, at)));
		at += text[at] == ',';
	}
	return at + 1;
}

/* Returns where it ends. The text is known to be JSON. */
static size_t add_value(struct template *template, size_t at)
{
	const char *text = template->text.data;
	size_t number = template->count++, end;

	FUZZ_CHECK(number < VALUES_MOST);
	if (text[at] == '"')
		end = skip_string(text, at);
	else if (text[at] == '{' || text[at] == '[')
		end = add_members(template, at);
	else
		end = at + strcspn(text + at, ",]} \n");
	template->values[number] = (struct span){ at, end };
	return end;
}

static struct template *open_template(unsigned number)
{
	struct template *template = &templates[number % TEMPLATES];

	if (!template->text.data) {
		np_cleanup_close int fd = open(template->path, O_RDONLY | O_CLOEXEC);

		FUZZ_CHECK(fd >= 0 && np_read_fd(fd, &template->text) == 0);
		add_value(template, skip_blanks(template->text.data, 0));
	}
	return template;
}

/* Edits. */

static void put_real(struct input *input, FILE *out)
{
	uint64_t bits = take8(input);
	double number;

	memcpy(&number, &bits, sizeof(number));
	fprintf(out, "%.17g", isfinite(number) ? number : 0.5);
}

static void put_string(struct input *input, FILE *out)
{
	unsigned length = take(input) & 63;

	fputc('"', out);
	for (unsigned i = 0; i < length; i++) {
		unsigned byte = take(input);

		if (byte < 0x20 || byte == 0x7f)
			fprintf(out, "\\u%04x", byte);
		else
			fprintf(out, byte == '"' || byte == '\\' ? "\\%c" : "%c", (int)byte);
	}
	fputc('"', out);
}

static void put_constant(struct input *input, FILE *out)
{
	static const char *const constants[] = {
		"null", "true", "false", "0", "1", "-1", "9223372036854775807", "-9223372036854775808", "281474976710655",
		"1.5", "1e300", "\"\"", "\"x\"", "\"\\\\\\\\\"", "\"\\\\x1b[31m\"", "\"0x0\"", "\"0xffffffffffffffff\"",
		"\"unknown\"", "\"agrees\"", "\"under-reports\"", "\"over-reports\"", "\"fails\"", "\"absent\"", "\"causes\"",
		"\"hinted\"", "[]", "{}", "[null]", "{\"unknown\":1}", "{\"0\":1,\"1\":281474976710655}",
		"\"[anon:x]\"", "\"/a (deleted)\"", "\"/memfd:x (deleted)\"", "\"/proc/1/maps\"", "\"\xe2\x80\xae\"",
	};

	fputs(constants[take(input) % (sizeof(constants) / sizeof(*constants))], out);
}

static void put_copy(const struct template *template, size_t number, FILE *out)
{
	const struct span *span = &template->values[number % template->count];

	fwrite(template->text.data + span->start, 1, span->end - span->start, out);
}

/* Something in place of a value. */
static void put_instead(const struct template *template, size_t number, struct input *input, FILE *out)
{
	switch (take(input) & 7) {
	case 0:
		put_constant(input, out);
		break;
	case 1:
		fprintf(out, "%" PRId64, (int64_t)take8(input));
		break;
	case 2:
		fprintf(out, "%u", take2(input));
		break;
	case 3:
		put_string(input, out);
		break;
	case 4:
		put_copy(template, take2(input), out);
		break;
	case 5: /* an item twice */
		put_copy(template, number, out);
		fputc(',', out);
		put_copy(template, number, out);
		break;
	case 6:
		fprintf(out, "\"0x%" PRIx64 "\"", take8(input));
		break;
	default:
		put_real(input, out);
	}
}

/* From the first value to the last: each edit says how many values after the one before it is. */
static char *edit(const struct template *template, struct input *input, size_t *ret_length)
{
	size_t number = 0, at = 0, size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	FUZZ_CHECK(out);
	while (input->size) {
		unsigned step = take(input);

		number += step < 0xf0 ? step : step + take(input) * 4;
		if (number >= template->count)
			break;
		if (template->values[number].start < at)
			continue;
		fwrite(template->text.data + at, 1, template->values[number].start - at, out);
		at = template->values[number].end;
		put_instead(template, number, input, out);
	}
	fwrite(template->text.data + at, 1, template->text.length - at, out);
	FUZZ_CHECK(fclose(out) == 0);
	*ret_length = size;
	return text;
}

/* Views. */

static int view_json(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	(void)view;
	return np_json_write(snapshot, out);
}

static int view_metrics(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	(void)view;
	return np_metrics_write(snapshot, out);
}

static int view_vmas(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	const struct np_options options = { .vmas = true, .columns = { .all = true } };

	return np_view_vmas(snapshot, &options, view, out);
}

static int view_raw(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	const struct np_options options = { .vmas = true, .columns = { .all = true }, .format = NP_FORMAT_RAW };

	return np_view_vmas(snapshot, &options, view, out);
}

static int view_pairs(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	const struct np_options options = { .processes = true, .columns = { .all = true, .processes = true },
					    .format = NP_FORMAT_PAIRS };

	return np_view_processes(snapshot, &options, view, out);
}

static int view_processes(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	const struct np_options options = { .processes = true, .columns = { .processes = true } };

	return np_view_processes(snapshot, &options, view, out);
}

static int view_check(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	if (!snapshot->kernel_check)
		return np_view_problems(snapshot, view, out);
	np_check_verdict(snapshot->kernel_check);
	return np_view_check(snapshot, view, out);
}

typedef int viewer(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out);

static viewer *const viewers[] = {
	view_json, view_metrics, view_vmas, view_raw, view_pairs, view_processes, view_check, np_view_summary,
	np_view_threads, np_view_compare, np_view_experiment, np_view_explain, np_view_problems,
};

#define VIEWERS (sizeof(viewers) / sizeof(*viewers))

static char *render(viewer *view_it, const struct np_snapshot *snapshot, const struct np_view *view)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int result;

	FUZZ_CHECK(out);
	result = view_it(snapshot, view, out);
	FUZZ_CHECK(fclose(out) == 0 && result == 0 && strlen(text) == size);
	return text;
}

/* No byte that a terminal obeys, no character that hides or reorders, nothing that is not UTF-8. */
static void check_harmless(const char *text, bool utf8)
{
	while (*text) {
		uint32_t character = 0;
		size_t length = np_utf8_decode(text, &character);

		FUZZ_CHECK(length && (character >= 0x20 || character == '\n') && (character < 0x7f || utf8));
		FUZZ_CHECK(!(character >= 0x7f && character < 0xa0) && !(character >= 0x200b && character <= 0x200f) &&
			   !(character >= 0x2028 && character <= 0x202e) && !(character >= 0x2060 && character <= 0x206f));
		text += length;
	}
}

static struct np_snapshot *read_report(const char *text, size_t length)
{
	struct np_snapshot *snapshot = NULL;
	char *error = NULL;
	int result = np_replay_text(text, length, &snapshot, &error);

	FUZZ_CHECK(result == 0 || result == -EINVAL);
	FUZZ_CHECK((result == 0) == (snapshot != NULL) && (result == 0) == (error == NULL));
	FUZZ_CHECK(!error || !strchr(error, '\n'));
	free(error);
	return snapshot;
}

/* What is written of it is a report, of which the same is written. */
static void check_round_trip(const char *text)
{
	static const struct np_view view;
	struct np_snapshot *snapshot = read_report(text, strlen(text));
	char *again;

	FUZZ_CHECK(snapshot);
	again = render(view_json, snapshot, &view);
	FUZZ_CHECK(strcmp(text, again) == 0);
	free(again);
	np_snapshot_destroy(snapshot);
}

void fuzz_use_locale(bool utf8)
{
	static int used = -1;

	if (used != utf8)
		FUZZ_CHECK(setlocale(LC_CTYPE, utf8 ? "C.UTF-8" : "C"));
	used = utf8;
}

static void view_one(const struct np_snapshot *snapshot, unsigned which)
{
	static const size_t widths[] = { 0, 80, 20, 200 };
	struct np_view view = { .utf8 = which & 1, .bytes = which & 2, .width = widths[which >> 2 & 3] };
	viewer *view_it = viewers[(which >> 4 & 15) % VIEWERS];
	char *text;

	fuzz_use_locale(view.utf8);
	text = render(view_it, snapshot, &view);

	check_harmless(text, view.utf8 || view_it == view_json || view_it == view_metrics);
	if (view_it == view_json)
		check_round_trip(text);
	free(text);
}

/* Two bytes choose the report and the view, the others edit. */
void fuzz_report(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	unsigned which = take2(&input);
	size_t length;
	char *text = edit(open_template(which >> 8), &input, &length);
	struct np_snapshot *snapshot = read_report(text, length);

	if (snapshot)
		view_one(snapshot, which);
	np_snapshot_destroy(snapshot);
	free(text);
}

/* A file as it is, packed or not. */
void fuzz_replay(const uint8_t *data, size_t size)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_snapshot *snapshot;

	if (np_is_compressed((const char *)data, size)) {
		int result = np_decompress((const char *)data, size, 1 << 16, &text);

		FUZZ_CHECK(result == 0 || ((result == -EBADMSG || result == -EFBIG || result == -ENOTSUP) && !text.data));
		if (result)
			return;
		FUZZ_CHECK(text.length <= 1 << 16);
	}
	snapshot = text.data ? read_report(text.data, text.length) : read_report((const char *)data, size);
	if (snapshot) {
		view_one(snapshot, 3);
		view_one(snapshot, (unsigned)size << 4);
	}
	np_snapshot_destroy(snapshot);
}

/* Redaction. */

/* "path-12", perhaps with something around it. */
static bool is_token(const char *text, const char *before, const char *after)
{
	size_t length = strlen(before);

	if (strncmp(text, before, length) != 0)
		return false;
	text += length;
	length = strspn(text, "0123456789");
	return length > 0 && strcmp(text + length, after) == 0;
}

static bool is_hidden_path(const char *path)
{
	static const char *const kernels[] = {
		"[heap]", "[stack]", "[vdso]", "[vvar]", "[vvar_vclock]", "[vsyscall]", "[uprobes]", "[sigpage]",
		"[shadow stack]", "/anon_hugepage (deleted)", "/dev/zero", "/dev/zero (deleted)", "",
	};

	for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels); i++)
		if (strcmp(path, kernels[i]) == 0)
			return true;
	return is_token(path, "path-", "") || is_token(path, "path-", " (deleted)") || is_token(path, "[anon:name-", "]") ||
	       is_token(path, "[anon_shmem:name-", "]") || strncmp(path, "anon_inode:[", 12) == 0;
}

/* Names that are the same stay so, and others stay others. */
static void check_mappings(const struct np_target *before, const struct np_target *after)
{
	for (size_t i = 0; after->mappings && i < after->mapping_count; i++) {
		const struct np_mapping *mapping = &after->mappings[i];

		FUZZ_CHECK(is_hidden_path(mapping->path) && mapping->start == 0);
		for (size_t k = 0; k < i; k++)
			FUZZ_CHECK(!strcmp(before->mappings[i].path, before->mappings[k].path) ==
				   !strcmp(mapping->path, after->mappings[k].path));
	}
}

static void check_target(const struct np_target *before, const struct np_target *after)
{
	FUZZ_CHECK(!after->command || is_token(after->command, "command-", ""));
	for (size_t i = 0; i < after->thread_count; i++)
		FUZZ_CHECK(!after->threads_seen[i].name || is_token(after->threads_seen[i].name, "command-", ""));
	for (size_t i = 0; i < after->comparison_count; i++)
		for (size_t k = 0; k < after->comparisons[i].mapping_count; k++)
			FUZZ_CHECK(is_hidden_path(after->comparisons[i].mappings[k].path));
	check_mappings(before, after);
}

void fuzz_redact(const uint8_t *data, size_t size)
{
	static const struct np_view view;
	struct input input = { data, size };
	unsigned which = take(&input);
	size_t length;
	char *text = edit(open_template(which), &input, &length);
	struct np_snapshot *before = read_report(text, length), *after = before ? read_report(text, length) : NULL;

	free(text);
	if (after && !after->redacted) {
		FUZZ_CHECK(np_redact(after) == 0 && after->redacted);
		for (size_t i = 0; i < after->target_count; i++)
			check_target(&before->targets[i], &after->targets[i]);
	}
	if (after && which & 0x80) { /* half of them, for it takes most of the time */
		text = render(view_json, after, &view);
		check_round_trip(text);
		free(text);
	}
	np_snapshot_destroy(before);
	np_snapshot_destroy(after);
}
