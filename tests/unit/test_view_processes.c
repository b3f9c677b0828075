/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of processes, letter by letter: tests/unit/expected/processes-*.txt. */
#include "check.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "view_problems.h"
#include "view_processes.h"

static const struct np_view pipe_ = { .utf8 = true };

static struct np_snapshot *sample_many(void)
{
	struct np_snapshot *snapshot = sample_postgres();
	struct np_target *target = sample_target(snapshot, 4712, "a \033[31m b", 1);

	target->pages.by_node[NP_R_PRESENT][1] = MIB_PAGES(20000);
	target = sample_target(snapshot, 4713, "none yet", 2);
	target->preferred_node = NP_FACT(-1);
	target->pages.by_node[NP_R_HINTED][1] = 1;
	target = sample_target(snapshot, 4714, "pagemap", 2);
	target->pages.by_node[NP_R_ACCESSIBLE][0] = 3;
	target = sample_target(snapshot, 1, "systemd", 1);
	target->readable = false;
	return snapshot;
}

static void expect(const char *name, const struct np_snapshot *snapshot, const char *words, const struct np_view *view)
{
	char *argv[12] = { (char *)"numaprobe", (char *)"-a" }, *error = NULL, *text = NULL, *copy = strdup(words);
	struct np_options options;
	int argc = 2;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	assert_int_equal(np_options_parse(argc, argv, &options, &error), 0);
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	assert_int_equal(np_view_processes(snapshot, &options, view, out), 0);
	fclose(out);
	sample_expect(name, text);
	np_options_free(&options);
	free(copy);
}

static void test_tables(void **state)
{
	const struct np_view color = { .utf8 = true, .color = true };
	struct np_snapshot *snapshot = sample_many();

	(void)state;
	expect("processes", snapshot, "", &pipe_);
	expect("processes-color", snapshot, "", &color);
	expect("processes-sorted", snapshot, "-s offnode", &pipe_);
	expect("processes-raw", snapshot, "-r", &pipe_);
	expect("processes-pairs", snapshot, "-P -s pid -o +zero", &pipe_);
	np_snapshot_destroy(snapshot);
}

/* Many problems that differ in nothing but numbers are one line; few are told one by one. */
static void test_problems_are_folded(void **state)
{
	static const unsigned numbers[] = { 0 };
	struct np_snapshot *snapshot = sample_system(1, numbers);
	char what[32];

	(void)state;
	for (int i = 0; i < 5; i++) {
		snprintf(what, sizeof(what), "/proc/%d", 100 + i);
		np_problem_add(snapshot, what, "pagemap", 13, "try as root");
		if (i < 3)
			np_problem_add(snapshot, what, "walk", 0, "%d pages belong to no mapping", i);
	}
	sample_expect("problems-folded", sample_render(np_view_problems, snapshot, &pipe_));
	np_snapshot_destroy(snapshot);
}

/* However many there are: each that is like no other has a line, in the order they came. */
static void test_problems_of_many_kinds(void **state)
{
	enum { MANY = 20000 };
	static const unsigned numbers[] = { 0 };
	struct np_snapshot *snapshot = sample_system(1, numbers);
	char *text, *line, *rest;

	(void)state;
	for (int i = 0; i < MANY; i++)
		np_problem_add(snapshot, "/proc/1", "walk", 0, "this %c%c%c%c", 'a' + i % 26, 'a' + i / 26 % 26,
			       'a' + i / 676 % 26, 'a' + i / 17576);
	text = rest = sample_render(np_view_problems, snapshot, &pipe_);
	for (int i = 0; i < MANY; i++) {
		char end[] = { 'a' + (char)(i % 26), 'a' + (char)(i / 26 % 26), 'a' + (char)(i / 676 % 26),
			       'a' + (char)(i / 17576), '\0' };

		line = strsep(&rest, "\n");
		assert_string_equal(line + strlen(line) - 4, end);
	}
	assert_string_equal(rest, "");
	free(text);
	np_snapshot_destroy(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_problems_are_folded),
		cmocka_unit_test(test_problems_of_many_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
