/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: the table of options, and what makes a struct np_options of it. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"
#include "i18n.h"

#define PID_LIMIT 4194304 /* PID_MAX_LIMIT of 64-bit kernels: no process has a greater number */

/*
 * One line of error text about something that the user wrote, made safe to show: %s in the format.
 * Always a failure: -EINVAL, or -ENOMEM.
 */
static int __attribute__((format(printf, 3, 0)))
usage_error(char **ret_error, const char *bytes, const char *format)
{
	char *text = np_escape(bytes, true);
	int length = text ? asprintf(ret_error, format, text) : -1;

	free(text);
	return length < 0 ? -ENOMEM : -EINVAL;
}

/* A hexadecimal address, with 0x or without; its length, or 0. */
static size_t parse_address(const char *text, uint64_t *ret)
{
	size_t prefix = text[0] == '0' && (text[1] | 0x20) == 'x' ? 2 : 0;
	size_t digits = strspn(text + prefix, "0123456789abcdefABCDEF");

	if (digits == 0 || strspn(text + prefix, "0") + 16 < digits)
		return 0;
	*ret = strtoull(text + prefix, NULL, 16);
	return prefix + digits;
}

static int parse_range(const char *argument, struct np_options *options, char **ret_error)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t start, end;
	size_t length = parse_address(argument, &start);

	if (length == 0 || argument[length] != '-')
		return usage_error(ret_error, argument, _("invalid range '%s': give START-END in hexadecimal"));
	argument += length + 1;
	length = parse_address(argument, &end);
	if (length == 0 || argument[length] != '\0')
		return usage_error(ret_error, argument, _("invalid end of the range '%s': give it in hexadecimal"));
	if (start >= end)
		return usage_error(ret_error, argument, _("the range ends at '%s', not after its start"));
	if (end > UINT64_MAX - page + 1)
		return usage_error(ret_error, argument, _("the end of the range '%s' is too large"));
	options->range_start = start & ~(page - 1);
	options->range_end = (end + page - 1) & ~(page - 1);
	return 0;
}

static int unknown_column(const char *name, size_t length, char **ret_error)
{
	char *copy = strndup(name, length);
	int error = copy ? usage_error(ret_error, copy, _("unknown column '%s' (-H lists the columns)")) : -ENOMEM;

	free(copy);
	return error;
}

static int parse_output(const char *argument, struct np_options *options, char **ret_error)
{
	const char *name;
	size_t length;
	int error = np_column_choice_parse(argument, &options->columns, &name, &length);

	return error == -EINVAL ? unknown_column(name, length, ret_error) : error;
}

static int parse_output_all(const char *argument __attribute__((unused)), struct np_options *options,
			    char **ret_error __attribute__((unused)))
{
	options->columns.all = true;
	return 0;
}

static int parse_sort(const char *argument, struct np_options *options, char **ret_error)
{
	size_t length = strcspn(argument, ":");
	const char *order = argument + length;
	struct np_column_ref sort;

	if (np_column_find(argument, length, &sort) < 0)
		return unknown_column(argument, length, ret_error);
	if (sort.node == NP_NODE_ALL)
		return usage_error(ret_error, argument, _("cannot sort by '%s': name one node, such as N0"));
	if (*order != '\0' && strcmp(order, ":asc") != 0 && strcmp(order, ":desc") != 0)
		return usage_error(ret_error, order + 1, _("unknown order '%s': give asc or desc"));
	options->sort = sort;
	options->sort_descending = strcmp(order, ":desc") == 0;
	return 0;
}

static int parse_json(const char *argument __attribute__((unused)), struct np_options *options,
		      char **ret_error __attribute__((unused)))
{
	options->format = NP_FORMAT_JSON;
	return 0;
}

static int parse_raw(const char *argument __attribute__((unused)), struct np_options *options,
		     char **ret_error __attribute__((unused)))
{
	options->format = NP_FORMAT_RAW;
	return 0;
}

static int parse_pairs(const char *argument __attribute__((unused)), struct np_options *options,
		       char **ret_error __attribute__((unused)))
{
	options->format = NP_FORMAT_PAIRS;
	return 0;
}

