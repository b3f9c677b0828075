/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the readers that are told where to look have to look: made of a survey. */
#ifndef NUMAPROBE_SPANS_H
#define NUMAPROBE_SPANS_H

#include "claims.h"

struct np_spans {
	struct np_span_addr *spans; /* ascending */
	uint64_t *found;	    /* one for each, for np_read.by_span */
	uint32_t *mapping;	    /* of each: an index of the survey's maps */
	size_t count, room;
};

/*
 * For pagemap, all of each mapping but the great empty parts of it, which would take minutes in a reservation of
 * terabytes. For those that are asked page by page, the pages that are there. None for files. 0 or -ENOMEM.
 */
int np_spans_make(const struct np_survey *survey, const struct np_reader *reader, struct np_spans *ret);
void np_spans_free(struct np_spans *spans);

/* The answer by mapping of a reader that was told where to look. 0 or -ENOMEM. */
int np_spans_answer(const struct np_spans *spans, const struct np_read *read, const struct np_survey *survey,
		    struct np_answer_pages *answer);

#endif
