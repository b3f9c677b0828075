// SPDX-License-Identifier: GPL-2.0-or-later
/* What each interface counts, and what it may say at most and at least. */
#include "claims.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse_numa_maps.h"
#include "parse_smaps.h"
#include "parse_status.h"

#define PAGE_SHIFT 12
#define YES NP_COUNTED_YES
#define MAYBE NP_COUNTED_MAYBE

static struct np_fact in_pages(const struct np_fact *bytes, unsigned page_bytes)
{
	return bytes->known ? NP_FACT(bytes->value / page_bytes) : NP_NOT_KNOWN;
}

static int from_status(const struct np_read *read, size_t field, unsigned page_bytes, struct np_answer_pages *ret)
{
	struct np_status status;
	int result = np_parse_status(read->text.data, read->text.length, &status);

	if (!result)
		ret->pages = in_pages((const struct np_fact *)((const char *)&status + field), page_bytes);
	return result;
}

static int status_rss(const struct np_read *read, unsigned page_bytes, struct np_answer_pages *ret)
{
	return from_status(read, offsetof(struct np_status, rss_bytes), page_bytes, ret);
}

static int status_swap(const struct np_read *read, unsigned page_bytes, struct np_answer_pages *ret)
{
	return from_status(read, offsetof(struct np_status, swap_bytes), page_bytes, ret);
}

static int status_hugetlb(const struct np_read *read, unsigned page_bytes, struct np_answer_pages *ret)
{
	return from_status(read, offsetof(struct np_status, hugetlb_bytes), page_bytes, ret);
}

static int statm_resident(const struct np_read *read, unsigned page_bytes __attribute__((unused)),
			  struct np_answer_pages *ret)
{
	struct np_statm statm;
	int result = np_parse_statm(read->text.data, read->text.length, &statm);

	if (!result && statm.resident_pages > INT64_MAX)
		result = -ERANGE;
	if (!result)
		ret->pages = NP_FACT((int64_t)statm.resident_pages);
	return result;
}

/* One or two fields of smaps, over all mappings; unknown where one of them is. */
static int sum_smaps(const struct np_smaps *smaps, enum np_smaps_field first, enum np_smaps_field second,
		     unsigned page_bytes, struct np_fact *ret)
{
	struct np_fact bytes = smaps->sum_bytes[first];

	if (!bytes.known || !smaps->sum_bytes[second].known)
		return 0;
	if (first != second && __builtin_add_overflow(bytes.value, smaps->sum_bytes[second].value, &bytes.value))
		return -ERANGE;
	*ret = in_pages(&bytes, page_bytes);
	return 0;
}

/* One or two fields of smaps, added, each of which has to be known. */
static int from_smaps(const struct np_read *read, enum np_smaps_field first, enum np_smaps_field second,
		      unsigned page_bytes, struct np_answer_pages *ret)
{
	struct np_smaps smaps = { 0 };
	int result = np_parse_smaps(read->text.data, read->text.length, &smaps);

	if (result)
		return result;
	ret->said = calloc(smaps.count + 1, sizeof(*ret->said));
	if (!ret->said)
		result = -ENOMEM;
	for (size_t i = 0; !result && i < smaps.count; i++) {
		uint64_t bytes = smaps.maps[i].bytes[first] + (first == second ? 0 : smaps.maps[i].bytes[second]);

		ret->said[ret->count++] = (struct np_said){ smaps.maps[i].start, bytes / page_bytes };
	}
	if (!result)
		result = sum_smaps(&smaps, first, second, page_bytes, &ret->pages);
	np_smaps_free(&smaps);
	return result;
}

static int smaps_rss(const struct np_read *read, unsigned page_bytes, struct np_answer_pages *ret)
{
	return from_smaps(read, NP_SMAPS_RSS, NP_SMAPS_RSS, page_bytes, ret);
}

static int smaps_hugetlb(const struct np_read *read, unsigned page_bytes, struct np_answer_pages *ret)
{
	return from_smaps(read, NP_SMAPS_SHARED_HUGETLB, NP_SMAPS_PRIVATE_HUGETLB, page_bytes, ret);
}

