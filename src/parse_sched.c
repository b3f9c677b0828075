/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/PID/sched: what NUMA balancing knows about a process. */
#include "parse_sched.h"

#include <errno.h>
#include <string.h>

#include "parse_keys.h"

static const struct np_key sched_keys[] = {
	{ "mm->numa_scan_seq", offsetof(struct np_sched, scan_seq), NP_UNIT_NONE },
	{ "numa_pages_migrated", offsetof(struct np_sched, pages_migrated), NP_UNIT_NONE },
	{ "numa_preferred_nid", offsetof(struct np_sched, preferred_node), NP_UNIT_NONE },
	{ "total_numa_faults", offsetof(struct np_sched, total_faults), NP_UNIT_NONE },
};

/* " (4711, #threads: 14)\n", what follows the command */
static bool take_head_end(struct np_span *span, struct np_fact *ret_threads)
{
	struct np_span rest = *span;
	uint64_t pid;
	int64_t threads;

	if (!np_take_text(&rest, " (") || np_take_u64(&rest, &pid) < 0 || !np_take_text(&rest, ", #threads: ") ||
	    np_take_i64(&rest, &threads) < 0 || !np_take_text(&rest, ")\n"))
		return false;
	*span = rest;
	*ret_threads = NP_FACT(threads);
	return true;
}

/*
 * The command is written as it is, and may have a newline or a parenthesis, so its end is where all of
 * the rest of the head follows. That is too long to be part of a command of 15 bytes.
 */
static int take_head(struct np_span *span, struct np_sched *sched)
{
	for (size_t length = 0; length < NP_COMMAND_BYTES && length <= np_span_length(*span); length++) {
		struct np_span rest = { span->next + length, span->end };

		if (!take_head_end(&rest, &sched->threads))
			continue;
		memcpy(sched->command, span->next, length);
		*span = rest;
		return 0;
	}
	return -EINVAL;
}

/* "current_node=0, numa_group_id=0": the one line of interest that has no colon (show_numa_stats()) */
static int take_current_node(struct np_span line, struct np_fact *ret)
{
	int64_t node;
	int err;

	if (!np_take_text(&line, "current_node="))
		return 0;
	err = np_take_i64(&line, &node);
	if (err == 0)
		*ret = NP_FACT(node);
	return err;
}

int np_parse_sched(const char *text, size_t length, struct np_sched *ret)
{
	struct np_span rest = np_span_make(text, length), line;
	struct np_sched sched = { 0 };
	int err;

	if (!np_span_whole_lines(rest))
		return -EINVAL;
	err = take_head(&rest, &sched);
	while (err == 0 && np_take_line(&rest, &line)) {
		err = take_current_node(line, &sched.current_node);
		if (err == 0)
			err = np_parse_key_line(line, ':', sched_keys, NP_ARRAY_SIZE(sched_keys), &sched);
	}
	if (err < 0)
		return err;
	*ret = sched;
	return 0;
}
