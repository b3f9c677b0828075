/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two walks held against each other. */
#include "history.h"

#include <errno.h>
#include <stdlib.h>

#define PAGE_SHIFT 12
#define NO_NODE (NP_MAX_NODES - 1U) /* stands for -1: no system is as large as to use it */

void np_history_restart(struct np_history *history)
{
	history->count = 0;
	history->overflowed = false;
}

void np_history_free(struct np_history *history)
{
	free(history->runs);
	*history = (struct np_history){ 0 };
}

static bool grow(struct np_history *history)
{
	size_t room = history->room ? 2 * history->room : 256;
	struct np_history_run *more = room <= NP_HISTORY_LIMIT ? reallocarray(history->runs, room, sizeof(*more)) : NULL;

	if (!more)
		return false;
	history->runs = more;
	history->room = room;
	return true;
}

static bool is_resident(enum np_state state)
{
	return state == NP_PRESENT || state == NP_HINTED || state == NP_PROTNONE || state == NP_ACCESSIBLE;
}

/* A code has four bits for the state, and the states made of others have no more than that. */
_Static_assert(NP_STATES <= 16, "a state has four bits");

void np_history_add(struct np_history *history, uint64_t start, uint64_t pages, enum np_state state, int node)
{
	unsigned kept_node = is_resident(state) && node >= 0 ? (unsigned)node : NO_NODE;
	np_code code = np_code_make(state, NP_SIZE_BASE, kept_node);
	struct np_history_run *last = history->count ? &history->runs[history->count - 1] : NULL;
	uint64_t start_page = start >> PAGE_SHIFT;

	if (last && last->run.code == code && last->start_page + last->run.pages == start_page) {
		last->run.pages = (last->run.pages + pages) & NP_RUN_PAGES_MOST;
		return;
	}
	if (history->count == history->room && !grow(history)) {
		history->overflowed = true;
		return;
	}
	history->runs[history->count++] =
		(struct np_history_run){ start_page, { .code = code, .pages = pages & NP_RUN_PAGES_MOST } };
}

/* So many pages were in one code and are in another one; absent is a state too. */
static void count(np_code before, np_code now, uint64_t pages, struct np_changes *changes)
{
	enum np_state was = np_code_state(before), is = np_code_state(now);

	if (was == NP_UNKNOWN || is == NP_UNKNOWN)
		return;
	if (is == NP_HINTED && was != NP_HINTED)
		changes->made += pages;
	if (was == NP_HINTED && is != NP_HINTED)
		changes->cleared += pages;
	if (is_resident(was) && is_resident(is) && np_code_node(before) != np_code_node(now) &&
	    np_code_node(before) != NO_NODE && np_code_node(now) != NO_NODE)
		changes->moved += pages;
}

/* What a history says from a page on: a code, and up to where. *at ascends with the pages that are asked for. */
static np_code look_up(const struct np_history *history, size_t *at, uint64_t page, uint64_t *ret_end)
{
	const struct np_history_run *run;

	while (*at < history->count && history->runs[*at].start_page + history->runs[*at].run.pages <= page)
		(*at)++;
	if (*at == history->count) {
		*ret_end = UINT64_MAX;
		return np_code_make(NP_ABSENT, NP_SIZE_BASE, NO_NODE);
	}
	run = &history->runs[*at];
	if (page < run->start_page) {
		*ret_end = run->start_page;
		return np_code_make(NP_ABSENT, NP_SIZE_BASE, NO_NODE);
	}
	*ret_end = run->start_page + run->run.pages;
	return (np_code)run->run.code;
}

int np_history_compare(const struct np_history *before, const struct np_history *now, struct np_changes *ret)
{
	struct np_changes changes = { 0 };
	size_t at_before = 0, at_now = 0;
	uint64_t page = 0;

	if (before->overflowed || now->overflowed)
		return -EOVERFLOW;
	for (;;) {
		uint64_t end_before, end_now;
		np_code was = look_up(before, &at_before, page, &end_before);
		np_code is = look_up(now, &at_now, page, &end_now);
		uint64_t end = end_before < end_now ? end_before : end_now;

		if (end == UINT64_MAX)
			break;
		count(was, is, end - page, &changes);
		page = end;
	}
	*ret = changes;
	return 0;
}
