/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tallies of a report. The sums that it states have to be those of its parts. */
#include "replay_pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "i18n.h"
#include "state.h"

#define TALLIES_LIMIT_BYTES ((uint64_t)1 << 30)

/* No address space has more, and no sum of so many overflows. */
#define PAGES_MOST ((int64_t)NP_RUN_PAGES_MOST)

#define COUNTER(key_, member, flags_) { .key = (key_), .read = np_field_count, .offset = offsetof(struct np_tally, member), \
					.flags = (flags_), .most = PAGES_MOST }

static const struct np_field counters[] = {
	COUNTER("zero", zero, NP_FIELD_NULL),
	COUNTER("special", special, NP_FIELD_NULL),
	COUNTER("swapped", swapped, 0),
	COUNTER("migrating", migrating, NP_FIELD_NULL),
	COUNTER("device", device, NP_FIELD_NULL),
	COUNTER("poisoned", poisoned, NP_FIELD_NULL),
	COUNTER("marker", marker, NP_FIELD_NULL),
	COUNTER("guard", guard, NP_FIELD_NULL),
	COUNTER("unknown", unknown, 0),
	NP_FIELD_END,
};

static const struct np_field huge_counters[] = {
	COUNTER("thp_pages", thp, NP_FIELD_NULL),
	COUNTER("hugetlb_pages", hugetlb, NP_FIELD_NULL),
	COUNTER("hinted_thp_pages", hinted_thp, NP_FIELD_NULL), /* with the hints */
	COUNTER("protnone_thp_pages", protnone_thp, NP_FIELD_NULL),
	NP_FIELD_END,
};

/* What each null of them says. */
static const struct {
	const char *key;
	unsigned untold;
} nulls[] = {
	{ "zero", NP_UNTOLD_ZERO },	    { "special", NP_UNTOLD_SPECIAL },
	{ "migrating", NP_UNTOLD_ENTRIES }, { "device", NP_UNTOLD_ENTRIES },
	{ "poisoned", NP_UNTOLD_ENTRIES },  { "marker", NP_UNTOLD_ENTRIES },
	{ "guard", NP_UNTOLD_ENTRIES },	    { "other", NP_UNTOLD_ENTRIES },
	{ "thp_pages", NP_UNTOLD_THP },	    { "protnone_thp_pages", NP_UNTOLD_PROTNONE_THP },
	{ "hugetlb_pages", NP_UNTOLD_HUGETLB },
};

/* What the report says that the sums are. */
struct sums {
	uint64_t resident, other;
};

static const struct np_field sum_fields[] = {
	{ .key = "resident", .read = np_field_count, .offset = offsetof(struct sums, resident), .most = PAGES_MOST },
	{ .key = "other", .read = np_field_count, .offset = offsetof(struct sums, other), .flags = NP_FIELD_NULL },
	NP_FIELD_END,
};

int np_replay_account(struct np_replay *replay, uint64_t bytes)
{
	replay->tally_bytes += bytes;
	return replay->tally_bytes > TALLIES_LIMIT_BYTES ? np_replay_wrong(replay, _("too many mappings for so many nodes")) : 0;
}

int np_replay_tally_init(struct np_replay *replay, struct np_tally *ret)
{
	size_t node_count = replay->snapshot->system.node_count;

	int result = np_replay_account(replay, NP_R_STATES * (node_count + 1) * sizeof(uint64_t));

	return result ? result : np_tally_init(ret, node_count);
}

/* One state's pages, in the making. */
struct by_node {
	struct np_replay *replay;
	uint64_t *pages;
};

/* The node's index, its count for "unknown", or SIZE_MAX. */
static size_t node_of_key(const struct np_system *system, const char *key)
{
	size_t length = strlen(key);

	if (strcmp(key, "unknown") == 0)
		return system->node_count;
	if (length < 1 || length > 4 || strspn(key, "0123456789") != length || (*key == '0' && length > 1))
		return SIZE_MAX;
	return np_node_index(system, (uint32_t)strtoul(key, NULL, 10));
}

static int read_node(const char *key, const struct np_json *value, void *argument)
{
	static const struct np_field number = { .most = PAGES_MOST };
	const struct by_node *by_node = argument;
	struct np_replay *replay = by_node->replay;
	size_t node = node_of_key(&replay->snapshot->system, key);

	if (node == SIZE_MAX)
		return np_replay_at(replay, key, np_replay_wrong(replay, _("no node of this system")));
	return np_replay_at(replay, key, np_field_count(replay, value, &number, &by_node->pages[node]));
}

static int read_state(struct np_replay *replay, const struct np_json *object, const char *key, uint64_t *ret_pages)
{
	struct by_node by_node = { replay, ret_pages };
	const struct np_json *value = np_json_get(object, key);
	int result = value ? np_replay_expect(replay, value, NP_JSON_OBJECT) : np_replay_wrong(replay, _("missing"));

	if (!result)
		result = np_json_each(value, read_node, &by_node);
	return np_replay_at(replay, key, result);
}

static bool is_null(const struct np_json *object, const char *key)
{
	const struct np_json *value = np_json_get(object, key);

	return value && np_json_type(value) == NP_JSON_NULL;
}

/* Present and hinted are both known, or both null with "accessible" in their place. */
static int read_states(struct np_replay *replay, const struct np_json *value, struct np_tally *ret)
{
	int result = read_state(replay, value, "protnone", ret->by_node[NP_R_PROTNONE]);

	if (result)
		return result;
	if (is_null(value, "present") && is_null(value, "hinted"))
		return read_state(replay, value, "accessible", ret->by_node[NP_R_ACCESSIBLE]);
	result = read_state(replay, value, "present", ret->by_node[NP_R_PRESENT]);
	return result ? result : read_state(replay, value, "hinted", ret->by_node[NP_R_HINTED]);
}

static void note_nulls(const struct np_json *object, struct np_tally *tally)
{
	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
		if (is_null(object, nulls[i].key))
			tally->untold |= nulls[i].untold;
}

int np_field_huge(struct np_replay *replay, const struct np_json *value,
		  const struct np_field *field __attribute__((unused)), void *ret)
{
	int result = np_replay_object(replay, value, huge_counters, ret);

	if (!result)
		note_nulls(value, ret);
	return result;
}

int np_field_pages(struct np_replay *replay, const struct np_json *value,
		   const struct np_field *field __attribute__((unused)), void *ret)
{
	size_t node_count = replay->snapshot->system.node_count;
	struct np_tally *tally = ret;
	struct sums sums = { 0 };
	int result = np_replay_object(replay, value, counters, tally);

	if (!result)
		result = np_replay_object(replay, value, sum_fields, &sums);
	if (!result)
		result = read_states(replay, value, tally);
	if (result)
		return result;
	note_nulls(value, tally);
	if (sums.resident != np_tally_resident(tally, node_count, SIZE_MAX))
		return np_replay_at(replay, "resident", np_replay_wrong(replay, _("not the sum of its states")));
	if (!(tally->untold & NP_UNTOLD_ENTRIES) && sums.other != (uint64_t)np_tally_other(tally).value)
		return np_replay_at(replay, "other", np_replay_wrong(replay, _("not the sum of its states")));
	return 0;
}
