/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Damaged and made-up reports: refused in one line, or a snapshot that every view can print. The sanitizers watch. */
#include "check.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "paint.h"
#include "redact.h"
#include "renderers.h"
#include "replay.h"
#include "replay_field.h"
#include "view_compare.h"

static void print_all(struct np_snapshot *snapshot)
{
	static const struct np_view view = { .utf8 = true, .color = true, .width = 80 };

	for (sample_renderer *const *renderer = all_renderers; *renderer; renderer++)
		free(sample_render(*renderer, snapshot, &view));
	assert_int_equal(np_redact(snapshot), 0);
	free(sample_render(render_table, snapshot, &view));
	free(sample_render(np_view_compare, snapshot, &view));
	free(sample_render(np_paint_terminal, snapshot, &view));
}

/* 0: it was taken, and printed. Else it was refused, in one line. From memory that ends where the text does. */
static int try(const char *text, size_t length, char **ret_error)
{
	char *copy = malloc(length ? length : 1);
	struct np_snapshot *snapshot = NULL;
	char *error = NULL;
	int result;

	assert_non_null(copy);
	memcpy(copy, text, length);
	result = np_replay_text(copy, length, &snapshot, &error);
	free(copy);
	if (result == 0) {
		print_all(snapshot);
		np_snapshot_destroy(snapshot);
	} else {
		assert_int_equal(result, -EINVAL);
		assert_non_null(error);
		assert_null(strchr(error, '\n'));
	}
	if (ret_error)
		*ret_error = error;
	else
		free(error);
	return result;
}

static void refuse(const char *text, const char *message)
{
	char *error;

	assert_int_equal(try(text, strlen(text), &error), -EINVAL);
	if (!strstr(error, message))
		fail_msg("'%s' is not in '%s'", message, error);
	free(error);
}

/* A report with something of everything. */
static char *make_report_with(bool kernel_check)
{
	struct np_snapshot *snapshot = sample_postgres();
	struct np_target *target = &snapshot->targets[0];
	struct np_mapping *mapping = sample_mapping(snapshot, target, 0x1000, 0x3000, "rw-s", "/a\n");
	char *text;

	mapping->pages.by_node[NP_R_PRESENT][2] = 3;
	mapping->policy = strdup("default");
	target->range_start = 0x1000;
	target->range_end = 0x2000;
	target->source.why_not_better = strdup("none");
	target->source.how_hints = strdup("none");
	np_problem_add(snapshot, "/proc/4711/smaps", "open", EACCES, "x");
	sample_comparisons(target);
	sample_experiment(target);
	sample_threads(target);
	sample_grains(snapshot, target);
	target->rates = calloc(1, sizeof(*target->rates));
	assert_non_null(target->rates);
	target->rates->interval_ns = 1000;
	strcpy(target->rates->time, "2026-01-31T12:00:00.123Z");
	snapshot->check.smaps_misses_thp = NP_EFFECT_NOT_TESTED;
	snapshot->check.why_not = strdup("none");
	if (kernel_check)
		sample_kernel_check(snapshot);
	text = sample_render(render_json, snapshot, NULL);
	np_snapshot_destroy(snapshot);
	return text;
}

static char *make_report(void)
{
	return make_report_with(false);
}

static void test_truncated(void **state)
{
	char *text = make_report();
	size_t length = strlen(text);

	(void)state;
	assert_int_equal(try(text, length, NULL), 0);
	for (size_t cut = 0; cut + 2 < length; cut++)
		assert_int_equal(try(text, cut, NULL), -EINVAL);
	free(text);
}

/* One byte at a time, by those that mean something in JSON. */
static void test_replaced_bytes(void **state)
{
	static const char bytes[] = { '\0', '"', '\\', '{', ']', ',', '-', '9', 'n', '\xff', '.' };
	char *text = make_report();
	size_t length = strlen(text);

	(void)state;
	for (size_t i = 0; i < length; i++) {
		char byte = text[i];

		text[i] = bytes[i % sizeof(bytes)];
		try(text, length, NULL);
		text[i] = byte;
	}
	free(text);
}

/* In the place of every value: */
static const char *const replacements[] = {
	"null", "true", "0", "-1", "1", "9223372036854775807", "-9223372036854775808", "1.5", "1e300", "\"\"", "\"x\"",
	"\"\\\\\"", "\"\\\\x00\"", "\"0x0\"", "\"0xfffffffffffffffff\"", "[]", "{}", "[[]]", "{\"x\":{}}", "[null]",
};

/* Some keys follow from others, and a replay does not need them. */
static bool is_needed(const json_t *object, const char *key)
{
	if (strcmp(key, "verdict") == 0) /* of the check: from its tests, of which each has one of its own */
		return !json_object_get(object, "tests");
	if (strcmp(key, "cause") == 0) /* of a quick test: from its name */
		return json_object_get(object, "difference_pages") || json_object_get(object, "effect");
	return strcmp(key, "asked_for") != 0;
}

