/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/PID/status, statm and stat: a process's own counters. */
#include "parse_status.h"

#include <errno.h>

#include "parse_keys.h"

static const struct np_key status_keys[] = {
	{ "VmRSS", offsetof(struct np_status, rss_bytes), NP_UNIT_KB },
	{ "VmPTE", offsetof(struct np_status, table_bytes), NP_UNIT_KB },
	{ "RssAnon", offsetof(struct np_status, rss_anon_bytes), NP_UNIT_KB },
	{ "RssFile", offsetof(struct np_status, rss_file_bytes), NP_UNIT_KB },
	{ "RssShmem", offsetof(struct np_status, rss_shmem_bytes), NP_UNIT_KB },
	{ "VmSwap", offsetof(struct np_status, swap_bytes), NP_UNIT_KB },
	{ "HugetlbPages", offsetof(struct np_status, hugetlb_bytes), NP_UNIT_KB },
	{ "Threads", offsetof(struct np_status, threads), NP_UNIT_NONE },
	{ "Uid", offsetof(struct np_status, real_uid), NP_UNIT_NONE },
};

static int parse_line(struct np_span line, struct np_status *status)
{
	if (!np_take_text(&line, "State:"))
		return np_parse_key_line(line, ':', status_keys, NP_ARRAY_SIZE(status_keys), status);
	np_skip_blanks(&line);
	if (line.next == line.end)
		return -EINVAL;
	status->state = NP_FACT((unsigned char)*line.next);
	return 0;
}

int np_parse_status(const char *text, size_t length, struct np_status *ret)
{
	struct np_span rest = np_span_make(text, length), line;
	struct np_status status = { 0 };
	int err;

	if (!np_span_whole_lines(rest))
		return -EINVAL;
	while (np_take_line(&rest, &line)) {
		err = parse_line(line, &status);
		if (err < 0)
			return err;
	}
	*ret = status;
	return 0;
}

/* The next number, after blanks, which a blank or the end of the line must follow. */
static int take_field(struct np_span *span, uint64_t *ret)
{
	int err;

	np_skip_blanks(span);
	err = np_take_u64(span, ret);
	if (err < 0)
		return err;
	return span->next < span->end && (*span->next == ' ' || *span->next == '\n') ? 0 : -EINVAL;
}

int np_parse_statm(const char *text, size_t length, struct np_statm *ret)
{
	struct np_span span = np_span_make(text, length);
	struct np_statm statm;
	int err;

	err = take_field(&span, &statm.size_pages);
	if (err == 0)
		err = take_field(&span, &statm.resident_pages);
	if (err == 0)
		err = take_field(&span, &statm.shared_pages);
	if (err < 0)
		return err;
	*ret = statm;
	return 0;
}

/* The fields of stat after the command, counted as proc(5) does: the state is field 3. */
enum {
	STAT_STATE = 3,
	STAT_MINOR_FAULTS = 10,
	STAT_MAJOR_FAULTS = 12,
	STAT_THREADS = 20,
	STAT_START_TICKS = 22,
	STAT_PROCESSOR = 39,
};

static uint64_t *stat_field(struct np_stat *stat, int field)
{
	switch (field) {
	case STAT_MINOR_FAULTS:
		return &stat->minor_faults;
	case STAT_MAJOR_FAULTS:
		return &stat->major_faults;
	case STAT_THREADS:
		return &stat->threads;
	case STAT_START_TICKS:
		return &stat->start_ticks;
	default:
		return NULL;
	}
}

/* No field after the command has a parenthesis, so the last one ends it. */
static int skip_command(struct np_span *span)
{
	const char *end = span->end;

	while (end > span->next && end[-1] != ')')
		end--;
	if (end == span->next)
		return -EINVAL;
	span->next = end;
	return 0;
}

/* Further on, and not worth a failure. */
static void take_processor(struct np_span span, struct np_fact *ret)
{
	struct np_span word;
	uint64_t number;

	for (int field = STAT_START_TICKS + 1; field < STAT_PROCESSOR; field++)
		if (!np_take_word(&span, &word))
			return;
	if (take_field(&span, &number) == 0 && number <= INT64_MAX)
		*ret = NP_FACT((int64_t)number);
}

int np_parse_stat(const char *text, size_t length, struct np_stat *ret)
{
	struct np_span span = np_span_make(text, length), word;
	struct np_stat stat = { 0 };
	int err = np_span_whole_lines(span) ? skip_command(&span) : -EINVAL;

	for (int field = STAT_STATE; err == 0 && field <= STAT_START_TICKS; field++) {
		uint64_t *number = stat_field(&stat, field);

		if (number)
			err = take_field(&span, number);
		else if (!np_take_word(&span, &word))
			err = -EINVAL;
		else if (field == STAT_STATE)
			stat.state = *word.next;
	}
	if (err < 0)
		return err;
	take_processor(span, &stat.processor);
	*ret = stat;
	return 0;
}
