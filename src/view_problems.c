/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could not be done, one line each, or one line for many that are alike: for standard error. */
#include "view_problems.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "files.h"
#include "i18n.h"

#define FOLDED_FROM 4 /* so many problems that are alike are told as one */
#define NO_LINE SIZE_MAX

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

/* The order of texts without their numbers: 0 for those that are the same but for these. */
static int compare_texts(const char *one, const char *other)
{
	for (;; one++, other++) {
		one += strspn(one, "0123456789");
		other += strspn(other, "0123456789");
		if (*one != *other || *one == '\0')
			return (unsigned char)*one - (unsigned char)*other;
	}
}

/* 0: the same happened to something of the same kind. */
static int compare_kinds(const struct np_problem *one, const struct np_problem *other)
{
	int order = (one->error > other->error) - (one->error < other->error);

	if (!order)
		order = compare_texts(one->what, other->what);
	if (!order)
		order = strcmp(one->operation, other->operation);
	return order ? order : compare_texts(one->effect, other->effect);
}

/* Those of a kind one after the other, as they came. */
static int compare_places(const void *one, const void *other)
{
	const struct np_problem *first = *(const struct np_problem *const *)one;
	const struct np_problem *second = *(const struct np_problem *const *)other;
	int order = compare_kinds(first, second);

	return order ? order : (first > second) - (first < second);
}

/* others: how many more are told in the line of each problem; NO_LINE: it is one of those. All 0 before. */
static void fold(const struct np_snapshot *snapshot, const struct np_problem **sorted, size_t *others)
{
	size_t count = snapshot->problem_count;

	for (size_t i = 0; i < count; i++)
		sorted[i] = &snapshot->problems[i];
	qsort(sorted, count, sizeof(const struct np_problem *), compare_places);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && compare_kinds(sorted[i], sorted[end]) == 0;)
			end++;
		if (end - i < FOLDED_FROM)
			continue;
		others[sorted[i] - snapshot->problems] = end - i - 1;
		for (size_t k = i + 1; k < end; k++)
			others[sorted[k] - snapshot->problems] = NO_LINE;
	}
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

int np_view_problems(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	size_t count = snapshot->problem_count;
	np_cleanup_free const struct np_problem **sorted = calloc(count + 1, sizeof(const struct np_problem *));
	np_cleanup_free size_t *others = calloc(count + 1, sizeof(*others));
	int result = sorted && others ? 0 : -ENOMEM;

	if (!result)
		fold(snapshot, sorted, others);
	for (size_t i = 0; !result && i < count; i++)
		if (others[i] != NO_LINE)
			result = print_problem(&snapshot->problems[i], others[i], view, out);
	return result;
}
