/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of node numbers as the kernel writes them. */
#include "parse_list.h"

#include <errno.h>

#include "parse_number.h"

static int take_range(struct np_span *span, struct np_node_list *list)
{
	unsigned first, last;
	int err;

	err = np_take_unsigned(span, &first);
	if (err < 0)
		return err;
	last = first;
	if (np_take_text(span, "-"))
		err = np_take_unsigned(span, &last);
	if (err < 0)
		return err;
	if (last < first || (list->count > 0 && first <= list->numbers[list->count - 1]))
		return -EINVAL;
	if (last >= NP_MAX_NODES)
		return -ERANGE;
	for (unsigned number = first; number <= last; number++)
		list->numbers[list->count++] = number;
	return 0;
}

int np_parse_list(const char *text, size_t length, struct np_node_list *ret)
{
	struct np_span span = np_span_make(text, length);
	struct np_node_list list = { 0 };
	int err;

	if (span.next < span.end && span.end[-1] == '\n')
		span.end--;
	if (span.next < span.end) {
		do {
			err = take_range(&span, &list);
			if (err < 0)
				return err;
		} while (np_take_text(&span, ","));
	}
	if (span.next < span.end)
		return -EINVAL;
	*ret = list;
	return 0;
}
