// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of processes as the kernel writes them. */
#include "parse_pids.h"

#include <errno.h>
#include <limits.h>

#include "parse_number.h"

static int add_pid(struct np_span word, struct np_pids *pids)
{
	uint64_t number;
	int err = np_take_u64(&word, &number);

	if (err < 0)
		return err;
	if (word.next < word.end)
		return -EINVAL;
	if (number > INT_MAX)
		return -ERANGE;
	return np_pids_add(pids, (pid_t)number);
}

int np_parse_pids(const char *text, size_t length, struct np_pids *ret)
{
	struct np_span span = np_span_make(text, length), line, word;
	struct np_pids pids = { 0 };
	int err = 0;

	while (err == 0 && np_take_line(&span, &line))
		while (err == 0 && np_take_word(&line, &word))
			err = add_pid(word, &pids);
	if (err < 0)
		np_pids_free(&pids);
	else
		*ret = pids;
	return err;
}