static void try_json(const json_t *report, const char *key, bool must_be_refused)
{
	char *text = json_dumps(report, 0);
	int result;

	assert_non_null(text);
	result = try(text, strlen(text), NULL);
	if (result == 0 && must_be_refused)
		fail_msg("taken with a wrong %s: %s", key, text);
	free(text);
}

static bool is_of_another_type(const json_t *left, const json_t *right)
{
	return json_typeof(left) != json_typeof(right) && !(json_is_real(left) && json_is_integer(right)) &&
	       !(json_is_boolean(left) && json_is_boolean(right)) &&
	       !json_is_null(left) && !json_is_null(right);
}

static void damage(json_t *report, json_t *part);

static void damage_member(json_t *report, json_t *object, const char *key)
{
	json_t *value = json_incref(json_object_get(object, key));

	for (size_t i = 0; i < sizeof(replacements) / sizeof(replacements[0]); i++) {
		json_t *other = json_loads(replacements[i], JSON_DECODE_ANY, NULL);

		assert_non_null(other);
		json_object_set(object, key, other);
		try_json(report, key, is_needed(object, key) && is_of_another_type(value, other));
		json_decref(other);
	}
	json_object_del(object, key);
	try_json(report, key, false);
	json_object_set(object, key, value);
	damage(report, value);
	json_decref(value);
}

static void damage_item(json_t *report, json_t *array, size_t index)
{
	json_t *value = json_incref(json_array_get(array, index));

	for (size_t i = 0; i < sizeof(replacements) / sizeof(replacements[0]); i++) {
		json_array_set_new(array, index, json_loads(replacements[i], JSON_DECODE_ANY, NULL));
		try_json(report, "item", false);
	}
	json_array_set(array, index, value);
	json_array_append(array, value); /* twice */
	try_json(report, "item", false);
	json_array_remove(array, json_array_size(array) - 1);
	damage(report, value);
	json_decref(value);
}

static void damage(json_t *report, json_t *part)
{
	if (json_is_object(part)) {
		json_t *keys = json_copy(part); /* the object changes while they are gone through */
		const char *key;
		json_t *value;

		json_object_foreach(keys, key, value)
			damage_member(report, part, key);
		json_decref(keys);
	}
	for (size_t i = 0; json_is_array(part) && i < json_array_size(part); i++)
		damage_item(report, part, i);
}

static void check_wrong_values(bool kernel_check)
{
	char *text = make_report_with(kernel_check);
	json_t *report = json_loads(text, 0, NULL);

	assert_non_null(report);
	damage(report, kernel_check ? json_object_get(report, "check") : report);
	json_decref(report);
	free(text);
}

static void test_wrong_values(void **state)
{
	(void)state;
	check_wrong_values(false);
}

static void test_wrong_values_of_a_check(void **state)
{
	(void)state;
	check_wrong_values(true);
}

/* No byte that a terminal obeys, and no character that hides or reorders, as it is. */
static void check_harmless(const char *key, const char *text)
{
	for (const char *at = text; *at;) {
		uint32_t character = 0;
		size_t length = np_utf8_decode(at, &character);

		if (!length || (character < 0x20 && character != '\n') || (character >= 0x7f && character < 0xa0) ||
		    (character >= 0x200b && character <= 0x200f) || (character >= 0x2028 && character <= 0x202e))
			fail_msg("a text for %s is shown as it is: %.200s", key, at);
		at += length;
	}
}

static void show_text(const json_t *report, const char *key)
{
	static const struct np_view view = { .utf8 = true, .width = 80 };
	struct np_snapshot *snapshot = NULL;
	char *text = json_dumps(report, 0), *error = NULL;

	assert_non_null(text);
	if (np_replay_text(text, strlen(text), &snapshot, &error) == 0)
		for (sample_renderer *const *renderer = all_renderers; *renderer; renderer++) {
			char *shown = sample_render(*renderer, snapshot, &view);

			check_harmless(key, shown);
			free(shown);
		}
	else
		check_harmless(key, error);
	np_snapshot_destroy(snapshot);
	free(error);
	free(text);
}

/* In the place of each text, one that means harm, escaped as reports have it, and as it is. */
static void show_texts(json_t *report, json_t *part)
{
	static const char *const texts[] = { "\\x1b[31m", "\033[31m", "\\xe2\\x80\\xae", "\342\200\256", "\\xff", "/a\\x1b (deleted)" };
	const char *key;
	json_t *value;
	void *next;
	size_t index;

	json_object_foreach_safe(part, next, key, value) {
		json_incref(value);
		for (size_t i = 0; json_is_string(value) && i < sizeof(texts) / sizeof(texts[0]); i++) {
			json_object_set_new(part, key, json_string(texts[i]));
			show_text(report, key);
		}
		json_object_set(part, key, value);
		show_texts(report, value);
		json_decref(value);
	}
	json_array_foreach(part, index, value)
		show_texts(report, value);
}

