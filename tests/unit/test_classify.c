// SPDX-License-Identifier: GPL-2.0-or-later
/* Pages onto nodes whose numbers have gaps, and huge pages of every kind. */
#include "unit.h"

#include "classify.h"

#define PAGE 4096ULL
#define REGION (1ULL << 30)

static struct np_node nodes[] = { { .number = 2 }, { .number = 7 } };
static const struct np_system two_nodes = { .page_bytes = 4096, .node_count = 2, .nodes = nodes };
static struct np_map regions[] = {
	{ .start = 1 * REGION, .end = 2 * REGION, .perms = "rw-p", .path = (char *)"" },
	{ .start = 2 * REGION, .end = 3 * REGION, .perms = "---p", .path = (char *)"" },
	{ .start = 3 * REGION, .end = 4 * REGION, .perms = "rw-s", .path = (char *)"/dev/hugepages/a" },
	{ .start = 4 * REGION, .end = 5 * REGION, .perms = "---s", .path = (char *)"/dev/hugepages/b" },
};
static const struct np_maps maps = { 4, regions, NULL };
static const bool hugetlb[] = { false, false, true, true };
static bool inaccessible[4];

static struct np_classifier classifier_of(struct np_tally *sum)
{
	struct np_classifier classifier;

	assert_int_equal(np_tally_init(sum, 2), 0);
	np_classifier_init(&classifier, &two_nodes);
	classifier.maps = &maps;
	classifier.hugetlb = hugetlb;
	classifier.inaccessible = inaccessible;
	classifier.sum = sum;
	np_classifier_restart(&classifier);
	return classifier;
}

static void test_nodes(void **state)
{
	struct np_tally sum;
	struct np_classifier classifier = classifier_of(&sum);

	(void)state;
	np_classify(&classifier, REGION, 3, NP_PRESENT, NP_SIZE_BASE, 2);
	np_classify(&classifier, REGION + 3 * PAGE, 5, NP_INACCESSIBLE, NP_SIZE_BASE, 7);
	np_classify(&classifier, REGION + 8 * PAGE, 7, NP_PRESENT, NP_SIZE_BASE, 1); /* not online */
	np_classify(&classifier, REGION + 15 * PAGE, 9, NP_PRESENT, NP_SIZE_BASE, -1);
	assert_int_equal(sum.by_node[NP_R_PRESENT][0], 3);
	assert_int_equal(sum.by_node[NP_R_PRESENT][1], 0);
	assert_int_equal(sum.by_node[NP_R_PRESENT][2], 7 + 9);
	assert_int_equal(sum.by_node[NP_R_HINTED][0], 0);
	assert_int_equal(sum.by_node[NP_R_HINTED][1], 5);
	np_tally_free(&sum);
}

static void test_huge_pages(void **state)
{
	struct np_tally sum;
	struct np_classifier classifier = classifier_of(&sum);

	(void)state;
	np_classify(&classifier, 1 * REGION, 512, NP_PRESENT, NP_SIZE_PMD, 2);
	np_classify(&classifier, 1 * REGION + 512 * PAGE, 1024, NP_INACCESSIBLE, NP_SIZE_PMD, 2);
	np_classify(&classifier, 2 * REGION, 2048, NP_INACCESSIBLE, NP_SIZE_PMD, 7);
	np_classify(&classifier, 3 * REGION, 4096, NP_PRESENT, NP_SIZE_PMD, 2);
	np_classify(&classifier, 3 * REGION + 4096 * PAGE, 8192, NP_INACCESSIBLE, NP_SIZE_PMD, 2); /* mprotect() is under way */
	np_classify(&classifier, 4 * REGION, 16384, NP_INACCESSIBLE, NP_SIZE_PMD, 7);
	assert_int_equal(sum.thp, 512 + 1024 + 2048);
	assert_int_equal(sum.hinted_thp, 1024);
	assert_int_equal(sum.protnone_thp, 2048);
	assert_int_equal(sum.hugetlb, 4096 + 16384);
	assert_int_equal(sum.unknown, 8192);
	assert_int_equal(np_tally_state(&sum, 2, NP_R_PROTNONE), 2048 + 16384);
	np_tally_free(&sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_nodes), cmocka_unit_test(test_huge_pages) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
