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
#include "team.h"

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

static int parse_cgroup(const char *argument, struct np_options *options, char **ret_error)
{
	const char **more;

	if (*argument == '\0')
		return np_usage_error(ret_error, argument, _("invalid cgroup '%s': give its path"));
	more = reallocarray(options->cgroups, options->cgroup_count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	more[options->cgroup_count++] = argument;
	options->cgroups = more;
	return 0;
}

static int bad_interval(const char *text, char **ret_error)
{
	return np_usage_error(ret_error, text, _("invalid interval '%s': give seconds, 0.01 to 86400"));
}

/* Seconds, maybe with a fraction, without the locale: 0.01 to 86400. */
static int parse_watch(const char *argument, struct np_options *options, char **ret_error)
{
	const char *text = argument ? argument : "1", *at = text;
	uint64_t ns = 0, digit_ns = 1000000000;

	for (; *at >= '0' && *at <= '9' && ns <= 86400; at++)
		ns = ns * 10 + (uint64_t)(*at - '0');
	if (ns > 86400)
		return bad_interval(text, ret_error);
	ns *= 1000000000;
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9'; at++)
			ns += (uint64_t)(*at - '0') * (digit_ns /= 10);
	if (*at != '\0' || ns < 10000000 || ns > 86400ULL * 1000000000)
		return bad_interval(text, ret_error);
	options->watch_ns = ns;
	return 0;
}

static int parse_svg(const char *argument, struct np_options *options, char **ret_error __attribute__((unused)))
{
	options->svg = argument;
	return 0;
}

static int parse_count(const char *argument, struct np_options *options, char **ret_error)
{
	char *end;
	unsigned long count = strtoul(argument, &end, 10);

	if (*argument < '0' || *argument > '9' || *end != '\0' || count == 0 || count > UINT32_MAX)
		return np_usage_error(ret_error, argument, _("invalid count '%s': give 1 to 4294967295"));
	options->count = count;
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

static int parse_walkers(const char *argument, struct np_options *options, char **ret_error)
{
	size_t digits = strspn(argument, "0123456789");
	unsigned long walkers = strtoul(argument, NULL, 10);

	if (!digits || argument[digits] || walkers < 1 || walkers > NP_TEAM_MOST)
		return np_usage_error(ret_error, argument, _("invalid number of threads '%s': give 1 to 64"));
	options->walkers = (unsigned)walkers;
	return 0;
}

static int parse_report(const char *argument, struct np_options *options,
			char **ret_error __attribute__((unused)))
{
	options->report = argument;
	return 0;
}

static int parse_replay(const char *argument, struct np_options *options,
			char **ret_error __attribute__((unused)))
{
	options->replay = argument;
	return 0;
}

static int parse_metrics(const char *argument, struct np_options *options,
			 char **ret_error __attribute__((unused)))
{
	options->format = NP_FORMAT_METRICS;
	options->metrics = argument;
	return 0;
}

#define FIELD(name) .field = offsetof(struct np_options, name)

/* In the order of --help, by group. */
const struct np_option np_option_table[] = {
	{ 'a', "all", NP_ARGUMENT_NONE, NULL, NP_GROUP_SELECTION, N_("all processes"), FIELD(all) },
	{ 't', "tree", NP_ARGUMENT_NONE, NULL, NP_GROUP_SELECTION, N_("the targets and all their descendants"),
	  FIELD(tree) },
	{ 'g', "cgroup", NP_ARGUMENT_REQUIRED, N_("PATH"), NP_GROUP_SELECTION,
	  N_("the processes of a cgroup and of those below it"), .parse = parse_cgroup },
	{ 0, "range", NP_ARGUMENT_REQUIRED, N_("START-END"), NP_GROUP_SELECTION,
	  N_("only these addresses (hexadecimal, as in maps)"), .parse = parse_range },

	{ 'v', "vmas", NP_ARGUMENT_NONE, NULL, NP_GROUP_VIEW, N_("one line for each mapping"), FIELD(vmas) },
	{ 'o', "output", NP_ARGUMENT_REQUIRED, N_("LIST"), NP_GROUP_VIEW,
	  N_("table: these columns; +LIST: these too"), true, .parse = parse_output },
	{ 0, "output-all", NP_ARGUMENT_NONE, NULL, NP_GROUP_VIEW, N_("table: all columns"), true,
	  .parse = parse_output_all },
	{ 's', "sort", NP_ARGUMENT_REQUIRED, N_("COL[:desc]"), NP_GROUP_VIEW,
	  N_("table: sorted by this column"), true, .parse = parse_sort },
	{ 'z', "nonzero", NP_ARGUMENT_NONE, NULL, NP_GROUP_VIEW, N_("table: only rows that hold a page"), true,
	  FIELD(nonzero) },
	{ 0, "explain", NP_ARGUMENT_NONE, NULL, NP_GROUP_VIEW, N_("also say what the figures mean"), FIELD(explain) },
	{ 'H', "list-columns", NP_ARGUMENT_NONE, NULL, NP_GROUP_VIEW, N_("list the columns, and exit"),
	  FIELD(list_columns) },
	{ 'm', "map", NP_ARGUMENT_NONE, NULL, NP_GROUP_VIEW, N_("a map of the address space"), FIELD(map) },
	{ 0, "svg", NP_ARGUMENT_REQUIRED, N_("FILE"), NP_GROUP_VIEW, N_("the same as a picture"), .parse = parse_svg },
	{ 'w', "watch", NP_ARGUMENT_OPTIONAL, N_("SECONDS"), NP_GROUP_VIEW,
	  N_("look again and again, every second or so often"), .parse = parse_watch },
	{ 'c', "count", NP_ARGUMENT_REQUIRED, N_("N"), NP_GROUP_VIEW, N_("look so many times, then end"),
	  .parse = parse_count },

	{ 'J', "json", NP_ARGUMENT_NONE, NULL, NP_GROUP_FORMAT, N_("everything as JSON; with -v its mappings too"),
	  .parse = parse_json },
	{ 'r', "raw", NP_ARGUMENT_NONE, NULL, NP_GROUP_FORMAT, N_("table: raw columns, one blank between them"),
	  true, .parse = parse_raw },
	{ 'P', "pairs", NP_ARGUMENT_NONE, NULL, NP_GROUP_FORMAT, N_("table: KEY=\"value\" pairs"), true,
	  .parse = parse_pairs },
	{ 0, "openmetrics", NP_ARGUMENT_OPTIONAL, N_("FILE"), NP_GROUP_FORMAT,
	  N_("metrics for Prometheus, to standard output or FILE"), .parse = parse_metrics },
	{ 'n', "noheadings", NP_ARGUMENT_NONE, NULL, NP_GROUP_FORMAT, N_("table: no headings"), true,
	  FIELD(noheadings) },
	{ 'b', "bytes", NP_ARGUMENT_NONE, NULL, NP_GROUP_FORMAT, N_("sizes in bytes, not in units such as 12.1G"),
	  FIELD(bytes) },
	{ 0, "color", NP_ARGUMENT_OPTIONAL, N_("WHEN"), NP_GROUP_FORMAT, N_("auto (default), always or never"),
	  .parse = parse_color },

	{ 'C', "compare", NP_ARGUMENT_OPTIONAL, N_("FILE,..."), NP_GROUP_VERDICT,
	  N_("hold smaps, status, ... against page tables"), .parse = parse_compare },
	{ 0, "report", NP_ARGUMENT_REQUIRED, N_("FILE"), NP_GROUP_CASE,
	  N_("also write all that is known to FILE (.zst: packed)"), .parse = parse_report },
	{ 0, "replay", NP_ARGUMENT_REQUIRED, N_("FILE"), NP_GROUP_CASE,
	  N_("show a report, made elsewhere, instead of this machine"), .parse = parse_replay },
	{ 0, "redact", NP_ARGUMENT_NONE, NULL, NP_GROUP_CASE,
	  N_("tokens for paths and command names, no addresses"), FIELD(redact) },

	{ 'k', "check-kernel", NP_ARGUMENT_NONE, NULL, NP_GROUP_VERDICT,
	  N_("test this kernel, on memory of numaprobe's own"), FIELD(check_kernel) },
	{ 0, "quick", NP_ARGUMENT_NONE, NULL, NP_GROUP_VERDICT, N_("check: only what takes less than a second"),
	  FIELD(quick) },
	{ 0, "strict", NP_ARGUMENT_NONE, NULL, NP_GROUP_VERDICT, N_("check: costs by design are findings too"),
	  FIELD(strict) },
	{ 0, "with-kvm", NP_ARGUMENT_NONE, NULL, NP_GROUP_VERDICT, N_("check: run a tiny guest too (/dev/kvm)"),
	  FIELD(with_kvm) },

	{ 'x', "experiment", NP_ARGUMENT_OPTIONAL, N_("READER,..."), NP_GROUP_VERDICT,
	  N_("try what readers do to the target"), .parse = parse_experiment },
	{ 0, "rounds", NP_ARGUMENT_REQUIRED, N_("N"), NP_GROUP_VERDICT, N_("so many windows of each kind (default 5)"),
	  .parse = parse_rounds },
	{ 0, "freeze", NP_ARGUMENT_NONE, NULL, NP_GROUP_VERDICT, N_("stop it for moments, to see what clears hints"),
	  FIELD(freeze) },

	{ 0, "source", NP_ARGUMENT_REQUIRED, N_("SOURCE"), NP_GROUP_SOURCE,
	  N_("auto (default: the best that works), bpf or pagemap"), .parse = parse_source },
	{ 0, "threads", NP_ARGUMENT_REQUIRED, N_("N"), NP_GROUP_SOURCE,
	  N_("read large targets (over 32 GiB) on up to N CPUs"), .parse = parse_walkers },

	{ 'q', "quiet", NP_ARGUMENT_NONE, NULL, NP_GROUP_GENERAL, N_("no notes and no progress on standard error"),
	  FIELD(quiet) },
	{ 'h', "help", NP_ARGUMENT_NONE, NULL, NP_GROUP_GENERAL, N_("show this help, and exit"), FIELD(help) },
	{ 'V', "version", NP_ARGUMENT_NONE, NULL, NP_GROUP_GENERAL, N_("show the version, and exit"), FIELD(version) },
};

#define OPTION_COUNT (sizeof(np_option_table) / sizeof(np_option_table[0]))

_Static_assert(OPTION_COUNT <= NP_OPTION_LIMIT, "NP_OPTION_LIMIT has to grow with the table");

const size_t np_option_count = OPTION_COUNT;