static void test_texts(void **state)
{
	(void)state;
	for (int kernel_check = 0; kernel_check <= 1; kernel_check++) {
		char *text = make_report_with(kernel_check);
		json_t *report = json_loads(text, 0, NULL);

		assert_non_null(report);
		show_texts(report, report);
		json_decref(report);
		free(text);
	}
}

/* Of what a view looks through for each of it, a file of megabytes could ask for hours. */
static void test_lists_are_bounded(void **state)
{
	char *text = make_report_with(true), *error;
	json_t *report = json_loads(text, 0, NULL), *tests = json_object_get(json_object_get(report, "check"), "tests");

	(void)state;
	assert_true(json_array_size(tests) > 0);
	while (json_array_size(tests) <= NP_REPLAY_TESTS_MOST)
		assert_int_equal(json_array_append(tests, json_array_get(tests, 0)), 0);
	free(text);
	text = json_dumps(report, 0);
	assert_int_equal(try(text, strlen(text), &error), -EINVAL);
	assert_non_null(strstr(error, "check.tests is longer than in any report"));
	free(error);
	free(text);
	json_decref(report);
}

/* Words that renderers print as they are. */
static void test_names(void **state)
{
	char *text = make_report(), *name = strstr(text, "\"bpf\""), *error;

	(void)state;
	assert_non_null(name);
	memcpy(name, "\"b;f\"", 5);
	assert_int_equal(try(text, strlen(text), &error), -EINVAL);
	assert_non_null(strstr(error, "targets[0].source.name is no name"));
	free(error);
	free(text);
}

/* Rows of a picture, and what is none. */
static void test_grains(void **state)
{
	static const struct {
		const char *row, *mistake;
	} rows[] = {
		{ "0x1000 x1 present=1 N0=1", NULL },
		{ "0x1000 x1 present=2 N0=2", NULL }, /* of a packed one */
		{ "0x1000 x1", NULL },
		{ "", "no row" },
		{ "0x x1 present=1", "no row" },
		{ "0x1000 x present=1", "no row" },
		{ "0x1000 x1 ", "no row" },
		{ "0x1000 x1  present=1", "no row" },
		{ "0x1000 x1 present=1 ", "no row" },
		{ "0x1000 x1 absent=1", "no row" },
		{ "0x1000 x1 N=1", "no row" },
		{ "0x1000 x1 N7=1", "no row" },
		{ "0x1000 x1 present=1 present=1", "no row" },
		{ "0x1000 x1 present=", "range" },
		{ "0x1000 x1 present=0", "range" },
		{ "0x1000 x1 present=3", "range" },
		{ "0x1001 x1 present=1", "range" },
		{ "0x1000 x0 present=1", "range" },
		{ "0x1000 x8193 present=1", "range" },
		{ "0x1000 x18446744073709551615 present=1", "range" },
		{ "0xfffffffffffff000 x2 present=1", "range" },
		{ "0x1000 x2 present=1\", \"0x2000 x1 present=1", "range" },
		{ "0x2000 x1 present=1\", \"0x1000 x1 present=1", "range" },
		{ "0x1000 x8192 present=1\", \"0xffff000 x1 present=1", "range" },
	};
	char *report = make_report(), *first = strstr(report, "\"rows\": [\n"), *end = first ? strchr(first, ']') : NULL;

	(void)state;
	assert_non_null(end);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text, *error = NULL;

		assert_true(asprintf(&text, "%.*s\"rows\": [\"%s\"%s", (int)(first - report), report, rows[i].row, end) > 0);
		assert_int_equal(try(text, strlen(text), &error), rows[i].mistake ? -EINVAL : 0);
		if (rows[i].mistake && (!strstr(error, rows[i].mistake) || !strstr(error, "targets[0].grains.rows[")))
			fail_msg("%s: %s", rows[i].row, error);
		free(error);
		free(text);
	}
	free(report);
}

static void test_foreign(void **state)
{
	(void)state;
	refuse("", "no report of numaprobe");
	refuse("root:x:0:0", "no report of numaprobe");
	refuse("{}", "no report of numaprobe");
	refuse("[]", "no report of numaprobe");
	refuse("3", "no report of numaprobe");
	refuse("{\"schema\": 1}", "no report of numaprobe");
	refuse("{\"schema\": \"1\", \"numaprobe\": null}", "no report of numaprobe");
	refuse("{\"schema\": 2, \"numaprobe\": \"9.0\", \"all\": \"is different\"}", "has schema 2");
	refuse("{\"schema\": 1, \"numaprobe\": null}", "taken is missing");
	refuse("{\"schema\": 1, \"schema\": 1}", "duplicate");
}