/* It has one mapping, which is none. */
static int rollup_rss(const struct np_read *read, unsigned page_bytes, struct np_answer_pages *ret)
{
	int result = smaps_rss(read, page_bytes, ret);

	ret->count = 0;
	return result;
}

static int numa_maps_pages(const struct np_read *read, unsigned page_bytes, struct np_answer_pages *ret)
{
	struct np_numa_maps maps = { 0 };
	int64_t sum = 0;
	int result = np_parse_numa_maps(read->text.data, read->text.length, page_bytes, &maps);

	if (result)
		return result;
	ret->said = calloc(maps.count + 1, sizeof(*ret->said));
	if (!ret->said)
		result = -ENOMEM;
	for (size_t i = 0; !result && i < maps.count; i++) {
		int64_t pages = 0;

		for (size_t k = 0; !result && k < maps.maps[i].node_count; k++)
			if (__builtin_add_overflow(pages, maps.maps[i].nodes[k].pages, &pages))
				result = -ERANGE;
		if (!result && __builtin_add_overflow(sum, pages, &sum))
			result = -ERANGE;
		ret->said[ret->count++] = (struct np_said){ maps.maps[i].start, (uint64_t)pages };
	}
	if (!result && maps.count)
		ret->pages = NP_FACT(sum);
	np_numa_maps_free(&maps);
	return result;
}

static int counted_pages(const struct np_read *read, unsigned page_bytes __attribute__((unused)),
			 struct np_answer_pages *ret)
{
	if (read->counted)
		ret->pages = NP_FACT((int64_t)read->pages);
	return 0;
}

/*
 * Read in fs/proc/task_mmu.c and mm/migrate.c of 6.1 and 6.12, and held against 5.10, 6.1, 6.12, 6.18 and 7.x by the
 * tests. A page under migration has left no counter (try_to_migrate_one() keeps it), smaps counts it
 * (smaps_pte_entry(): is_pfn_swap_entry()), and nothing else finds it. The zero page is counted by pagemap alone.
 * A special entry (vm_normal_page() is NULL) is present to pagemap, unless its mapping is VM_PFNMAP, which
 * walk_page_test() reports as a hole. numa_maps leaves out PageReserved() pages, so those of the kernel's image.
 */
const struct np_claim np_claims[] = {
	{ .reader = "status", .field = "VmRSS", .lags = true, .normal = YES, .reserved = YES,
	  .other = { [NP_MIGRATING] = YES, [NP_DEVICE] = MAYBE, [NP_UNKNOWN] = MAYBE }, .extract = status_rss },
	{ .reader = "status", .field = "VmSwap", .on_demand = true, .lags = true,
	  .other = { [NP_SWAPPED] = YES, [NP_UNKNOWN] = MAYBE }, .extract = status_swap },
	{ .reader = "status", .field = "HugetlbPages", .on_demand = true, .hugetlb = YES,
	  .other = { [NP_UNKNOWN] = MAYBE }, .extract = status_hugetlb },
	{ .reader = "statm", .field = "resident", .lags = true, .normal = YES, .reserved = YES,
	  .other = { [NP_MIGRATING] = YES, [NP_DEVICE] = MAYBE, [NP_UNKNOWN] = MAYBE }, .extract = statm_resident },
	{ .reader = "smaps", .field = "Rss", .smaps_defect = true, .normal = YES, .reserved = YES,
	  .other = { [NP_MIGRATING] = YES, [NP_DEVICE] = MAYBE, [NP_POISONED] = MAYBE, [NP_UNKNOWN] = MAYBE },
	  .extract = smaps_rss },
	{ .reader = "smaps", .field = "Hugetlb", .on_demand = true, .hugetlb = YES,
	  .other = { [NP_UNKNOWN] = MAYBE }, .extract = smaps_hugetlb },
	{ .reader = "smaps_rollup", .field = "Rss", .smaps_defect = true, .normal = YES, .reserved = YES,
	  .other = { [NP_MIGRATING] = YES, [NP_DEVICE] = MAYBE, [NP_POISONED] = MAYBE, [NP_UNKNOWN] = MAYBE },
	  .extract = rollup_rss },
	{ .reader = "numa_maps", .field = "N0, N1, ...", .normal = YES, .hugetlb = YES,
	  .other = { [NP_UNKNOWN] = MAYBE }, .extract = numa_maps_pages },
	{ .reader = "pagemap", .field = "present", .normal = YES, .hugetlb = YES, .reserved = YES,
	  .other = { [NP_ZERO] = YES, [NP_SPECIAL] = MAYBE, [NP_UNKNOWN] = MAYBE }, .extract = counted_pages },
	{ .reader = "move_pages", .field = "on a node", .move_pages_defect = true, .normal = YES, .hugetlb = YES,
	  .reserved = YES, .other = { [NP_UNKNOWN] = MAYBE }, .extract = counted_pages },
	{ 0 },
};

