/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that show which of several words is chosen: "always [madvise] never". */
#ifndef NUMAPROBE_PARSE_CHOICE_H
#define NUMAPROBE_PARSE_CHOICE_H

#include <stddef.h>

/*
 * The word in brackets, as an allocated string. 0; -EINVAL where there is none, or more than one;
 * -ENOMEM. *ret is untouched on failure.
 */
int np_parse_choice(const char *text, size_t length, char **ret);

#endif