/* Index of a word in a list of words that ends with NULL, or -1. */
static int word_index(const char *word, const char *const words[])
{
	for (int i = 0; words[i]; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	return -1;
}

static int parse_color(const char *argument, struct np_options *options, char **ret_error)
{
	static const char *const words[] = {
		[NP_COLOR_AUTO] = "auto", [NP_COLOR_ALWAYS] = "always", [NP_COLOR_NEVER] = "never", NULL,
	};
	int when = argument ? word_index(argument, words) : NP_COLOR_AUTO;

	if (when < 0)
		return usage_error(ret_error, argument, _("unknown color mode '%s': give auto, always or never"));
	options->color = (enum np_color_when)when;
	return 0;
}

static int parse_source(const char *argument, struct np_options *options, char **ret_error)
{
	static const char *const words[] = {
		[NP_SOURCE_AUTO] = "auto", [NP_SOURCE_BPF] = "bpf", [NP_SOURCE_PAGEMAP] = "pagemap", NULL,
	};
	int source = word_index(argument, words);

	if (source < 0)
		return usage_error(ret_error, argument, _("unknown source '%s': give auto, bpf or pagemap"));
	options->source = (enum np_source_choice)source;
	return 0;
}

#define FIELD(name) .field = offsetof(struct np_options, name)

/* In the order of --help, by group. */
static const struct np_option table[] = {
	{ 0, "range", NP_ARGUMENT_REQUIRED, N_("START-END"), NP_GROUP_SELECTION,
	  N_("only these addresses (hexadecimal, as in maps)"), .parse = parse_range },

	{ 'v', "vmas", NP_ARGUMENT_NONE, NULL, NP_GROUP_VIEW, N_("one line for each mapping"), FIELD(vmas) },
	{ 'o', "output", NP_ARGUMENT_REQUIRED, N_("LIST"), NP_GROUP_VIEW,
	  N_("mappings: these columns; +LIST: these too"), true, .parse = parse_output },
	{ 0, "output-all", NP_ARGUMENT_NONE, NULL, NP_GROUP_VIEW, N_("mappings: all columns"), true,
	  .parse = parse_output_all },
	{ 's', "sort", NP_ARGUMENT_REQUIRED, N_("COL[:desc]"), NP_GROUP_VIEW,
	  N_("mappings: sorted by this column"), true, .parse = parse_sort },
	{ 'z', "nonzero", NP_ARGUMENT_NONE, NULL, NP_GROUP_VIEW, N_("mappings: only those that hold a page"), true,
	  FIELD(nonzero) },
	{ 'H', "list-columns", NP_ARGUMENT_NONE, NULL, NP_GROUP_VIEW, N_("list the columns of the mappings, and exit"),
	  FIELD(list_columns) },

	{ 'J', "json", NP_ARGUMENT_NONE, NULL, NP_GROUP_FORMAT, N_("everything as JSON; with -v its mappings too"),
	  .parse = parse_json },
	{ 'r', "raw", NP_ARGUMENT_NONE, NULL, NP_GROUP_FORMAT, N_("mappings: raw columns, one blank between them"),
	  true, .parse = parse_raw },
	{ 'P', "pairs", NP_ARGUMENT_NONE, NULL, NP_GROUP_FORMAT, N_("mappings: KEY=\"value\" pairs"), true,
	  .parse = parse_pairs },
	{ 'n', "noheadings", NP_ARGUMENT_NONE, NULL, NP_GROUP_FORMAT, N_("mappings: no headings"), true,
	  FIELD(noheadings) },
	{ 'b', "bytes", NP_ARGUMENT_NONE, NULL, NP_GROUP_FORMAT, N_("sizes in bytes, not in units such as 12.1G"),
	  FIELD(bytes) },
	{ 0, "color", NP_ARGUMENT_OPTIONAL, N_("WHEN"), NP_GROUP_FORMAT, N_("auto (default), always or never"),
	  .parse = parse_color },

	{ 0, "source", NP_ARGUMENT_REQUIRED, N_("SOURCE"), NP_GROUP_SOURCE,
	  N_("auto (default: the best that works), bpf or pagemap"), .parse = parse_source },

	{ 'q', "quiet", NP_ARGUMENT_NONE, NULL, NP_GROUP_GENERAL, N_("no notes and no progress on standard error"),
	  FIELD(quiet) },
	{ 'h', "help", NP_ARGUMENT_NONE, NULL, NP_GROUP_GENERAL, N_("show this help, and exit"), FIELD(help) },
	{ 'V', "version", NP_ARGUMENT_NONE, NULL, NP_GROUP_GENERAL, N_("show the version, and exit"), FIELD(version) },
};

#define OPTION_COUNT (sizeof(table) / sizeof(table[0]))

/* Options of one row exclude each other. A report has one shape, so what shapes a table is not for it. */
static const char *const exclusive[][3] = {
	{ "json", "raw", "pairs" },
	{ "json", "output", "output-all" },
	{ "json", "sort" },
	{ "json", "nonzero" },
	{ "json", "noheadings" },
};

const struct np_option *np_option_table(size_t *ret_count)
{
	*ret_count = OPTION_COUNT;
	return table;
}

static size_t option_index(const char *name)
{
	size_t i = 0;

	while (strcmp(table[i].name, name) != 0)
		i++;
	return i;
}

/* What getopt_long() answers for a row: its index, past all characters. */
#define VALUE_OF_INDEX(i) (256 + (int)(i))

static const struct np_option *option_of_value(int value)
{
	if (value >= VALUE_OF_INDEX(0))
		return &table[value - VALUE_OF_INDEX(0)];
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (table[i].letter != 0 && table[i].letter == value)
			return &table[i];
	return NULL;
}

struct getopt_tables {
	struct option longs[OPTION_COUNT + 1];
	char shorts[3 * OPTION_COUNT + 2];
};

static void make_getopt_tables(struct getopt_tables *ret)
{
	static const int has_arg[] = {
		[NP_ARGUMENT_NONE] = no_argument,
		[NP_ARGUMENT_REQUIRED] = required_argument,
		[NP_ARGUMENT_OPTIONAL] = optional_argument,
	};
	char *end = ret->shorts;

	*end++ = ':'; /* tell a missing argument from an unknown option */
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		ret->longs[i] = (struct option){ table[i].name, has_arg[table[i].argument], NULL, VALUE_OF_INDEX(i) };
		if (table[i].letter == 0)
			continue;
		*end++ = table[i].letter;
		for (enum np_argument colons = 0; colons < table[i].argument; colons++)
			*end++ = ':';
	}
	*end = '\0';
	ret->longs[OPTION_COUNT] = (struct option){ 0 };
}

