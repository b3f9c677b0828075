/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: from argv to a struct np_options, by the table of options. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "experiment.h"
#include "i18n.h"
#include "option_table.h"

#define PID_LIMIT 4194304 /* PID_MAX_LIMIT of 64-bit kernels: no process has a greater number */

/* Options of one row exclude each other. A report has one shape, so what shapes a table is not for it. */
static const char *const exclusive[][3] = {
	{ "json", "raw", "pairs" },
	{ "output", "output-all" },
	{ "json", "sort" },
	{ "json", "nonzero" },
	{ "json", "noheadings" },
	{ "watch", "map" },
	{ "watch", "svg" },
	{ "map", "vmas" },
	{ "map", "json" },
	{ "map", "raw", "pairs" },
	{ "map", "openmetrics" },
	{ "map", "output", "output-all" },
	{ "map", "sort" },
	{ "map", "nonzero" },
	{ "watch", "compare" },
	{ "watch", "explain" },
	{ "watch", "experiment", "check-kernel" },
	{ "watch", "report" },
	{ "watch", "replay" },
	{ "watch", "redact" },
	{ "replay", "tree", "cgroup" },
	{ "compare", "raw", "pairs" },
	{ "compare", "range" },
	{ "experiment", "raw", "pairs" },
	{ "experiment", "range" },
	{ "experiment", "check-kernel", "replay" },
	{ "quick", "rounds" },
	{ "quick", "with-kvm" },
	{ "check-kernel", "compare", "experiment" },
	{ "check-kernel", "range" },
	{ "check-kernel", "vmas" },
	{ "check-kernel", "all" },
	{ "check-kernel", "tree" },
	{ "check-kernel", "cgroup" },
	{ "check-kernel", "output" },
	{ "check-kernel", "output-all" },
	{ "check-kernel", "sort" },
	{ "check-kernel", "nonzero" },
	{ "check-kernel", "raw", "pairs" },
	{ "check-kernel", "map" },
	{ "check-kernel", "svg" },
	{ "check-kernel", "explain" },
	{ "json", "explain" },
	{ "openmetrics", "json" },
	{ "openmetrics", "raw", "pairs" },
	{ "openmetrics", "explain" },
	{ "openmetrics", "vmas" },
	{ "openmetrics", "range" },
	{ "openmetrics", "output", "output-all" },
	{ "openmetrics", "sort" },
	{ "openmetrics", "nonzero" },
	{ "openmetrics", "noheadings" },
	{ "explain", "raw", "pairs" },
	{ "replay", "compare", "check-kernel" },
	{ "replay", "range" },
	{ "replay", "source" },
};

/* The first has no meaning without the second, or without the third. */
static const char *const needs[][3] = {
	{ "freeze", "experiment" },
	{ "rounds", "experiment", "check-kernel" },
	{ "quick", "check-kernel" },
	{ "strict", "check-kernel" },
	{ "with-kvm", "check-kernel" },
};

static size_t option_index(const char *name)
{
	size_t i = 0;

	while (strcmp(np_option_table[i].name, name) != 0)
		i++;
	return i;
}

/* What getopt_long() answers for a row: its index, past all characters. */
#define VALUE_OF_INDEX(i) (256 + (int)(i))

static const struct np_option *option_of_value(int value)
{
	if (value >= VALUE_OF_INDEX(0))
		return &np_option_table[value - VALUE_OF_INDEX(0)];
	for (size_t i = 0; i < np_option_count; i++)
		if (np_option_table[i].letter != 0 && np_option_table[i].letter == value)
			return &np_option_table[i];
	return NULL;
}

struct getopt_tables {
	struct option longs[NP_OPTION_LIMIT + 1];
	char shorts[3 * NP_OPTION_LIMIT + 2];
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
	for (size_t i = 0; i < np_option_count; i++) {
		const struct np_option *row = &np_option_table[i];

		ret->longs[i] = (struct option){ row->name, has_arg[row->argument], NULL, VALUE_OF_INDEX(i) };
		if (row->letter == 0)
			continue;
		*end++ = row->letter;
		for (enum np_argument colons = 0; colons < row->argument; colons++)
			*end++ = ':';
	}
	*end = '\0';
	ret->longs[np_option_count] = (struct option){ 0 };
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
	const char letter[] = { (char)optopt, '\0' };
	const struct np_option *option = option_of_value(optopt);

	if (option && argument_missing)
		return np_usage_error(ret_error, option->name, _("option '--%s' needs an argument"));
	if (option)
		return np_usage_error(ret_error, option->name, _("option '--%s' takes no argument"));
	if (optopt != 0)
		return np_usage_error(ret_error, letter, _("unknown option '-%s'"));
	return np_usage_error(ret_error, argv[optind - 1], _("unknown or ambiguous option '%s'"));
}

