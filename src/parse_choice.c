/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that show which of several words is chosen. */
#include "parse_choice.h"

#include <errno.h>
#include <string.h>

#include "parse_number.h"

int np_parse_choice(const char *text, size_t length, char **ret)
{
	struct np_span rest = np_span_make(text, length), before, chosen;

	if (!np_take_until(&rest, '[', &before) || !np_take_until(&rest, ']', &chosen))
		return -EINVAL;
	if (chosen.next == chosen.end || memchr(rest.next, '[', np_span_length(rest)))
		return -EINVAL;
	return np_span_copy(chosen, ret);
}