static void restart_getopt(void)
{
	opterr = 0;
	optind = 0;
}

/*
 * -h and -V count even beside mistakes: the first of them that getopt_long() sees. It reorders argv,
 * and to do so twice would make an argument of what follows an option that lacks one.
 */
static bool asks_for_help(int argc, char **argv, const struct getopt_tables *tables, struct np_options *options)
{
	int value;

	restart_getopt();
	while ((value = getopt_long(argc, argv, tables->shorts, tables->longs, NULL)) != -1) {
		const struct np_option *option = value == '?' || value == ':' ? NULL : option_of_value(value);

		if (!option || option->parse)
			continue;
		if (option->field == offsetof(struct np_options, help))
			options->help = true;
		if (option->field == offsetof(struct np_options, version))
			options->version = true;
		if (options->help || options->version)
			return true;
	}
	return false;
}

/* getopt_long() tells by optopt which option it did not like; of an unknown long one it tells nothing. */
static int bad_option(char **argv, bool argument_missing, char **ret_error)
{
	const struct np_option *option = option_of_value(optopt);
	char letter[2] = { (char)optopt, '\0' };

	if (option && argument_missing)
		return usage_error(ret_error, option->name, _("option '--%s' needs an argument"));
	if (option)
		return usage_error(ret_error, option->name, _("option '--%s' takes no argument"));
	if (optopt != 0)
		return usage_error(ret_error, letter, _("unknown option '-%s'"));
	return usage_error(ret_error, argv[optind - 1], _("unknown or ambiguous option '%s'"));
}

static int apply(const struct np_option *option, struct np_options *options, bool seen[OPTION_COUNT],
		 char **ret_error)
{
	seen[option - table] = true;
	if (option->shapes_mappings)
		options->vmas = true;
	if (option->parse)
		return option->parse(optarg, options, ret_error);
	*((bool *)((char *)options + option->field)) = true;
	return 0;
}

static int check_exclusive(const bool seen[OPTION_COUNT], char **ret_error)
{
	for (size_t i = 0; i < sizeof(exclusive) / sizeof(exclusive[0]); i++) {
		const char *first = NULL;

		for (size_t j = 0; j < 3 && exclusive[i][j]; j++) {
			if (!seen[option_index(exclusive[i][j])])
				continue;
			if (first && asprintf(ret_error, _("--%s and --%s exclude each other"), first, exclusive[i][j]) < 0)
				return -ENOMEM;
			if (first)
				return -EINVAL;
			first = exclusive[i][j];
		}
	}
	return 0;
}

static int parse_target(const char *word, struct np_target_spec *ret, char **ret_error)
{
	unsigned long pid;

	if (*word == '\0')
		return usage_error(ret_error, word, _("invalid target '%s': give a PID or a command name"));
	if (word[strspn(word, "0123456789")] != '\0') {
		*ret = (struct np_target_spec){ 0, word };
		return 0;
	}
	pid = strtoul(word, NULL, 10); /* ULONG_MAX where it is more */
	if (pid < 1 || pid > PID_LIMIT)
		return usage_error(ret_error, word, _("invalid PID '%s': PIDs are 1 to 4194304"));
	*ret = (struct np_target_spec){ (pid_t)pid, NULL };
	return 0;
}

