/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what the user named to the processes that are meant, each once. */
#ifndef NUMAPROBE_SELECT_H
#define NUMAPROBE_SELECT_H

#include "options.h"
#include "snapshot.h"

struct np_selected {
	pid_t pid;
	bool named; /* by its PID or its command: that it has no memory, or has ended, is worth a word */
};

struct np_selection {
	size_t count;
	struct np_selected *selected; /* PIDs in the order of the command line, then the others, ascending */
};

/*
 * The processes that the options select now, but for ignore (numaprobe-walk; 0: none) and this program itself. What
 * names no process is a problem of the snapshot. 0 or -ENOMEM; *ret, untouched then, is for np_selection_free().
 */
int np_select(const struct np_options *options, int root_fd, pid_t ignore, struct np_snapshot *snapshot,
	      struct np_selection *ret);
void np_selection_free(struct np_selection *selection);

#endif
