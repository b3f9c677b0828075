/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a node's directory. */
#include "parse_node.h"

#include <errno.h>

#include "parse_keys.h"

static const struct np_key meminfo_keys[] = {
	{ "MemTotal", offsetof(struct np_node_meminfo, total_bytes), NP_UNIT_KB },
	{ "MemFree", offsetof(struct np_node_meminfo, free_bytes), NP_UNIT_KB },
};

static void skip_node(struct np_span *line)
{
	struct np_span number;

	if (np_take_text(line, "Node ") && np_take_word(line, &number))
		np_skip_blanks(line);
}

int np_parse_node_meminfo(const char *text, size_t length, struct np_node_meminfo *ret)
{
	struct np_span rest = np_span_make(text, length), line;
	struct np_node_meminfo meminfo = { 0 };
	int err;

	if (!np_span_whole_lines(rest))
		return -EINVAL;
	while (np_take_line(&rest, &line)) {
		skip_node(&line);
		err = np_parse_key_line(line, ':', meminfo_keys, NP_ARRAY_SIZE(meminfo_keys), &meminfo);
		if (err < 0)
			return err;
	}
	*ret = meminfo;
	return 0;
}

/* Read so many numbers, and store them where there is somewhere to. */
static int take_distances(struct np_span line, size_t count, struct np_fact *ret)
{
	for (size_t i = 0; i < count; i++) {
		unsigned distance;
		int err;

		np_skip_blanks(&line);
		err = np_take_unsigned(&line, &distance);
		if (err < 0)
			return err;
		if (ret)
			ret[i] = NP_FACT(distance);
	}
	np_skip_blanks(&line);
	return line.next == line.end ? 0 : -EINVAL;
}

int np_parse_distance(const char *text, size_t length, size_t node_count, struct np_fact *ret)
{
	struct np_span line = np_span_make(text, length);
	int err;

	if (line.next < line.end && line.end[-1] == '\n')
		line.end--;
	err = take_distances(line, node_count, NULL);
	if (err < 0)
		return err;
	return take_distances(line, node_count, ret);
}