static int parse_targets(char **words, size_t count, struct np_options *options, char **ret_error)
{
	if (count == 0 && options->list_columns)
		return 0;
	if (count == 0) {
		*ret_error = strdup(_("no target: give a PID or a command name"));
		return *ret_error ? -EINVAL : -ENOMEM;
	}
	options->targets = calloc(count, sizeof(*options->targets));
	if (!options->targets)
		return -ENOMEM;
	options->target_count = count;
	for (size_t i = 0; i < count; i++) {
		int error = parse_target(words[i], &options->targets[i], ret_error);

		if (error < 0)
			return error;
	}
	return 0;
}

static int parse_all(int argc, char **argv, const struct getopt_tables *tables, struct np_options *options,
		     char **ret_error)
{
	bool seen[OPTION_COUNT] = { false };
	int value, error;

	restart_getopt();
	while ((value = getopt_long(argc, argv, tables->shorts, tables->longs, NULL)) != -1) {
		if (value == '?' || value == ':')
			return bad_option(argv, value == ':', ret_error);
		error = apply(option_of_value(value), options, seen, ret_error);
		if (error < 0)
			return error;
	}
	error = check_exclusive(seen, ret_error);
	if (error < 0)
		return error;
	return parse_targets(argv + optind, (size_t)(argc - optind), options, ret_error);
}

int np_options_parse(int argc, char **argv, struct np_options *ret, char **ret_error)
{
	struct np_options options = { 0 };
	struct getopt_tables tables;
	char **argv_copy = calloc((size_t)argc + 1, sizeof(*argv_copy));
	int error = 0;

	if (!argv_copy)
		return -ENOMEM;
	memcpy(argv_copy, argv, (size_t)argc * sizeof(*argv_copy));
	make_getopt_tables(&tables);
	if (!asks_for_help(argc, argv_copy, &tables, &options))
		error = parse_all(argc, argv, &tables, &options, ret_error);
	free(argv_copy);
	if (error < 0) {
		np_options_free(&options);
		return error;
	}
	*ret = options;
	return 0;
}

void np_options_free(struct np_options *options)
{
	free(options->targets);
	np_column_choice_free(&options->columns);
	*options = (struct np_options){ 0 };
}

int np_options_check_nodes(const struct np_options *options, const struct np_system *system, char **ret_error)
{
	int64_t node = np_column_choice_missing_node(&options->columns, &options->sort, system);

	if (node < 0)
		return 0;
	return asprintf(ret_error, _("column 'N%d': node %d is not online"), (int)node, (int)node) < 0 ? -ENOMEM :
													   -EINVAL;
}

bool np_options_need_numa_maps(const struct np_options *options)
{
	return np_column_choice_needs_numa_maps(&options->columns, &options->sort);
}

static void print_option(const struct np_option *option, FILE *out)
{
	char synopsis[40];
	const char *name = option->argument_name ? _(option->argument_name) : "";

	switch (option->argument) {
	case NP_ARGUMENT_NONE:
		snprintf(synopsis, sizeof(synopsis), "--%s", option->name);
		break;
	case NP_ARGUMENT_REQUIRED:
		snprintf(synopsis, sizeof(synopsis), "--%s %s", option->name, name);
		break;
	case NP_ARGUMENT_OPTIONAL:
		snprintf(synopsis, sizeof(synopsis), "--%s[=%s]", option->name, name);
		break;
	}
	if (option->letter)
		fprintf(out, " -%c, %-20s %s\n", option->letter, synopsis, _(option->help));
	else
		fprintf(out, "     %-20s %s\n", synopsis, _(option->help));
}

void np_options_help(FILE *out)
{
	static const char *const headings[] = {
		[NP_GROUP_SELECTION] = N_("Which memory:"),   [NP_GROUP_VIEW] = N_("What is shown:"),
		[NP_GROUP_FORMAT] = N_("How it is shown:"),   [NP_GROUP_SOURCE] = N_("Where page states come from:"),
		[NP_GROUP_GENERAL] = N_("In general:"),
	};

	fprintf(out, "%s\n", _("Usage: numaprobe [options] PID|COMMAND...\n"
				"Show on which NUMA nodes a process's memory is, which of it NUMA balancing has\n"
				"hinted, and whether reading smaps can be trusted on this kernel."));
	for (enum np_option_group group = 0; group < NP_GROUPS; group++) {
		fprintf(out, "\n%s\n", _(headings[group]));
		for (size_t i = 0; i < OPTION_COUNT; i++)
			if (table[i].group == group)
				print_option(&table[i], out);
	}
	fprintf(out, "\n%s\n", _("An option of mappings shows their table, as -v does; of several processes it\n"
				  "has a column PID. Exit status: 0 all well, 1 failure, 2 wrong usage, 3 something\n"
				  "could not be read. More is in numaprobe(8)."));
}
