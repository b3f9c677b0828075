// SPDX-License-Identifier: GPL-2.0-or-later
/* Readers that speak of an area are taken at their word; those that speak of the process, at the difference. */
#include "check_say.h"

#include <errno.h>
#include <string.h>

#include "defects.h"
#include "i18n.h"
#include "parse_numa_maps.h"
#include "parse_smaps.h"
#include "parse_status.h"

/*
 * A subject that waits may still touch a page of its stack or of a library, and the counters of a process are summed
 * up from parts, so the whole process may differ by some pages; a reader that loses an area loses hundreds.
 */
#define PROCESS_SLACK_PAGES 64

struct area_bytes {
	const struct np_area *area;
	unsigned page_bytes;
};

/* Pages that a text says the area, or the process, has. */
typedef int (*text_reader)(const struct np_text *text, const struct area_bytes *bytes, uint64_t *ret_pages);

static int pages_in_status(const struct np_text *text, const struct area_bytes *bytes, uint64_t *ret_pages)
{
	struct np_status status;
	int result = np_parse_status(text->data, text->length, &status);

	if (!result && !status.rss_bytes.known)
		result = -ENODATA;
	if (!result)
		*ret_pages = (uint64_t)status.rss_bytes.value / bytes->page_bytes;
	return result;
}

static int pages_in_statm(const struct np_text *text, const struct area_bytes *bytes __attribute__((unused)),
			  uint64_t *ret_pages)
{
	struct np_statm statm;
	int result = np_parse_statm(text->data, text->length, &statm);

	if (!result)
		*ret_pages = statm.resident_pages;
	return result;
}

static int pages_in_smaps(const struct np_text *text, const struct area_bytes *bytes, uint64_t *ret_pages)
{
	uint64_t start = bytes->area->start, end = start + bytes->area->pages * bytes->page_bytes, sum_bytes = 0;
	struct np_smaps smaps;
	int result = np_parse_smaps(text->data, text->length, &smaps);

	if (result)
		return result;
	for (size_t i = 0; i < smaps.count; i++)
		if (smaps.maps[i].start >= start && smaps.maps[i].end <= end)
			sum_bytes += smaps.maps[i].bytes[NP_SMAPS_RSS];
	np_smaps_free(&smaps);
	*ret_pages = sum_bytes / bytes->page_bytes;
	return 0;
}

static int pages_in_rollup(const struct np_text *text, const struct area_bytes *bytes, uint64_t *ret_pages)
{
	struct np_smaps smaps;
	int result = np_parse_smaps(text->data, text->length, &smaps);

	if (result)
		return result;
	if (!smaps.sum_bytes[NP_SMAPS_RSS].known)
		result = -ENODATA;
	else
		*ret_pages = (uint64_t)smaps.sum_bytes[NP_SMAPS_RSS].value / bytes->page_bytes;
	np_smaps_free(&smaps);
	return result;
}

static int pages_in_numa_maps(const struct np_text *text, const struct area_bytes *bytes, uint64_t *ret_pages)
{
	uint64_t start = bytes->area->start, end = start + bytes->area->pages * bytes->page_bytes;
	struct np_numa_maps maps;
	int result = np_parse_numa_maps(text->data, text->length, bytes->page_bytes, &maps);

	if (result)
		return result;
	*ret_pages = 0;
	for (size_t i = 0; i < maps.count; i++)
		for (size_t k = 0; maps.maps[i].start >= start && maps.maps[i].start < end &&
				   k < maps.maps[i].node_count; k++)
			*ret_pages += maps.maps[i].nodes[k].pages;
	np_numa_maps_free(&maps);
	return 0;
}

/* The readers are those of the table of readers; where there is no parser, they count by themselves. */
static const struct {
	const char *reader;
	text_reader parse;
	bool of_process;
} sayers[NP_SAYERS] = {
	[NP_SAYER_STATUS] = { "status", pages_in_status, true },
	[NP_SAYER_STATM] = { "statm", pages_in_statm, true },
	[NP_SAYER_SMAPS] = { "smaps", pages_in_smaps, false },
	[NP_SAYER_ROLLUP] = { "smaps_rollup", pages_in_rollup, true },
	[NP_SAYER_NUMA_MAPS] = { "numa_maps", pages_in_numa_maps, false },
	[NP_SAYER_PAGEMAP] = { "pagemap", NULL, false },
	[NP_SAYER_MOVE_PAGES] = { "move_pages", NULL, false },
	[NP_SAYER_PAGEMAP_SCAN] = { "pagemap_scan", NULL, false },
	[NP_SAYER_MINCORE] = { "mincore", NULL, false },
};

static int ask_mincore(struct np_subject *subject, const struct np_area *area, uint64_t *ret_pages)
{
	const uint64_t arguments[4] = { area->start, area->pages };
	struct np_subject_answer answer;
	int result = np_subject_do(subject, NP_SUBJECT_MINCORE, arguments, &answer);

	if (!result)
		*ret_pages = answer.values[0];
	return result;
}

