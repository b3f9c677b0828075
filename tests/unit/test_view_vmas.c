/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of mappings, letter by letter: tests/unit/expected/vmas-*.txt. */
#include "check.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "view_vmas.h"

static const struct np_view pipe_ = { .utf8 = true };
static const struct np_view terminal = { .utf8 = true, .width = 80 };

static void fill(struct np_snapshot *snapshot, struct np_target *target)
{
	struct np_mapping *mapping;

	mapping = sample_mapping(snapshot, target, 0x55d0c0000000, 0x55d0c0400000, "r-xp",
				 "/usr/lib/postgresql/15/bin/postgres");
	mapping->pages.by_node[NP_R_PRESENT][0] = 900;
	mapping = sample_mapping(snapshot, target, 0x7f0000000000, 0x7f0040000000, "rw-p", "");
	mapping->pages.by_node[NP_R_PRESENT][0] = 90000;
	mapping->pages.by_node[NP_R_HINTED][1] = 512;
	mapping->pages.thp = mapping->pages.hinted_thp = 512;
	sample_mapping(snapshot, target, 0x7f0040000000, 0x7f0041000000, "---p", "");
	mapping = sample_mapping(snapshot, target, 0x7f0042000000, 0x7f0042002000, "rw-s",
				 "/dev/shm/a \n\\ \303\244\342\200\256\377 \"$x`");
	mapping->pages.by_node[NP_R_ACCESSIBLE][1] = 1;
	mapping->policy = strdup("bind:0");
	mapping->page_bytes = NP_FACT(4096);
	mapping = sample_mapping(snapshot, target, 0x7f0043000000, 0x7f0043001000, "r--p",
				 "/srv/caf\303\251/\346\227\245\346\234\254\350\252\236\350\276\236\346\233\270/data.bin");
	mapping->pages.swapped = 1;
}

static struct np_snapshot *sample_mappings(void)
{
	static const unsigned numbers[] = { 0, 1 };
	struct np_snapshot *snapshot = sample_system(2, numbers);

	fill(snapshot, sample_target(snapshot, 4711, "postgres", 14));
	return snapshot;
}

static char *render(const struct np_snapshot *snapshot, const struct np_options *options, const struct np_view *view)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	assert_int_equal(np_view_vmas(snapshot, options, view, out), 0);
	fclose(out);
	return text;
}

/* With the options of a command line. */
static void expect(const char *name, const struct np_snapshot *snapshot, char *const words[],
		   const struct np_view *view)
{
	struct np_options options;
	char *argv[12], *error = NULL;
	int argc = 0;

	for (argv[argc++] = (char *)"numaprobe"; words[argc - 1]; argc++)
		argv[argc] = words[argc - 1];
	argv[argc] = NULL;
	assert_int_equal(np_options_parse(argc, argv, &options, &error), 0);
	assert_non_null(setlocale(LC_ALL, view->utf8 ? "C.UTF-8" : "C"));
	sample_expect(name, render(snapshot, &options, view));
	np_options_free(&options);
}

#define WORDS(...) ((char *[]){ (char *)"1", __VA_ARGS__, NULL })
#define W(word) ((char *)(word))

static void test_table(void **state)
{
	struct np_snapshot *snapshot = sample_mappings();

	(void)state;
	expect("vmas-pipe", snapshot, WORDS(W("-v")), &pipe_);
	expect("vmas-terminal-80", snapshot, WORDS(W("-v")), &terminal);
	expect("vmas-terminal-100", snapshot, WORDS(W("-v")), &(struct np_view){ .utf8 = true, .width = 100 });
	expect("vmas-terminal-40", snapshot, WORDS(W("-v")), &(struct np_view){ .utf8 = true, .width = 40 });
	expect("vmas-terminal-80-ascii", snapshot, WORDS(W("-v")), &(struct np_view){ .width = 80 });
	expect("vmas-color", snapshot, WORDS(W("-v")), &(struct np_view){ .utf8 = true, .color = true, .width = 80 });
	np_snapshot_destroy(snapshot);
}

static void test_selection_and_order(void **state)
{
	struct np_snapshot *snapshot = sample_mappings();

	(void)state;
	expect("vmas-nonzero", snapshot, WORDS(W("-z")), &pipe_);
	expect("vmas-sorted", snapshot, WORDS(W("-s"), W("resident:desc")), &pipe_);
	expect("vmas-sorted-unknown-last", snapshot, WORDS(W("-s"), W("hinted:desc")), &pipe_);
	expect("vmas-sorted-by-text", snapshot, WORDS(W("-o"), W("start,path"), W("-s"), W("path")), &pipe_);
	expect("vmas-all-columns", snapshot, WORDS(W("--output-all"), W("-n"), W("-b")),
	       &(struct np_view){ .utf8 = true, .bytes = true });
	np_snapshot_destroy(snapshot);
}

