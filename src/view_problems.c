/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could not be done, one line each, or one line for many that are alike: for standard error. */
#include "view_problems.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "i18n.h"

#define FOLDED_FROM 4 /* so many problems that are alike are told as one */

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

/* The same text but for its numbers. */
static bool alike(const char *one, const char *other)
{
	while (*one || *other) {
		one += strspn(one, "0123456789");
		other += strspn(other, "0123456789");
		if (*one != *other)
			return false;
		one += *one != '\0';
		other += *other != '\0';
	}
	return true;
}

/* The same happened to something of the same kind. */
static bool belong_together(const struct np_problem *one, const struct np_problem *other)
{
	return one->error == other->error && alike(one->what, other->what) && strcmp(one->operation, other->operation) == 0 &&
	       alike(one->effect, other->effect);
}

static size_t count_together(const struct np_snapshot *snapshot, size_t first)
{
	size_t count = 1;

	for (size_t i = first + 1; i < snapshot->problem_count; i++)
		count += belong_together(&snapshot->problems[first], &snapshot->problems[i]);
	return count;
}

/* It was told with one before it. */
static bool told_before(const struct np_snapshot *snapshot, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (belong_together(&snapshot->problems[i], &snapshot->problems[index]))
			return count_together(snapshot, i) >= FOLDED_FROM;
	return false;
}

static int print_problem(const struct np_problem *problem, size_t others, const struct np_view *view, FILE *out)
{
	const char *const parts[] = {
		problem->operation,
		problem->error ? strerror(problem->error) : NULL,
		problem->effect,
	};

	fputs("numaprobe", out);
	if (print_part(problem->what, view, out) < 0)
		return -ENOMEM;
	if (others)
		fprintf(out, _(" and %zu more like it"), others);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (print_part(parts[i], view, out) < 0)
			return -ENOMEM;
	fputc('\n', out);
	return 0;
}

/* Quadratic at worst, where hundreds of problems have nothing in common. */
int np_view_problems(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	int result = 0;

	for (size_t i = 0; !result && i < snapshot->problem_count; i++) {
		size_t together = count_together(snapshot, i);

		if (told_before(snapshot, i))
			continue;
		result = print_problem(&snapshot->problems[i], together >= FOLDED_FROM ? together - 1 : 0, view, out);
	}
	return result;
}
