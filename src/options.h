/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line. One table of options is the source of getopt_long(), of --help, and of the
 * checks that the man page and the completions know the same options.
 */
#ifndef NUMAPROBE_OPTIONS_H
#define NUMAPROBE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "column_choice.h"

enum np_format { NP_FORMAT_TEXT, NP_FORMAT_JSON, NP_FORMAT_RAW, NP_FORMAT_PAIRS };
enum np_color_when { NP_COLOR_AUTO, NP_COLOR_ALWAYS, NP_COLOR_NEVER };
enum np_source_choice { NP_SOURCE_AUTO, NP_SOURCE_BPF, NP_SOURCE_PAGEMAP };

/* What the user named: a process, or a command of which there may be none or many. */
struct np_target_spec {
	pid_t pid;	     /* 0: the command counts */
	const char *command; /* points into argv; NULL where pid counts */
};

struct np_options {
	bool help, version, list_columns; /* these want no target; help and version come before all else */
	size_t target_count;
	struct np_target_spec *targets;
	uint64_t range_start, range_end; /* bytes, whole pages; both 0: everything */
	bool vmas;			 /* the mappings are wanted: -v, or an option that shapes their table */
	bool nonzero;
	struct np_column_choice columns;
	struct np_column_ref sort; /* column NULL: by address */
	bool sort_descending;
	enum np_format format;
	bool noheadings, bytes, quiet;
	enum np_color_when color;
	enum np_source_choice source;
};

enum np_option_group { NP_GROUP_SELECTION, NP_GROUP_VIEW, NP_GROUP_FORMAT, NP_GROUP_SOURCE, NP_GROUP_GENERAL, NP_GROUPS };

enum np_argument { NP_ARGUMENT_NONE, NP_ARGUMENT_REQUIRED, NP_ARGUMENT_OPTIONAL };

/* A row of the table: a switch sets a bool, any other has a parser. */
struct np_option {
	char letter; /* 0: long only */
	const char *name;
	enum np_argument argument;
	const char *argument_name;
	enum np_option_group group;
	const char *help;
	bool shapes_mappings; /* has no meaning but for the table of mappings, so it asks for them */
	size_t field;	      /* of struct np_options: the bool that the option sets, where it has no parser */
	/* Takes the argument, NULL where an optional one is missing. 0, -ENOMEM, or -EINVAL with *ret_error. */
	int (*parse)(const char *argument, struct np_options *options, char **ret_error);
};

/* The table. */
const struct np_option *np_option_table(size_t *ret_count);

/*
 * Parse a command line; argv may be reordered, and has to outlive the result. Nothing is printed.
 * 0; -ENOMEM; or -EINVAL with one line in *ret_error, without the program's name, which the caller
 * frees. *ret is untouched on failure. Not thread-safe, as getopt_long() is not.
 */
int np_options_parse(int argc, char **argv, struct np_options *ret, char **ret_error);
void np_options_free(struct np_options *options);

/*
 * What can only be checked with the system at hand: the nodes that columns were named by.
 * 0, -ENOMEM, or -EINVAL as above.
 */
int np_options_check_nodes(const struct np_options *options, const struct np_system *system, char **ret_error);

/* The mappings' policies and page sizes are asked for. */
bool np_options_need_numa_maps(const struct np_options *options);

/* --help's text. */
void np_options_help(FILE *out);

#endif