static void test_machine_formats(void **state)
{
	struct np_snapshot *snapshot = sample_mappings();

	(void)state;
	expect("vmas-raw", snapshot, WORDS(W("-r"), W("-o"), W("path,start,hinted,n1,policy")), &terminal);
	expect("vmas-raw-noheadings", snapshot, WORDS(W("-rn")), &terminal);
	expect("vmas-pairs", snapshot, WORDS(W("-P"), W("-o"), W("path,start,hinted,n1,policy,pagesize")), &terminal);
	expect("vmas-pairs", snapshot, WORDS(W("-P"), W("-o"), W("path,start,hinted,n1,policy,pagesize")),
	       &(struct np_view){ .utf8 = true, .color = true, .width = 40 });
	np_snapshot_destroy(snapshot);
}

static void test_several_targets(void **state)
{
	struct np_snapshot *snapshot = sample_mappings();

	(void)state;
	sample_target(snapshot, 5, "gone", 1)->readable = false;
	fill(snapshot, sample_target(snapshot, 12, "b", 1));
	expect("vmas-several", snapshot, WORDS(W("-v")), &pipe_);
	expect("vmas-several-sorted", snapshot, WORDS(W("-s"), W("pid")), &pipe_);
	np_snapshot_destroy(snapshot);
}

/* More rows than libsmartcols is given at once, the widest at the end: all lines have their columns in one place. */
static void test_many_rows(void **state)
{
	static const unsigned numbers[] = { 0 };
	struct np_snapshot *snapshot = sample_system(1, numbers);
	struct np_target *target = sample_target(snapshot, 7, "many", 1);
	struct np_options options = { 0 };
	size_t place = 0, lines = 0;
	char *text;

	(void)state;
	for (uint64_t i = 1; i < 3000; i++)
		sample_mapping(snapshot, target, i << 13, (i << 13) + 4096, "rw-p", "");
	sample_mapping(snapshot, target, 0x7f0000000000, 0x7fe123456000, "rw-p", "");
	text = render(snapshot, &options, &terminal);
	for (char *line = text, *end; *line; line = end + 1, lines++) {
		const char *perms;

		end = strchr(line, '\n');
		assert_non_null(end);
		perms = strstr(line, lines ? "rw-p" : "PERMS");
		assert_non_null(perms);
		assert_true(perms < end);
		if (!lines)
			place = (size_t)(perms - line);
		assert_int_equal(perms - line, place);
	}
	assert_int_equal(lines, 3001);
	free(text);
	np_snapshot_destroy(snapshot);
}

static void test_no_mapping(void **state)
{
	static const unsigned numbers[] = { 0 };
	struct np_snapshot *snapshot = sample_system(1, numbers);

	(void)state;
	sample_target(snapshot, 2, "kthreadd", 1);
	expect("vmas-none", snapshot, WORDS(W("-v")), &terminal);
	np_snapshot_destroy(snapshot);
}

/* Lines of looks, of which the first has none: headings come with the first line, once. */
static void check_lines(enum np_format format, const char *first_line)
{
	static const unsigned numbers[] = { 0 };
	struct np_snapshot *snapshot = sample_system(1, numbers);
	struct np_target *target = sample_target(snapshot, 7, "late", 1);
	struct np_mapping *mapping = sample_mapping(snapshot, target, 0x1000, 0x2000, "rw-p", "");
	const struct np_options options = { .vmas = true, .nonzero = true, .format = format };
	struct np_line_widths widths = { 0 };
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	for (int look = 0; look < 3; look++) {
		mapping->pages.by_node[NP_R_PRESENT][0] = look > 0;
		assert_int_equal(np_view_lines(snapshot, &options, &pipe_, &widths, out), 0);
	}
	fclose(out);
	assert_memory_equal(text, first_line, strlen(first_line));
	assert_null(strstr(strchr(text, '\n'), "START"));
	free(text);
	free(widths.widths);
	np_snapshot_destroy(snapshot);
}

static void test_lines_that_come_late(void **state)
{
	(void)state;
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	check_lines(NP_FORMAT_RAW, "START SIZE PERMS RESIDENT");
	check_lines(NP_FORMAT_TEXT, "  START");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),		 cmocka_unit_test(test_selection_and_order),
		cmocka_unit_test(test_machine_formats), cmocka_unit_test(test_several_targets),
		cmocka_unit_test(test_no_mapping),	 cmocka_unit_test(test_many_rows),
		cmocka_unit_test(test_lines_that_come_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
