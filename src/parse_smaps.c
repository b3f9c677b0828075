/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/PID/smaps and smaps_rollup: what the kernel counts by mapping, or in one. */
#include "parse_smaps.h"

#include <errno.h>
#include <stdlib.h>

#include "parse_keys.h"
#include "parse_maps.h"

static const char *const field_names[] = {
	[NP_SMAPS_RSS] = "Rss",
	[NP_SMAPS_PSS] = "Pss",
	[NP_SMAPS_ANONYMOUS] = "Anonymous",
	[NP_SMAPS_ANON_HUGE_PAGES] = "AnonHugePages",
	[NP_SMAPS_SHMEM_PMD_MAPPED] = "ShmemPmdMapped",
	[NP_SMAPS_FILE_PMD_MAPPED] = "FilePmdMapped",
	[NP_SMAPS_SHARED_HUGETLB] = "Shared_Hugetlb",
	[NP_SMAPS_PRIVATE_HUGETLB] = "Private_Hugetlb",
	[NP_SMAPS_SWAP] = "Swap",
	[NP_SMAPS_LOCKED] = "Locked",
	[NP_SMAPS_KERNEL_PAGE_SIZE] = "KernelPageSize",
};

const char *np_smaps_field_name(enum np_smaps_field field)
{
	return field_names[field];
}

struct progress {
	struct np_smaps smaps;
	size_t room;
	size_t seen[NP_SMAPS_FIELDS]; /* mappings that had the field */
};

static int add_map(struct progress *progress, struct np_span line)
{
	struct np_smaps *smaps = &progress->smaps;
	struct np_map map;
	int err;

	err = np_take_map(&line, &map);
	if (err < 0)
		return err;
	if (smaps->count == progress->room) {
		size_t room = progress->room ? 2 * progress->room : 64;
		struct np_smaps_map *more = reallocarray(smaps->maps, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		smaps->maps = more;
		progress->room = room;
	}
	smaps->maps[smaps->count++] = (struct np_smaps_map){ .start = map.start, .end = map.end };
	return 0;
}

static enum np_smaps_field find_field(struct np_span name)
{
	enum np_smaps_field field = 0;

	/* Most lines are of no interest here; the first byte tells quickly. */
	while (field < NP_SMAPS_FIELDS &&
	       (*field_names[field] != *name.next || !np_span_equals(name, field_names[field])))
		field++;
	return field;
}

static int add_field(struct progress *progress, struct np_span line)
{
	struct np_smaps *smaps = &progress->smaps;
	enum np_smaps_field field;
	struct np_span name;
	uint64_t bytes;
	int err;

	if (smaps->count == 0)
		return -EINVAL;
	if (!np_take_until(&line, ':', &name) || name.next == name.end)
		return 0;
	field = find_field(name);
	if (field == NP_SMAPS_FIELDS)
		return 0;
	err = np_take_kb(&line, &bytes);
	if (err < 0)
		return err;
	smaps->maps[smaps->count - 1].bytes[field] = bytes;
	progress->seen[field]++;
	return 0;
}

/* Addresses begin with a lower-case digit, and names of fields with an upper-case letter. */
static int parse_line(struct progress *progress, struct np_span line)
{
	bool is_field = line.next == line.end || (*line.next >= 'A' && *line.next <= 'Z');

	return is_field ? add_field(progress, line) : add_map(progress, line);
}

static int add_sum(struct progress *progress, enum np_smaps_field field)
{
	struct np_smaps *smaps = &progress->smaps;
	int64_t sum = 0;

	if (smaps->count == 0 || progress->seen[field] != smaps->count || field == NP_SMAPS_KERNEL_PAGE_SIZE)
		return 0;
	for (size_t i = 0; i < smaps->count; i++)
		if (__builtin_add_overflow(sum, smaps->maps[i].bytes[field], &sum))
			return -ERANGE;
	smaps->sum_bytes[field] = NP_FACT(sum);
	return 0;
}

int np_parse_smaps(const char *text, size_t length, struct np_smaps *ret)
{
	struct np_span rest = np_span_make(text, length), line;
	struct progress progress = { 0 };
	int err = np_span_whole_lines(rest) ? 0 : -EINVAL;

	while (err == 0 && np_take_line(&rest, &line))
		err = parse_line(&progress, line);
	for (enum np_smaps_field field = 0; err == 0 && field < NP_SMAPS_FIELDS; field++)
		err = add_sum(&progress, field);
	if (err < 0) {
		np_smaps_free(&progress.smaps);
		return err;
	}
	*ret = progress.smaps;
	return 0;
}

void np_smaps_free(struct np_smaps *smaps)
{
	free(smaps->maps);
	*smaps = (struct np_smaps){ 0 };
}
