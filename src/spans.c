// SPDX-License-Identifier: GPL-2.0-or-later
/* Places to look at, out of a walk. */
#include "spans.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_BYTES ((uint64_t)32 << 20) /* empty space is read in such windows around what is there */

static int grow(struct np_spans *spans)
{
	size_t room = spans->room ? 2 * spans->room : 64;
	struct np_span_addr *more = reallocarray(spans->spans, room, sizeof(*more));
	uint32_t *mapping;

	if (!more)
		return -ENOMEM;
	spans->spans = more;
	mapping = reallocarray(spans->mapping, room, sizeof(*mapping));
	if (!mapping)
		return -ENOMEM;
	spans->mapping = mapping;
	spans->room = room;
	return 0;
}

/* Adds a span, or makes the last one longer. */
static int add(struct np_spans *spans, uint64_t start, uint64_t end, uint32_t mapping)
{
	struct np_span_addr *last = spans->count ? &spans->spans[spans->count - 1] : NULL;

	if (last && spans->mapping[spans->count - 1] == mapping && start <= last->end) {
		last->end = end > last->end ? end : last->end;
		return 0;
	}
	if (spans->count == spans->room && grow(spans) < 0)
		return -ENOMEM;
	spans->mapping[spans->count] = mapping;
	spans->spans[spans->count++] = (struct np_span_addr){ start, end };
	return 0;
}

static int add_stretches(const struct np_survey *survey, struct np_spans *spans)
{
	int result = 0;

	for (size_t i = 0; i < survey->stretch_count && !result; i++)
		result = add(spans, survey->stretches[i].start, survey->stretches[i].end,
			     survey->stretches[i].mapping);
	return result;
}

/* A mapping whole if it is small, otherwise the windows in which something is. */
static int add_windows(const struct np_survey *survey, uint64_t space_end, struct np_spans *spans)
{
	int result = 0;

	for (size_t i = 0, k = 0; i < survey->maps.count && !result; i++) {
		const struct np_map *map = &survey->maps.maps[i];

		if (map->start >= space_end)
			break;
		if (map->end - map->start <= WINDOW_BYTES)
			result = add(spans, map->start, map->end, (uint32_t)i);
		for (; k < survey->stretch_count && survey->stretches[k].mapping == i && !result; k++) {
			uint64_t start = survey->stretches[k].start & ~(WINDOW_BYTES - 1);
			uint64_t end = (survey->stretches[k].end + WINDOW_BYTES - 1) & ~(WINDOW_BYTES - 1);

			result = add(spans, start > map->start ? start : map->start, end < map->end ? end : map->end,
				     (uint32_t)i);
		}
	}
	return result;
}

int np_spans_make(const struct np_survey *survey, const struct np_reader *reader, struct np_spans *ret)
{
	struct np_spans spans = { 0 };
	int result = 0;

	if (strncmp(reader->name, "pagemap", 7) == 0)
		result = add_windows(survey, 1ULL << 63, &spans);
	else if (reader->kind == NP_READER_CALL)
		result = add_stretches(survey, &spans);
	if (!result) {
		spans.found = calloc(spans.count + 1, sizeof(*spans.found));
		result = spans.found ? 0 : -ENOMEM;
	}
	if (result)
		np_spans_free(&spans);
	else
		*ret = spans;
	return result;
}

void np_spans_free(struct np_spans *spans)
{
	free(spans->spans);
	free(spans->found);
	free(spans->mapping);
	*spans = (struct np_spans){ 0 };
}

/* Mappings without a span hold nothing, and were found to. */
int np_spans_answer(const struct np_spans *spans, const struct np_read *read, const struct np_survey *survey,
		    struct np_answer_pages *answer)
{
	if (!read->counted || answer->said)
		return 0;
	answer->said = calloc(survey->maps.count, sizeof(*answer->said));
	if (!answer->said)
		return -ENOMEM;
	answer->count = survey->maps.count;
	for (size_t i = 0; i < survey->maps.count; i++)
		answer->said[i].start = survey->maps.maps[i].start;
	for (size_t i = 0; i < spans->count; i++)
		answer->said[spans->mapping[i]].pages += spans->found[i];
	return 0;
}
