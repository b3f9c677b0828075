/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/zoneinfo: which page frames belong to which node. */
#include "parse_zoneinfo.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "parse_number.h"
#include "state.h"

/* The zone whose lines are being read. */
struct progress {
	struct np_zones zones;
	struct np_zone zone;
	bool in_zone, has_spanned, has_start;
};

static int keep_zone(struct progress *progress)
{
	struct np_zones *zones = &progress->zones;
	const struct np_zone *zone = &progress->zone;
	struct np_zone *more;

	if (!progress->in_zone || !progress->has_start || !progress->has_spanned || zone->spanned == 0)
		return 0;
	if (zone->start_pfn + zone->spanned < zone->spanned)
		return -ERANGE;
	more = realloc(zones->zones, (zones->count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	zones->zones = more;
	zones->zones[zones->count++] = *zone;
	return 0;
}

/* "Node 0, zone   Normal" after its first word */
static int start_zone(struct progress *progress, struct np_span line)
{
	struct np_span name;
	int err;

	err = keep_zone(progress);
	if (err < 0)
		return err;
	progress->in_zone = true;
	progress->has_spanned = progress->has_start = false;
	progress->zone = (struct np_zone){ 0 };
	err = np_take_unsigned(&line, &progress->zone.node);
	if (err < 0)
		return err;
	if (!np_take_text(&line, ", zone ") || !np_take_word(&line, &name))
		return -EINVAL;
	if (progress->zone.node >= NP_MAX_NODES || np_span_length(name) >= sizeof(progress->zone.name))
		return -ERANGE;
	memcpy(progress->zone.name, name.next, np_span_length(name));
	return 0;
}

static int take_last_number(struct np_span line, uint64_t *ret)
{
	np_skip_blanks(&line);
	return np_take_u64(&line, ret);
}

static int parse_line(struct progress *progress, struct np_span line)
{
	struct np_span word;

	if (np_take_text(&line, "Node "))
		return start_zone(progress, line);
	if (!progress->in_zone || !np_take_word(&line, &word))
		return 0;
	if (np_span_equals(word, "spanned")) {
		progress->has_spanned = true;
		return take_last_number(line, &progress->zone.spanned);
	}
	if (np_span_equals(word, "present"))
		return take_last_number(line, &progress->zone.present);
	if (np_span_equals(word, "start_pfn:")) {
		progress->has_start = true;
		return take_last_number(line, &progress->zone.start_pfn);
	}
	return 0;
}

int np_parse_zoneinfo(const char *text, size_t length, struct np_zones *ret)
{
	struct np_span rest = np_span_make(text, length), line;
	struct progress progress = { 0 };
	int err = np_span_whole_lines(rest) ? 0 : -EINVAL;

	while (err == 0 && np_take_line(&rest, &line))
		err = parse_line(&progress, line);
	if (err == 0)
		err = keep_zone(&progress);
	if (err < 0) {
		np_zones_free(&progress.zones);
		return err;
	}
	*ret = progress.zones;
	return 0;
}

void np_zones_free(struct np_zones *zones)
{
	free(zones->zones);
	*zones = (struct np_zones){ 0 };
}