static bool is_resident(enum np_state state)
{
	return state == NP_PRESENT || state == NP_HINTED || state == NP_PROTNONE || state == NP_ACCESSIBLE;
}

/* The defect makes the reader pass over such pages. */
static bool is_missed(const struct np_claim *claim, const struct np_stretch *stretch, bool hugetlb,
		      const struct np_quickcheck *check)
{
	if (!check || !check->done || hugetlb || (stretch->state != NP_HINTED && stretch->state != NP_PROTNONE))
		return false;
	if (claim->move_pages_defect)
		return check->move_pages_misses == NP_EFFECT_YES;
	if (!claim->smaps_defect)
		return false;
	return (stretch->size == NP_SIZE_BASE ? check->smaps_misses_base : check->smaps_misses_thp) == NP_EFFECT_YES;
}

static enum np_counted counted(const struct np_claim *claim, const struct np_survey *survey,
			       const struct np_stretch *stretch, const struct np_quickcheck *check)
{
	const char *path = survey->maps.maps[stretch->mapping].path;
	bool hugetlb = survey->hugetlb[stretch->mapping];

	if (stretch->state == NP_SPECIAL && strncmp(path, "[vvar", 5) == 0)
		return NP_COUNTED_NO;
	if (!is_resident((enum np_state)stretch->state))
		return claim->other[stretch->state];
	if (is_missed(claim, stretch, hugetlb, check))
		return NP_COUNTED_NO;
	if (hugetlb)
		return claim->hugetlb;
	if (strcmp(path, "[vdso]") == 0)
		return claim->reserved;
	return claim->normal;
}

static enum np_counted counted_in(const struct np_claim *claim, const struct np_survey *survey,
				  const struct np_stretch *stretch, const struct np_quickcheck *check)
{
	return stretch ? counted(claim, survey, stretch, check) : NP_COUNTED_NO;
}

static void add(struct np_bracket *bracket, enum np_counted before, enum np_counted after, uint64_t pages)
{
	if (before == NP_COUNTED_YES && after == NP_COUNTED_YES)
		bracket->low += pages;
	if (before != NP_COUNTED_NO || after != NP_COUNTED_NO)
		bracket->high += pages;
}

void np_claim_bracket(const struct np_claim *claim, const struct np_survey *before, const struct np_survey *after,
		      const struct np_quickcheck *check, struct np_bracket *ret, struct np_bracket *by_mapping)
{
	struct np_pair_walk walk = { before, after, 0, 0, 0 };
	struct np_pair pair;

	*ret = (struct np_bracket){ 0, 0 };
	while (np_pair_next(&walk, &pair)) {
		enum np_counted first = counted_in(claim, before, pair.before, check);
		enum np_counted second = counted_in(claim, after, pair.after, check);
		uint64_t pages = (pair.end - pair.start) >> PAGE_SHIFT;
		uint32_t mapping = pair.before ? pair.before->mapping : pair.after->mapping;

		add(ret, first, second, pages);
		if (by_mapping && mapping < before->maps.count)
			add(&by_mapping[mapping], first, second, pages);
	}
}

void np_answer_free(struct np_answer_pages *answer)
{
	free(answer->said);
	*answer = (struct np_answer_pages){ 0 };
}
