// SPDX-License-Identifier: GPL-2.0-or-later
/* A row of --compare: what may lag and what may not, mapping by mapping, and why something is unknown. */
#include "unit.h"

#include "compare_row.h"

#define AT(page) (0x10000000ULL + (page) * 4096ULL)
#define SMAPS                                                      \
	"10000000-103e8000 rw-p 00000000 00:00 0 \nRss: 4000 kB\n" \
	"103e8000-107d0000 rw-p 00000000 00:00 0 [heap]\nRss: 1996 kB\n"

static struct np_map maps[] = {
	{ .start = AT(0), .end = AT(1000), .perms = "rw-p", .path = (char *)"" },
	{ .start = AT(1000), .end = AT(2000), .perms = "rw-p", .path = (char *)"[heap]" },
};
static bool hugetlb[2];
static struct np_stretch stretches[] = { { AT(0), AT(1000), 0, NP_PRESENT, 0 }, { AT(1000), AT(1500), 1, NP_PRESENT, 0 } };
static const struct np_survey survey = { .maps = { .count = 2, .maps = maps }, .hugetlb = hugetlb,
					 .stretches = stretches, .stretch_count = 2 };
static const struct np_snapshot snapshot = { .system = { .page_bytes = 4096 } };

static struct np_comparison compare(const char *reader, const char *field, const char *text, struct np_bracketed bracketed)
{
	const struct np_claim *claim = np_claims;
	struct np_comparison row;

	while (claim->reader && (strcmp(claim->reader, reader) != 0 || strcmp(claim->field, field) != 0))
		claim++;
	assert_non_null(claim->reader);
	bracketed.reader = np_reader_find(reader, strlen(reader));
	bracketed.before = bracketed.after = &survey;
	bracketed.snapshot = &snapshot;
	bracketed.read.text = (struct np_text){ (char *)(uintptr_t)text, strlen(text) };
	assert_int_equal(np_compare_row(claim, &bracketed, &row), 0);
	return row;
}

static void test_lag(void **state)
{
	const struct np_bracketed lag = { .lag_pages = 64, .settled = true };
	struct np_comparison row = compare("statm", "resident", "9000 1499 7 1 0 1 0\n", lag);

	(void)state;
	assert_int_equal(row.verdict, NP_AGREES);
	assert_int_equal(row.difference_pages, -1);
	assert_int_equal(row.lag_pages, 64);
	assert_int_equal(row.as_predicted, NP_EFFECT_YES);
	np_comparison_free(&row);
	row = compare("smaps", "Rss", SMAPS, lag); /* counted at once: nothing of it may lag */
	assert_int_equal(row.verdict, NP_UNDER_REPORTS);
	assert_int_equal(row.difference_pages, -1);
	assert_int_equal(row.lag_pages, 0);
	assert_int_equal(row.as_predicted, NP_EFFECT_NO);
	np_comparison_free(&row);
}

static void test_mappings(void **state)
{
	struct np_comparison row = compare("smaps", "Rss", SMAPS, (struct np_bracketed){ .settled = true, .want_mappings = true });

	(void)state;
	assert_true(row.has_mappings);
	assert_int_equal(row.mappings_agree, 1);
	assert_int_equal(row.mapping_count, 1);
	assert_int_equal(row.mappings[0].start, AT(1000));
	assert_string_equal(row.mappings[0].path, "[heap]");
	assert_int_equal(row.mappings[0].pages, 499);
	assert_int_equal(row.mappings[0].low, 500);
	assert_int_equal(row.mappings[0].high, 500);
	assert_int_equal(row.mappings[0].verdict, NP_UNDER_REPORTS);
	assert_int_equal(row.mappings[0].difference_pages, -1);
	np_comparison_free(&row);
}

static void test_unknown(void **state)
{
	static const struct {
		const char *reader, *field, *text;
		uint64_t faults;
		bool settled;
		const char *reason;
	} rows[] = {
		{ "status", "VmSwap", "Name:\tx\n", 0, true, "this kernel's file does not say" },
		{ "statm", "resident", "9000 1400 7\n", 1, true, "1 page faults while it was read may explain the difference" },
		{ "statm", "resident", "9000 1400 7\n", 0, false, "its mappings changed while it was read, each of 4 times" },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
		struct np_comparison row = compare(rows[i].reader, rows[i].field, rows[i].text,
						   (struct np_bracketed){ .faults = rows[i].faults, .settled = rows[i].settled });

		assert_int_equal(row.verdict, NP_VERDICT_UNKNOWN);
		assert_string_equal(row.reason, rows[i].reason);
		np_comparison_free(&row);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lag), cmocka_unit_test(test_mappings), cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