static int ask(const struct np_checker *checker, const struct np_subject *subject, const struct np_area *area,
	       enum np_sayer sayer, uint64_t *ret_pages)
{
	const struct area_bytes bytes = { area, checker->system->page_bytes };
	const struct np_span_addr span = { area->start, area->start + area->pages * bytes.page_bytes };
	const struct np_reading reading = np_check_reading(checker, subject, &span, 1);
	const struct np_reader *reader = np_reader_find(sayers[sayer].reader, strlen(sayers[sayer].reader));
	struct np_read read = { 0 };
	int result = reader->read(reader, &reading, &read);

	if (!result && sayers[sayer].parse)
		result = sayers[sayer].parse(&read.text, &bytes, ret_pages);
	else if (!result)
		*ret_pages = read.pages;
	np_read_free(&read);
	return result;
}

/* Idle memory that goes away does not come back by itself: what is there in the end was there for all that were asked. */
static struct np_fact count_resident(const struct np_checker *checker, const struct np_subject *subject,
				     const struct np_area *area)
{
	struct np_page_count count;

	if (np_count_pages(checker, subject, area, &count) < 0)
		return NP_NOT_KNOWN;
	return NP_FACT((int64_t)(count.present + count.inaccessible));
}

int np_sayings_take(const struct np_checker *checker, struct np_subject *subject, const struct np_area *area,
		    struct np_sayings *ret)
{
	for (enum np_sayer sayer = 0; sayer < NP_SAYERS; sayer++) {
		uint64_t pages = 0;
		int result;

		if (sayer == NP_SAYER_MINCORE) /* of oneself only, so of none that is stopped: see the caller */
			result = ask_mincore(subject, area, &pages);
		else
			result = ask(checker, subject, area, sayer, &pages);
		if (result == -ENOMEM)
			return result;
		ret->by[sayer].error = result;
		ret->by[sayer].pages = pages;
	}
	ret->resident_pages = count_resident(checker, subject, area);
	return 0;
}

/* Pages that the reader says the area has now. */
static uint64_t pages_said(enum np_sayer sayer, uint64_t pages, const struct np_sayings *plain,
			   const struct np_sayings *tested)
{
	uint64_t before = plain->by[sayer].pages, now = tested->by[sayer].pages;

	if (!sayers[sayer].of_process)
		return now;
	if (now + PROCESS_SLACK_PAGES >= before && now <= before + PROCESS_SLACK_PAGES)
		return pages;
	return pages + now < before ? 0 : pages + now - before;
}

/* Without page tables it is not known, and taken for granted. */
static bool is_resident(const struct np_sayings *sayings, uint64_t pages)
{
	return !sayings->resident_pages.known || (uint64_t)sayings->resident_pages.value == pages;
}

static int judge(struct np_check_test *test, enum np_sayer sayer, uint64_t pages, const struct np_sayings *plain,
		 const struct np_sayings *tested)
{
	const struct np_defect *defect = np_defect_of_test(test->name);
	int error = plain->by[sayer].error ? plain->by[sayer].error : tested->by[sayer].error;
	uint64_t said;

	test->expected_pages = NP_FACT((int64_t)pages);
	if (error == -ENOTSUP) {
		test->result = NP_CHECK_ABSENT;
		return 0;
	}
	if (error)
		return np_check_unknown(test, "%s", strerror(-error));
	/* Memory that was not as it was made to be proves nothing. */
	if (!sayers[sayer].of_process && plain->by[sayer].pages != pages && tested->by[sayer].pages != pages)
		return np_check_unknown(test, "%s", N_("the memory for the test did not stay resident"));
	if (!is_resident(plain, pages) || !is_resident(tested, pages))
		return np_check_unknown(test, "%s", N_("some of the memory for the test was swapped out or moved meanwhile; "
						       "more free memory would make it known"));
	said = pages_said(sayer, pages, plain, tested);
	test->got_pages = NP_FACT((int64_t)said);
	test->result = said == pages ? NP_CHECK_PASSES : NP_CHECK_FAILS;
	test->cause = test->result == NP_CHECK_FAILS && defect ? defect->name : NULL;
	return 0;
}

int np_sayings_judge(struct np_checker *checker, enum np_check_memory memory, uint64_t pages,
		     const struct np_sayings *plain, const struct np_sayings *tested)
{
	for (enum np_sayer sayer = 0; sayer < NP_SAYERS; sayer++) {
		struct np_check_test *test =
			np_check_add(checker->check, NP_CHECK_DISTORTS, sayers[sayer].reader, memory);

		if (!test || judge(test, sayer, pages, plain, tested) < 0)
			return -ENOMEM;
	}
	return 0;
}

int np_sayings_unknown(struct np_checker *checker, enum np_check_memory memory, const char *why)
{
	for (enum np_sayer sayer = 0; sayer < NP_SAYERS; sayer++) {
		struct np_check_test *test =
			np_check_add(checker->check, NP_CHECK_DISTORTS, sayers[sayer].reader, memory);

		if (!test || np_check_unknown(test, "%s", why) < 0)
			return -ENOMEM;
	}
	return 0;
}

const char *np_no_huge_page(void)
{
	return N_("the kernel gave no transparent huge page; more free memory, or transparent_hugepage=madvise, would");
}
