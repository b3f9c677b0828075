/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options, and what makes values of their arguments. */
#include "option_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare.h"
#include "escape.h"
#include "experiment.h"
#include "i18n.h"

int np_usage_error(char **ret_error, const char *bytes, const char *format)
{
	char *text = np_escape(bytes, false);
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
		return np_usage_error(ret_error, argument, _("invalid range '%s': give START-END in hexadecimal"));
	argument += length + 1;
	length = parse_address(argument, &end);
	if (length == 0 || argument[length] != '\0')
		return np_usage_error(ret_error, argument, _("invalid end of the range '%s': give it in hexadecimal"));
	if (start >= end)
		return np_usage_error(ret_error, argument, _("the range ends at '%s', not after its start"));
	if (end > UINT64_MAX - page + 1)
		return np_usage_error(ret_error, argument, _("the end of the range '%s' is too large"));
	options->range_start = start & ~(page - 1);
	options->range_end = (end + page - 1) & ~(page - 1);
	return 0;
}

static int unknown_column(const char *name, size_t length, char **ret_error)
{
	char *copy = strndup(name, length);
	int error = copy ? np_usage_error(ret_error, copy, _("unknown column '%s' (-H lists the columns)")) : -ENOMEM;

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
		return np_usage_error(ret_error, argument, _("cannot sort by '%s': name one node, such as N0"));
	if (*order != '\0' && strcmp(order, ":asc") != 0 && strcmp(order, ":desc") != 0)
		return np_usage_error(ret_error, order + 1, _("unknown order '%s': give asc or desc"));
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
		return np_usage_error(ret_error, argument, _("unknown color mode '%s': give auto, always or never"));
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
		return np_usage_error(ret_error, argument, _("unknown source '%s': give auto, bpf or pagemap"));
	options->source = (enum np_source_choice)source;
	return 0;
}

static int parse_compare(const char *argument, struct np_options *options, char **ret_error)
{
	const char *bad;
	size_t length;
	char *copy;
	int error;

	options->compare = true;
	if (!argument || np_compare_parse(argument, &options->compare_readers, &bad, &length) == 0)
		return 0;
	copy = strndup(bad, length);
	error = copy ? np_usage_error(ret_error, copy, _("'%s' cannot be compared: give status, statm, smaps, "
							 "smaps_rollup, numa_maps, pagemap or move_pages")) : -ENOMEM;
	free(copy);
	return error;
}

static int parse_experiment(const char *argument, struct np_options *options, char **ret_error)
{
	const char *bad;
	size_t length;
	char *copy;
	int error;

	options->experiment = np_experiment_default();
	if (!argument || np_experiment_parse(argument, &options->experiment, &bad, &length) == 0)
		return 0;
	copy = strndup(bad, length);
	error = copy ? np_usage_error(ret_error, copy,
				      _("no reader '%s': give maps, smaps, smaps_rollup, numa_maps, pagemap, status, statm, "
					"stat, move_pages, pagemap_scan, process_vm_readv or numaprobe")) : -ENOMEM;
	free(copy);
	return error;
}

static int parse_rounds(const char *argument, struct np_options *options, char **ret_error)
{
	size_t digits = strspn(argument, "0123456789");
	unsigned long rounds = strtoul(argument, NULL, 10);

	if (!digits || argument[digits] || rounds > NP_ROUNDS_MOST)
		return np_usage_error(ret_error, argument, _("invalid number of rounds '%s': give 0 to 64"));
	options->rounds = (unsigned)rounds;
	return 0;
}

#define FIELD(name) .field = offsetof(struct np_options, name)

/* In the order of --help, by group. */
const struct np_option np_option_table[] = {
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

	{ 'C', "compare", NP_ARGUMENT_OPTIONAL, N_("FILE,..."), NP_GROUP_VERDICT,
	  N_("hold smaps, status, ... against page tables"), .parse = parse_compare },

	{ 'x', "experiment", NP_ARGUMENT_OPTIONAL, N_("READER,..."), NP_GROUP_VERDICT,
	  N_("try what readers do to the target"), .parse = parse_experiment },
	{ 0, "rounds", NP_ARGUMENT_REQUIRED, N_("N"), NP_GROUP_VERDICT, N_("so many windows of each kind (default 4)"),
	  .parse = parse_rounds },
	{ 0, "freeze", NP_ARGUMENT_NONE, NULL, NP_GROUP_VERDICT, N_("stop it for moments, to see what clears hints"),
	  FIELD(freeze) },

	{ 0, "source", NP_ARGUMENT_REQUIRED, N_("SOURCE"), NP_GROUP_SOURCE,
	  N_("auto (default: the best that works), bpf or pagemap"), .parse = parse_source },

	{ 'q', "quiet", NP_ARGUMENT_NONE, NULL, NP_GROUP_GENERAL, N_("no notes and no progress on standard error"),
	  FIELD(quiet) },
	{ 'h', "help", NP_ARGUMENT_NONE, NULL, NP_GROUP_GENERAL, N_("show this help, and exit"), FIELD(help) },
	{ 'V', "version", NP_ARGUMENT_NONE, NULL, NP_GROUP_GENERAL, N_("show the version, and exit"), FIELD(version) },
};

#define OPTION_COUNT (sizeof(np_option_table) / sizeof(np_option_table[0]))

_Static_assert(OPTION_COUNT <= NP_OPTION_LIMIT, "NP_OPTION_LIMIT has to grow with the table");

const size_t np_option_count = OPTION_COUNT;