static void test_deep(void **state)
{
	enum { DEPTH = 1000000 };
	char *text = malloc(DEPTH + 1);

	(void)state;
	assert_non_null(text);
	memset(text, '[', DEPTH);
	text[DEPTH] = '\0';
	refuse(text, "depth");
	free(text);
}

static void test_huge_numbers(void **state)
{
	char text[2000] = "{\"schema\": ";

	(void)state;
	memset(text + strlen(text), '9', 1000);
	refuse(text, "integer");
	refuse("{\"schema\": 1e999}", "real number overflow");
}

/* With 1024 nodes a mapping takes 32 KiB: a file of some megabytes could ask for the machine's memory. */
static void test_memory_is_bounded(void **state)
{
	unsigned numbers[1024];
	struct np_snapshot *snapshot;
	struct np_target *target;
	char *text;

	(void)state;
	for (unsigned i = 0; i < 1024; i++)
		numbers[i] = i;
	snapshot = sample_system(1024, numbers);
	for (unsigned i = 0; i < 1024; i++) { /* a million distances would only take time */
		free(snapshot->system.nodes[i].distances);
		snapshot->system.nodes[i].distances = NULL;
	}
	target = sample_target(snapshot, 1, "x", 1);
	target->mapping_count = 40000;
	target->mappings = calloc(target->mapping_count, sizeof(*target->mappings));
	assert_non_null(target->mappings);
	for (size_t i = 0; i < target->mapping_count; i++) {
		target->mappings[i].end = 4096;
		strcpy(target->mappings[i].perms, "rw-p");
		target->mappings[i].path = strdup("");
		target->mappings[i].pages = target->pages;
	}
	text = sample_render(render_json, snapshot, NULL);
	for (size_t i = 0; i < target->mapping_count; i++)
		target->mappings[i].pages = (struct np_tally){ 0 };
	np_snapshot_destroy(snapshot);
	refuse(text, "too many mappings");
	free(text);
}

/* Of the right type, and still no report of anything. */
static void test_contradictions(void **state)
{
	static const struct {
		const char *from, *to, *message;
	} rows[] = {
		{ "\"resident\": 4473088", "\"resident\": 4473087", "targets[0].pages.resident is not the sum of its states" },
		{ "\"other\": 0", "\"other\": 1", "targets[0].pages.other is not the sum of its states" },
		{ "\"0\": 3171840", "\"7\": 3171840", "targets[0].pages.present.7 is no node of this system" },
		{ "\"node\": 1,", "\"node\": 0,", "system.nodes[1] is not in ascending order" },
		{ "\"page_bytes\": 4096", "\"page_bytes\": 4097", "system.page_bytes is no power of two" },
		{ "\"pid\": 4711", "\"pid\": 0", "targets[0].pid is out of range" },
		{ "\"end\": \"0x2000\"", "\"end\": \"0x1000\"", "targets[0].range.end is not after its start" },
		{ "\"end\": \"0x3000\"", "\"end\": \"0x1000\"", "targets[0].mappings[0].end is not after its start" },
		{ "\"perms\": \"rw-s\"", "\"perms\": \"rw-x\"", "targets[0].mappings[0].perms is no permissions" },
		{ "\"errno\": \"EACCES\"", "\"errno\": \"ENONSENSE\"", "problems[0].errno is no name of an error" },
	};
	char *report = make_report();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *at = strstr(report, rows[i].from);
		char *text;

		if (!at)
			fail_msg("no %s", rows[i].from);
		assert_true(asprintf(&text, "%.*s%s%s", (int)(at - report), report, rows[i].to, at + strlen(rows[i].from)) > 0);
		refuse(text, rows[i].message);
		free(text);
	}
	free(report);
}

static void test_pages_without_a_source(void **state)
{
	char *text = make_report();
	json_t *report = json_loads(text, 0, NULL);

	(void)state;
	assert_non_null(report);
	free(text);
	json_object_set_new(json_array_get(json_object_get(report, "targets"), 0), "pages", json_null());
	text = json_dumps(report, 0);
	refuse(text, "targets[0].source");
	free(text);
	json_decref(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truncated),    cmocka_unit_test(test_replaced_bytes),
		cmocka_unit_test(test_wrong_values), cmocka_unit_test(test_wrong_values_of_a_check),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_grains),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_lists_are_bounded),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_deep),	     cmocka_unit_test(test_huge_numbers),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_contradictions),
		cmocka_unit_test(test_pages_without_a_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
