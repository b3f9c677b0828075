/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each interface counts, state by state; brackets of two surveys; answers of recorded files. */
#include "unit.h"

#include "claims.h"

#define PAGE 4096ULL
#define AT(page) (0x10000000ULL + (page) * PAGE)

static struct np_map maps[] = {
	{ .start = AT(0), .end = AT(10000), .perms = "rw-p", .path = "" },
	{ .start = AT(10000), .end = AT(20000), .perms = "rw-s", .path = "/dev/hugepages/x" },
	{ .start = AT(20000), .end = AT(20004), .perms = "r--p", .path = "[vvar]" },
	{ .start = AT(20004), .end = AT(20006), .perms = "r-xp", .path = "[vdso]" },
};
static bool hugetlb[] = { false, true, false, false };

static struct np_survey survey_of(struct np_stretch *stretches, size_t count)
{
	return (struct np_survey){ .maps = { .count = UNIT_COUNT(maps), .maps = maps }, .hugetlb = hugetlb,
				   .stretches = stretches, .stretch_count = count };
}

static const struct np_claim *claim_of(const char *reader, const char *field)
{
	const struct np_claim *claim = np_claims;

	while (claim->reader && (strcmp(claim->reader, reader) != 0 || strcmp(claim->field, field) != 0))
		claim++;
	assert_non_null(claim->reader);
	return claim;
}

/* One page of each kind; the rows say which interface counts it: 0 no, 1 maybe, 2 yes. */
static void test_states(void **state)
{
	enum { RSS, SWAP, HUGE, SMAPS, NUMA_MAPS, PAGEMAP, MOVE, CLAIMS };
	const struct np_claim *claims[CLAIMS] = {
		claim_of("status", "VmRSS"), claim_of("status", "VmSwap"), claim_of("status", "HugetlbPages"),
		claim_of("smaps", "Rss"), claim_of("numa_maps", "N0, N1, ..."), claim_of("pagemap", "present"),
		claim_of("move_pages", "on a node"),
	};
	static const struct {
		uint64_t page;
		enum np_state state;
		unsigned counted[CLAIMS];
	} rows[] = {
		{ 1, NP_PRESENT, { 2, 0, 0, 2, 2, 2, 2 } },	 { 1, NP_HINTED, { 2, 0, 0, 2, 2, 2, 2 } },
		{ 1, NP_PROTNONE, { 2, 0, 0, 2, 2, 2, 2 } },	 { 1, NP_ZERO, { 0, 0, 0, 0, 0, 2, 0 } },
		{ 1, NP_SPECIAL, { 0, 0, 0, 0, 0, 1, 0 } },	 { 1, NP_SWAPPED, { 0, 2, 0, 0, 0, 0, 0 } },
		{ 1, NP_MIGRATING, { 2, 0, 0, 2, 0, 0, 0 } },	 { 1, NP_GUARD, { 0, 0, 0, 0, 0, 0, 0 } },
		{ 1, NP_MARKER, { 0, 0, 0, 0, 0, 0, 0 } },	 { 1, NP_UNKNOWN, { 1, 1, 1, 1, 1, 1, 1 } },
		{ 10001, NP_PRESENT, { 0, 0, 2, 0, 2, 2, 2 } },	 { 10001, NP_PROTNONE, { 0, 0, 2, 0, 2, 2, 2 } },
		{ 20000, NP_SPECIAL, { 0, 0, 0, 0, 0, 0, 0 } },	 { 20004, NP_PRESENT, { 2, 0, 0, 2, 0, 2, 2 } },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
		uint32_t mapping = rows[i].page < 10000 ? 0 : rows[i].page < 20000 ? 1 : rows[i].page < 20004 ? 2 : 3;
		struct np_stretch stretch = { AT(rows[i].page), AT(rows[i].page + 1), mapping, (uint8_t)rows[i].state, 0 };
		struct np_survey survey = survey_of(&stretch, 1);

		for (int k = 0; k < CLAIMS; k++) {
			struct np_bracket bracket;

			np_claim_bracket(claims[k], &survey, &survey, NULL, &bracket, NULL);
			assert_int_equal(bracket.low + bracket.high, rows[i].counted[k]);
		}
	}
}