static int apply(const struct np_option *option, struct np_options *options, bool seen[NP_OPTION_LIMIT],
		 char **ret_error)
{
	seen[option - np_option_table] = true;
	if (option->shapes_table)
		options->shaped = true;
	if (option->parse)
		return option->parse(optarg, options, ret_error);
	*((bool *)((char *)options + option->field)) = true;
	return 0;
}

/* The name under which an option was given, or NULL: --count watches too. */
static const char *given_as(const bool seen[NP_OPTION_LIMIT], const char *name)
{
	if (seen[option_index(name)])
		return name;
	return strcmp(name, "watch") == 0 && seen[option_index("count")] ? "count" : NULL;
}

static int check_exclusive(const bool seen[NP_OPTION_LIMIT], char **ret_error)
{
	for (size_t i = 0; i < sizeof(exclusive) / sizeof(exclusive[0]); i++) {
		const char *first = NULL;

		for (size_t j = 0; j < 3 && exclusive[i][j]; j++) {
			const char *name = given_as(seen, exclusive[i][j]);

			if (!name)
				continue;
			if (first && asprintf(ret_error, _("--%s and --%s exclude each other"), first, name) < 0)
				return -ENOMEM;
			if (first)
				return -EINVAL;
			first = name;
		}
	}
	return 0;
}

bool np_is_standard_output(const char *path)
{
	return path && strcmp(path, "-") == 0;
}

/* Standard output is one document's: JSON, which a report is too, a picture, or metrics. */
static int check_standard_output(const struct np_options *options, char **ret_error)
{
	bool json = options->format == NP_FORMAT_JSON || np_is_standard_output(options->report);
	bool metrics = options->format == NP_FORMAT_METRICS && (!options->metrics || np_is_standard_output(options->metrics));

	if (json + metrics + np_is_standard_output(options->svg) <= 1)
		return 0;
	*ret_error = strdup(_("standard output takes one document: give the others a FILE"));
	return *ret_error ? -EINVAL : -ENOMEM;
}

static int check_rounds(const bool seen[NP_OPTION_LIMIT], const struct np_options *options, char **ret_error)
{
	if (options->rounds || !seen[option_index("experiment")] || options->freeze)
		return 0;
	*ret_error = strdup(_("--rounds 0 leaves nothing to try without --freeze"));
	return *ret_error ? -EINVAL : -ENOMEM;
}

/* JSON has one shape: -o only asks for what it leaves out otherwise, policies and page sizes. */
static int check_json_columns(const bool seen[NP_OPTION_LIMIT], const struct np_options *options, char **ret_error)
{
	if (options->format != NP_FORMAT_JSON || !seen[option_index("output")] ||
	    np_column_choice_needs_only_numa_maps(&options->columns))
		return 0;
	*ret_error = strdup(_("--json has one shape; of -o's columns it takes policy and pagesize, which have to be asked "
			      "for"));
	return *ret_error ? -EINVAL : -ENOMEM;
}

static int check_needs(const bool seen[NP_OPTION_LIMIT], char **ret_error)
{
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (!seen[option_index(needs[i][0])] || seen[option_index(needs[i][1])] ||
		    (needs[i][2] && seen[option_index(needs[i][2])]))
			continue;
		return asprintf(ret_error, _("--%s goes with --%s"), needs[i][0], needs[i][1]) < 0 ? -ENOMEM : -EINVAL;
	}
	return 0;
}

static int parse_target(const char *word, struct np_target_spec *ret, char **ret_error)
{
	unsigned long pid;

	if (*word == '\0')
		return np_usage_error(ret_error, word, _("invalid target '%s': give a PID or a command name"));
	if (word[strspn(word, "0123456789")] != '\0') {
		*ret = (struct np_target_spec){ 0, word };
		return 0;
	}
	pid = strtoul(word, NULL, 10); /* ULONG_MAX where it is more */
	if (pid < 1 || pid > PID_LIMIT)
		return np_usage_error(ret_error, word, _("invalid PID '%s': PIDs are 1 to 4194304"));
	*ret = (struct np_target_spec){ (pid_t)pid, NULL };
	return 0;
}

