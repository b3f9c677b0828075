/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options: the source of getopt_long(), of --help, and of what checks the man page. */
#ifndef NUMAPROBE_OPTION_TABLE_H
#define NUMAPROBE_OPTION_TABLE_H

#include "options.h"

#define NP_OPTION_LIMIT 64 /* the table has no more rows */

enum np_option_group {
	NP_GROUP_SELECTION,
	NP_GROUP_VIEW,
	NP_GROUP_FORMAT,
	NP_GROUP_VERDICT,
	NP_GROUP_CASE,
	NP_GROUP_SOURCE,
	NP_GROUP_GENERAL,
	NP_GROUPS,
};

enum np_argument { NP_ARGUMENT_NONE, NP_ARGUMENT_REQUIRED, NP_ARGUMENT_OPTIONAL };

/* A row of the table: a switch sets a bool, any other has a parser. */
struct np_option {
	char letter; /* 0: long only */
	const char *name;
	enum np_argument argument;
	const char *argument_name;
	enum np_option_group group;
	const char *help;
	bool shapes_table;    /* has no meaning but for a table, of processes or of mappings, so it asks for one */
	size_t field;	      /* of struct np_options: the bool that the option sets, where it has no parser */
	/* Takes the argument, NULL where an optional one is missing. 0, -ENOMEM, or -EINVAL with *ret_error. */
	int (*parse)(const char *argument, struct np_options *options, char **ret_error);
};

/* In the order of --help. */
extern const struct np_option np_option_table[];
extern const size_t np_option_count;

/*
 * Write one line of error text about something that the user wrote, which is made safe to show and
 * takes the place of %s in the format. Always a failure: -EINVAL, or -ENOMEM.
 */
int np_usage_error(char **ret_error, const char *bytes, const char *format) __attribute__((format(printf, 3, 0)));

#endif
