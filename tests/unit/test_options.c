/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: what is accepted, what is refused and in which words, and what --help says. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option_table.h"
#include "sample.h"

#define MAX_WORDS 12

/* Words between blanks, after the program's name; argv keeps pointing into storage. */
static int split(const char *line, char storage[256], char *argv[MAX_WORDS + 2])
{
	int argc = 1;

	argv[0] = (char *)"numaprobe";
	snprintf(storage, 256, "%s", line);
	for (char *word = strtok(storage, " "); word && argc <= MAX_WORDS; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

static char storage[256];

/* The options of a line that has to be accepted; the caller frees them. */
static struct np_options accept(const char *line)
{
	char *argv[MAX_WORDS + 2], *error = NULL;
	int argc = split(line, storage, argv);
	struct np_options options;

	if (np_options_parse(argc, argv, &options, &error) != 0)
		fail_msg("'%s' was refused: %s", line, error);
	return options;
}

static void refuse(const char *line, const char *message)
{
	char *argv[MAX_WORDS + 2], *error = NULL;
	int argc = split(line, storage, argv);
	struct np_options options, before;

	memset(&options, 0x5a, sizeof(options));
	before = options;
	assert_int_equal(np_options_parse(argc, argv, &options, &error), -EINVAL);
	assert_string_equal(error, message);
	assert_memory_equal(&options, &before, sizeof(options));
	free(error);
}

static void test_targets(void **state)
{
	struct np_options options = accept("4711 postgres -- 4194304 -v");

	(void)state;
	assert_int_equal(options.target_count, 4);
	assert_int_equal(options.targets[0].pid, 4711);
	assert_null(options.targets[0].command);
	assert_int_equal(options.targets[1].pid, 0);
	assert_string_equal(options.targets[1].command, "postgres");
	assert_int_equal(options.targets[2].pid, 4194304);
	assert_string_equal(options.targets[3].command, "-v");
	assert_false(options.vmas);
	np_options_free(&options);
}

static void test_bad_targets(void **state)
{
	(void)state;
	refuse("", "no target: give a PID or a command name");
	refuse("0", "invalid PID '0': PIDs are 1 to 4194304");
	refuse("4194305", "invalid PID '4194305': PIDs are 1 to 4194304");
	refuse("99999999999999999999999", "invalid PID '99999999999999999999999': PIDs are 1 to 4194304");
}

static void test_an_empty_target(void **state)
{
	char name[] = "numaprobe", empty[] = "", *argv[] = { name, empty, NULL }, *error = NULL;
	struct np_options options;

	(void)state;
	assert_int_equal(np_options_parse(2, argv, &options, &error), -EINVAL);
	assert_string_equal(error, "invalid target '': give a PID or a command name");
	free(error);
}

static void test_defaults(void **state)
{
	struct np_options options = accept("1");

	(void)state;
	assert_false(options.vmas || options.nonzero || options.bytes || options.quiet || options.noheadings);
	assert_int_equal(options.format, NP_FORMAT_TEXT);
	assert_int_equal(options.color, NP_COLOR_AUTO);
	assert_int_equal(options.source, NP_SOURCE_AUTO);
	assert_null(options.sort.column);
	assert_true(options.range_start == 0 && options.range_end == 0);
	np_options_free(&options);
}

static void test_help_wins(void **state)
{
	static const char *const lines[] = {
		"-h", "--help", "--bogus -h", "--range x -qh", "-J -r -h", "0 --help", "-s -h -h",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct np_options options = accept(lines[i]);

		assert_true(options.help);
		assert_false(options.version);
		np_options_free(&options);
	}
}

static void test_version_wins(void **state)
{
	struct np_options options = accept("--bogus -Vh");

	(void)state;
	assert_true(options.version);
	assert_false(options.help);
	np_options_free(&options);
}

static void test_help_is_an_argument_or_a_target(void **state)
{
	(void)state;
	refuse("-s -h", "unknown column '-h' (-H lists the columns)");

	struct np_options options = accept("-- -h");

	assert_false(options.help);
	np_options_free(&options);
}

static void test_unknown_options(void **state)
{
	(void)state;
	refuse("-y 1", "unknown option '-y'");
	refuse("-y 1 2 --vmas", "unknown option '-y'");
	refuse("1 --bogus", "unknown or ambiguous option '--bogus'");
	refuse("--bo\033gus=1 1", "unknown or ambiguous option '--bo\\x1bgus=1'");
	refuse("--o START 1", "unknown or ambiguous option '--o'");
	refuse("--json=1 1", "option '--json' takes no argument");
	refuse("--vmas=1 1", "option '--vmas' takes no argument");
	refuse("1 --sort", "option '--sort' needs an argument");
	refuse("1 -o", "option '--output' needs an argument");
}

static void test_range(void **state)
{
	struct np_options options = accept("1 --range 0x7f0000000123-7F0000002001");

	(void)state;
	assert_true(options.range_start == 0x7f0000000000);
	assert_true(options.range_end == 0x7f0000003000);
	np_options_free(&options);
	options = accept("1 --range ffffffffff600000-ffffffffff601000");
	assert_true(options.range_end == 0xffffffffff601000);
	np_options_free(&options);
}

static void test_bad_ranges(void **state)
{
	(void)state;
	refuse("1 --range 1000", "invalid range '1000': give START-END in hexadecimal");
	refuse("1 --range -1000", "invalid range '-1000': give START-END in hexadecimal");
	refuse("1 --range xyz-1000", "invalid range 'xyz-1000': give START-END in hexadecimal");
	refuse("1 --range 1000-", "invalid end of the range '': give it in hexadecimal");
	refuse("1 --range 1000-2000k", "invalid end of the range '2000k': give it in hexadecimal");
	refuse("1 --range 1000--2000", "invalid end of the range '-2000': give it in hexadecimal");
	refuse("1 --range 2000-2000", "the range ends at '2000', not after its start");
	refuse("1 --range 0-10000000000000000", "invalid end of the range '10000000000000000': give it in hexadecimal");
	refuse("1 --range 0-ffffffffffffffff", "the end of the range 'ffffffffffffffff' is too large");
}

static void test_shaping_options_ask_for_mappings(void **state)
{
	static const char *const lines[] = {
		"1 -v", "1 -o START", "1 --output-all", "1 -s start", "1 -z", "1 -r", "1 -P", "1 -n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct np_options options = accept(lines[i]);

		assert_true(options.vmas);
		np_options_free(&options);
	}
}

static void test_watched_tables(void **state)
{
	struct np_options options;

	(void)state;
	options = accept("1 -J -o +policy");
	assert_true(options.vmas && np_options_need_numa_maps(&options));
	np_options_free(&options);
	options = accept("1 -w -v");
	assert_true(options.vmas && !options.threads && !options.columns.processes);
	np_options_free(&options);
	options = accept("1 -w -z");
	assert_true(!options.vmas && options.columns.processes);
	np_options_free(&options);
	options = accept("1 -w -v -o START");
	np_options_free(&options);
	options = accept("1 -w --openmetrics=x");
	np_options_free(&options);
	refuse("1 -w -o START", "--watch shows processes, which lack the columns of mappings, unless -v is given");
	refuse("1 -w -v -o POLICY", "--watch does not read numa_maps again and again, which would disturb the process: leave "
	       "out its columns, POLICY and PAGESIZE");
	refuse("1 -w --openmetrics", "--watch with --openmetrics replaces a file at every look: give --openmetrics=FILE");
}

static void test_formats_exclude_each_other(void **state)
{
	(void)state;
	refuse("1 -J -r", "--json and --raw exclude each other");
	refuse("1 -P --raw", "--raw and --pairs exclude each other");
	refuse("1 -o START -J",
	       "--json has one shape; of -o's columns it takes policy and pagesize, which have to be asked for");
	refuse("1 -o START --output-all", "--output and --output-all exclude each other");
	refuse("1 -J -s START", "--json and --sort exclude each other");
	refuse("1 -zJ", "--json and --nonzero exclude each other");

	struct np_options options = accept("-Jvb 1");

	assert_int_equal(options.format, NP_FORMAT_JSON);
	assert_true(options.vmas && options.bytes);
	np_options_free(&options);
	refuse("1 --openmetrics -z", "--openmetrics and --nonzero exclude each other");
	refuse("1 -m -s START", "--map and --sort exclude each other");
	refuse("1 -w -x", "--watch and --experiment exclude each other");
	refuse("-w -k", "--watch and --check-kernel exclude each other");
	refuse("-ka", "--check-kernel and --all exclude each other");
	refuse("-k --svg x", "--check-kernel and --svg exclude each other");
	refuse("1 --openmetrics --range 1000-2000", "--openmetrics and --range exclude each other");
	refuse("1 -J -o N0,POLICY",
	       "--json has one shape; of -o's columns it takes policy and pagesize, which have to be asked for");
}

/* What --watch excludes, --count does, which watches too. */
static void test_count_watches(void **state)
{
	struct np_options options = accept("1 -c 3");

	(void)state;
	assert_true(options.watch_ns == 1000000000 && options.count == 3);
	np_options_free(&options);
	refuse("1 -c 2 --report x", "--count and --report exclude each other");
	refuse("1 -c 2 --svg x", "--count and --svg exclude each other");
	refuse("1 -c 2 --redact", "--count and --redact exclude each other");
	refuse("1 -c 2 -C", "--count and --compare exclude each other");
	refuse("1 -c 2 -m", "--count and --map exclude each other");
	refuse("1 -c 2 --explain", "--count and --explain exclude each other");
	refuse("-c 2 --replay x", "--count and --replay exclude each other");
	refuse("1 -c 2 -x", "--count and --experiment exclude each other");
	refuse("-c 2 -k", "--count and --check-kernel exclude each other");
	refuse("1 -c 5000000000", "invalid count '5000000000': give 1 to 4294967295");
}

static void test_one_document_on_standard_output(void **state)
{
	static const char *const lines[] = { "1 --report - -J", "1 --report x --openmetrics", "1 --svg x -J", "1 --svg -" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct np_options options = accept(lines[i]);

		np_options_free(&options);
	}
	refuse("1 --report - --svg -", "standard output takes one document: give the others a FILE");
	refuse("1 --report - --openmetrics", "standard output takes one document: give the others a FILE");
	refuse("1 --report - --openmetrics=-", "standard output takes one document: give the others a FILE");
	refuse("1 --svg - -J", "standard output takes one document: give the others a FILE");
}

static void test_what_leaves_nothing_to_try(void **state)
{
	struct np_options options = accept("1 -x --rounds 0 --freeze");

	(void)state;
	assert_int_equal(options.rounds, 0);
	np_options_free(&options);
	refuse("1 -x --rounds 0", "--rounds 0 leaves nothing to try without --freeze");
	refuse("-k --quick --rounds 9", "--quick and --rounds exclude each other");
	refuse("-k --quick --with-kvm", "--quick and --with-kvm exclude each other");
}

static void test_sort(void **state)
{
	struct np_options options = accept("1 -s resident:desc");

	(void)state;
	assert_string_equal(options.sort.column->name, "RESIDENT");
	assert_true(options.sort_descending);
	np_options_free(&options);
	options = accept("1 --sort=n3:asc");
	assert_int_equal(options.sort.node, 3);
	assert_false(options.sort_descending);
	np_options_free(&options);
	refuse("1 -s bogus", "unknown column 'bogus' (-H lists the columns)");
	refuse("1 -s :desc", "unknown column '' (-H lists the columns)");
	refuse("1 -s SIZE:down", "unknown order 'down': give asc or desc");
	refuse("1 -s NODES", "cannot sort by 'NODES': name one node, such as N0");
}

static void test_output(void **state)
{
	struct np_options options = accept("1 -o start,N1 -o +policy");

	(void)state;
	assert_true(options.columns.listed);
	assert_int_equal(options.columns.list.count, 3);
	assert_string_equal(options.columns.list.refs[2].column->name, "POLICY");
	assert_true(np_options_need_numa_maps(&options));
	np_options_free(&options);
	options = accept("1 -o +THP");
	assert_false(options.columns.listed);
	assert_false(np_options_need_numa_maps(&options));
	np_options_free(&options);
	refuse("1 -o START,,END", "unknown column '' (-H lists the columns)");
	refuse("1 -o START,N1025", "unknown column 'N1025' (-H lists the columns)");
	refuse("1 -o +", "unknown column '' (-H lists the columns)");
}

static void test_words(void **state)
{
	struct np_options options = accept("1 --color --source=pagemap");

	(void)state;
	assert_int_equal(options.color, NP_COLOR_AUTO);
	assert_int_equal(options.source, NP_SOURCE_PAGEMAP);
	np_options_free(&options);
	options = accept("1 --color=always --source bpf");
	assert_int_equal(options.color, NP_COLOR_ALWAYS);
	assert_int_equal(options.source, NP_SOURCE_BPF);
	np_options_free(&options);
	refuse("1 --color=red", "unknown color mode 'red': give auto, always or never");
	refuse("1 --source smaps", "unknown source 'smaps': give auto, bpf or pagemap");
}

static void test_list_columns_needs_no_target(void **state)
{
	struct np_options options = accept("-H");

	(void)state;
	assert_true(options.list_columns);
	assert_int_equal(options.target_count, 0);
	np_options_free(&options);
}

static void test_missing_nodes(void **state)
{
	static const unsigned numbers[] = { 1, 3 };
	struct np_snapshot *snapshot = sample_system(2, numbers);
	struct np_options options = accept("1 -o N1,N3 -s N3");
	char *error = NULL;

	(void)state;
	assert_int_equal(np_options_check_nodes(&options, &snapshot->system, &error), 0);
	np_options_free(&options);
	options = accept("1 -o N1,N2");
	assert_int_equal(np_options_check_nodes(&options, &snapshot->system, &error), -EINVAL);
	assert_string_equal(error, "column 'N2': node 2 is not online");
	free(error);
	np_options_free(&options);
	options = accept("1 -s N0");
	assert_int_equal(np_options_check_nodes(&options, &snapshot->system, &error), -EINVAL);
	free(error);
	np_options_free(&options);
	np_snapshot_destroy(snapshot);
}

static void test_help_fits(void **state)
{
	char *text = NULL, *next;
	size_t length, lines = 0;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	np_options_help(out);
	fclose(out);
	for (size_t i = 0; i < np_option_count; i++) {
		char name[40];

		snprintf(name, sizeof(name), " --%s", np_option_table[i].name);
		assert_non_null(strstr(text, name));
	}
	for (char *line = text; *line; line = next + 1, lines++) {
		next = strchr(line, '\n');
		assert_true(next - line <= 80);
	}
	/* A line for each option, a heading and a blank line for each group, and the text before and after. */
	assert_true(lines <= np_option_count + 2 * NP_GROUPS + 9);
	free(text);
}

static void test_table_is_consistent(void **state)
{

	(void)state;
	for (size_t i = 0; i < np_option_count; i++) {
		assert_true((np_option_table[i].argument == NP_ARGUMENT_NONE) == !np_option_table[i].argument_name);
		assert_true(np_option_table[i].parse || np_option_table[i].argument == NP_ARGUMENT_NONE);
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(np_option_table[i].name, np_option_table[j].name);
			assert_true(!np_option_table[i].letter || np_option_table[i].letter != np_option_table[j].letter);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_bad_targets),
		cmocka_unit_test(test_an_empty_target),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_help_wins),
		cmocka_unit_test(test_version_wins),
		cmocka_unit_test(test_help_is_an_argument_or_a_target),
		cmocka_unit_test(test_unknown_options),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_bad_ranges),
		cmocka_unit_test(test_shaping_options_ask_for_mappings),
		cmocka_unit_test(test_formats_exclude_each_other), cmocka_unit_test(test_watched_tables),
		cmocka_unit_test(test_count_watches), cmocka_unit_test(test_one_document_on_standard_output),
		cmocka_unit_test(test_what_leaves_nothing_to_try),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_list_columns_needs_no_target),
		cmocka_unit_test(test_missing_nodes),
		cmocka_unit_test(test_help_fits),
		cmocka_unit_test(test_table_is_consistent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