static int parse_targets(char **words, size_t count, struct np_options *options, char **ret_error)
{
	if (count == 0 && (options->list_columns || options->all || options->cgroup_count || options->check_kernel ||
			   options->replay))
		return 0;
	if (options->check_kernel)
		return np_usage_error(ret_error, words[0], _("--check-kernel takes no target, such as '%s'"));
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

bool np_options_select_groups(const struct np_options *options)
{
	bool named = false;

	for (size_t i = 0; i < options->target_count; i++)
		named |= !options->targets[i].pid;
	return named || options->all || options->tree || options->cgroup_count;
}

/* The table of --watch: of processes, or with -v of mappings. */
static int choose_watched_table(struct np_options *options, char **ret_error)
{
	const char *mistake = NULL;

	options->threads = false;
	options->columns.watched = true;
	options->columns.processes = !options->vmas;
	if (options->format == NP_FORMAT_METRICS && (!options->metrics || strcmp(options->metrics, "-") == 0))
		mistake = _("--watch with --openmetrics replaces a file at every look: give --openmetrics=FILE");
	else if (options->vmas && np_options_need_numa_maps(options))
		mistake = _("--watch does not read numa_maps again and again, which would disturb the process: leave out "
			    "its columns, POLICY and PAGESIZE");
	else if (!options->vmas && np_column_choice_names_mappings(&options->columns, &options->sort))
		mistake = _("--watch shows processes, which lack the columns of mappings, unless -v is given");
	if (!mistake)
		return 0;
	*ret_error = strdup(mistake);
	return *ret_error ? -EINVAL : -ENOMEM;
}

/*
 * Which table: -v asks for mappings. What only shapes a table shapes that of processes where targets are named as
 * groups, so that its columns don't depend on how many there are, unless a column asks for mappings.
 */
static int choose_table(struct np_options *options, char **ret_error)
{
	bool groups = np_options_select_groups(options);

	options->threads = options->vmas && options->format != NP_FORMAT_RAW && options->format != NP_FORMAT_PAIRS;
	if (options->count && !options->watch_ns)
		options->watch_ns = 1000000000;
	if (options->watch_ns)
		return choose_watched_table(options, ret_error);
	if (options->shaped && (!groups || np_column_choice_names_mappings(&options->columns, &options->sort)))
		options->vmas = true;
	if (options->vmas)
		return 0;
	options->processes = options->shaped || options->all || options->tree || options->cgroup_count;
	options->columns.processes = groups;
	return 0;
}

static int parse_all(int argc, char **argv, const struct getopt_tables *tables, struct np_options *options,
		     char **ret_error)
{
	bool seen[NP_OPTION_LIMIT] = { false };
	int value, error;

	restart_getopt();
	while ((value = getopt_long(argc, argv, tables->shorts, tables->longs, NULL)) != -1) {
		const struct np_option *option = option_of_value(value);

		if (!option) /* '?' or ':' */
			return bad_option(argv, value == ':', ret_error);
		error = apply(option, options, seen, ret_error);
		if (error < 0)
			return error;
	}
	error = check_exclusive(seen, ret_error);
	if (error == 0)
		error = check_needs(seen, ret_error);
	if (error == 0)
		error = check_json_columns(seen, options, ret_error);
	if (error == 0)
		error = check_standard_output(options, ret_error);
	if (error == 0)
		error = check_rounds(seen, options, ret_error);
	if (error < 0)
		return error;
	error = parse_targets(argv + optind, (size_t)(argc - optind), options, ret_error);
	return error ? error : choose_table(options, ret_error);
}

int np_options_parse(int argc, char **argv, struct np_options *ret, char **ret_error)
{
	struct np_options options = { .rounds = NP_ROUNDS };
	struct getopt_tables tables = { 0 };
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
	free(options->cgroups);
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
		[NP_GROUP_SELECTION] = N_("Which processes and memory:"),   [NP_GROUP_VIEW] = N_("What is shown:"),
		[NP_GROUP_FORMAT] = N_("How it is shown:"),   [NP_GROUP_SOURCE] = N_("Where page states come from:"),
		[NP_GROUP_VERDICT] = N_("Whether the kernel's numbers can be trusted:"),
		[NP_GROUP_CASE] = N_("Support cases:"),       [NP_GROUP_GENERAL] = N_("In general:"),
	};

	fprintf(out, "%s\n", _("Usage: numaprobe [options] PID|COMMAND...\n"
				"Show on which NUMA nodes a process's memory is, which of it NUMA balancing has\n"
				"hinted, and whether reading smaps can be trusted on this kernel."));
	for (enum np_option_group group = 0; group < NP_GROUPS; group++) {
		fprintf(out, "\n%s\n", _(headings[group]));
		for (size_t i = 0; i < np_option_count; i++)
			if (np_option_table[i].group == group)
				print_option(&np_option_table[i], out);
	}
	fprintf(out, "\n%s\n", _("An option of a table asks for one: of processes where they are named as a\n"
				  "group (by command, -a, -t or -g), else of mappings, as -v does. Exit status:\n"
				  "0 all well, 1 failure, 2 wrong usage, 3 something could not be read, 4 a defect\n"
				  "was found (-k, -x). More is in numaprobe(8)."));
}
