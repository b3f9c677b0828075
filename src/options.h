/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line as a struct; option_table.h has the table that it is parsed by. */
#ifndef NUMAPROBE_OPTIONS_H
#define NUMAPROBE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "column_choice.h"

enum np_format { NP_FORMAT_TEXT, NP_FORMAT_JSON, NP_FORMAT_RAW, NP_FORMAT_PAIRS, NP_FORMAT_METRICS };
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
	bool all, tree;			  /* all processes; targets with their descendants */
	size_t cgroup_count;
	const char **cgroups;		  /* each points into argv */
	uint64_t range_start, range_end; /* bytes, whole pages; both 0: everything */
	bool shaped;			 /* an option was given that shapes a table */
	bool vmas;			 /* the mappings are wanted: -v, or a shaped table that is not of processes */
	bool processes;			 /* the table of processes is wanted, however many there are */
	bool threads;			 /* and each thread below them: -v */
	bool map;			 /* a map of the address space on the terminal */
	const char *svg;		 /* the same as a picture, to this file; NULL: not wanted */
	bool nonzero;
	struct np_column_choice columns;
	struct np_column_ref sort; /* column NULL: by address */
	bool sort_descending;
	uint64_t watch_ns;		 /* from one look to the next; 0: one look only */
	uint64_t count;			 /* of looks; 0: no end */
	enum np_format format;
	bool noheadings, bytes, quiet;
	enum np_color_when color;
	enum np_source_choice source;
	unsigned walkers; /* at most, for a large target; 0: one */
	bool check_kernel, quick, strict, with_kvm; /* no target: the tests of the kernel; the others belong to it */
	bool compare;
	uint64_t experiment; /* readers, see np_experiment_parse(); 0: not wanted */
	unsigned rounds;
	bool freeze;
	uint64_t compare_readers; /* see np_compare_parse(); 0: all */
	const char *report, *replay; /* files, of argv; NULL: not asked for */
	const char *metrics; /* file of --openmetrics; NULL: standard output */
	bool redact, explain;
};

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

/* Targets are named in a way that one, none or many processes can answer to. */
bool np_options_select_groups(const struct np_options *options);

/* The mappings' policies and page sizes are asked for. */
bool np_options_need_numa_maps(const struct np_options *options);

/* --help's text. */
void np_options_help(FILE *out);

/* A FILE of the command line that is standard output: "-". NULL, one that was not given, is none. */
bool np_is_standard_output(const char *path);

#endif