static void test_brackets(void **state)
{
	struct np_stretch first[] = { { AT(0), AT(100), 0, NP_PRESENT, 0 }, { AT(200), AT(300), 0, NP_HINTED, 0 },
				      { AT(300), AT(400), 0, NP_ZERO, 0 } };
	struct np_stretch second[] = { { AT(50), AT(250), 0, NP_PRESENT, 0 }, { AT(390), AT(410), 0, NP_PRESENT, 0 } };
	struct np_survey before = survey_of(first, 3), after = survey_of(second, 2), nothing = survey_of(NULL, 0);
	struct np_bracket bracket, by_mapping[UNIT_COUNT(maps)] = { { 0, 0 } };

	(void)state;
	np_claim_bracket(claim_of("status", "VmRSS"), &before, &after, NULL, &bracket, by_mapping);
	assert_int_equal(bracket.low, 50 + 50);
	assert_int_equal(bracket.high, 300 + 20);
	assert_memory_equal(&by_mapping[0], &bracket, sizeof(bracket));
	np_claim_bracket(claim_of("status", "VmRSS"), &before, &nothing, NULL, &bracket, NULL);
	assert_int_equal(bracket.low, 0);
	assert_int_equal(bracket.high, 200);
	np_claim_bracket(claim_of("status", "VmRSS"), &nothing, &nothing, NULL, &bracket, NULL);
	assert_int_equal(bracket.low + bracket.high, 0);
}

static void test_defects(void **state)
{
	struct np_stretch all[] = { { AT(0), AT(512), 0, NP_PROTNONE, NP_SIZE_PMD }, { AT(512), AT(1024), 0, NP_HINTED, 0 },
				    { AT(1024), AT(1025), 0, NP_PRESENT, NP_SIZE_PMD },
				    { AT(10000), AT(10512), 1, NP_PROTNONE, NP_SIZE_PMD } };
	struct np_survey survey = survey_of(all, 4);
	struct np_quickcheck check = { true, NP_EFFECT_YES, NP_EFFECT_NO, NP_EFFECT_YES, NULL };
	struct np_bracket bracket;

	(void)state;
	np_claim_bracket(claim_of("smaps", "Rss"), &survey, &survey, &check, &bracket, NULL);
	assert_int_equal(bracket.low, 512 + 1);
	np_claim_bracket(claim_of("move_pages", "on a node"), &survey, &survey, &check, &bracket, NULL);
	assert_int_equal(bracket.high, 1 + 512);
	np_claim_bracket(claim_of("numa_maps", "N0, N1, ..."), &survey, &survey, &check, &bracket, NULL);
	assert_int_equal(bracket.low, 512 + 512 + 1 + 512);
	check.done = false;
	np_claim_bracket(claim_of("smaps", "Rss"), &survey, &survey, &check, &bracket, NULL);
	assert_int_equal(bracket.low, 512 + 512 + 1);
}

static void test_hints(void **state)
{
	struct np_stretch first[] = { { AT(0), AT(100), 0, NP_HINTED, 0 }, { AT(100), AT(200), 0, NP_PRESENT, 0 } };
	struct np_stretch second[] = { { AT(0), AT(10), 0, NP_PRESENT, 0 }, { AT(10), AT(130), 0, NP_HINTED, 0 } };
	struct np_survey before = survey_of(first, 2), after = survey_of(second, 2);
	struct np_hints hints = np_survey_hints(&before, &after);

	(void)state;
	assert_int_equal(hints.before, 100);
	assert_int_equal(hints.after, 120);
	assert_int_equal(hints.cleared, 10);
	assert_int_equal(hints.made, 30);
}

/* What the files of a recorded machine say, added up here by hand from the recording. */
static void test_answers(void **state)
{
	static const char *const files[] = { "status", "statm", "smaps", "smaps_rollup", "numa_maps" };
	static const char *const fields[] = { "VmRSS", "resident", "Rss", "Rss", "N0, N1, ..." };
	static const int64_t wanted[UNIT_COUNT(files)] = { 3474, 3474, 3474, 3474, 3473 }; /* numa_maps leaves out [vdso] */

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(files); i++) {
		const struct np_claim *claim = claim_of(files[i], fields[i]);
		struct np_answer_pages answer = { 0 };
		struct np_read read = { 0 };
		char path[64];

		snprintf(path, sizeof(path), "proc/4711/%s", files[i]);
		read.text = unit_fixture("6.18-x86_64-one-node", path);
		assert_int_equal(claim->extract(&read, 4096, &answer), 0);
		assert_true(answer.pages.known);
		assert_int_equal(answer.count > 0, strcmp(files[i], "smaps") == 0 || strcmp(files[i], "numa_maps") == 0);
		assert_int_equal(answer.pages.value, wanted[i]);
		np_answer_free(&answer);
		np_read_free(&read);
	}
}

static void test_bad_answers(void **state)
{
	(void)state;
	for (const struct np_claim *claim = np_claims; claim->reader; claim++) {
		struct np_answer_pages answer = { 0 };
		char text[] = "nonsense";
		struct np_read read = { .text = { text, sizeof(text) - 1 } };

		assert_non_null(np_reader_find(claim->reader, strlen(claim->reader)));
		if (claim->extract(&read, 4096, &answer) == 0)
			assert_false(answer.pages.known);
		np_answer_free(&answer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),	cmocka_unit_test(test_brackets), cmocka_unit_test(test_defects),
		cmocka_unit_test(test_hints),	cmocka_unit_test(test_answers),	 cmocka_unit_test(test_bad_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
