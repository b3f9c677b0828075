/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could not be done, one line each: for standard error. */
#include "view_problems.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"

static int print_part(const char *bytes, const struct np_view *view, FILE *out)
{
	char *text;

	if (!bytes || *bytes == '\0')
		return 0;
	text = np_escape(bytes, view->utf8);
	if (!text)
		return -ENOMEM;
	fprintf(out, ": %s", text);
	free(text);
	return 0;
}

int np_view_problems(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	for (size_t i = 0; i < snapshot->problem_count; i++) {
		const struct np_problem *problem = &snapshot->problems[i];
		const char *const parts[] = {
			problem->what,
			problem->operation,
			problem->error ? strerror(problem->error) : NULL,
			problem->effect,
		};

		fputs("numaprobe", out);
		for (size_t j = 0; j < sizeof(parts) / sizeof(parts[0]); j++)
			if (print_part(parts[j], view, out) < 0)
				return -ENOMEM;
		fputc('\n', out);
	}
	return 0;
}
