/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of node numbers as the kernel writes them: "0-3,8,10-11". */
#ifndef NUMAPROBE_PARSE_LIST_H
#define NUMAPROBE_PARSE_LIST_H

#include <stddef.h>

#include "state.h"

struct np_node_list {
	size_t count;
	unsigned numbers[NP_MAX_NODES]; /* ascending, each once */
};

/*
 * One line, whose newline may be missing; an empty one is an empty list. 0; -EINVAL, also where the
 * numbers don't ascend; -ERANGE for a node that no kernel has. *ret is untouched on failure.
 */
int np_parse_list(const char *text, size_t length, struct np_node_list *ret);

#endif
