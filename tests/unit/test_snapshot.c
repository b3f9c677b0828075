/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The snapshot: problems, tallies, and that destroying one frees all of it (the sanitizer watches). */
#include "unit.h"

#include "snapshot.h"

static void test_problems(void **state)
{
	struct np_snapshot *snapshot = np_snapshot_create();
	char what[] = "/proc/4711/smaps";

	(void)state;
	assert_non_null(snapshot);
	assert_int_equal(snapshot->problem_count, 0);
	np_problem_add(snapshot, what, "open", EACCES, "%s of %d was not compared", "smaps", 4711);
	what[0] = 'X';
	for (int i = 0; i < 100; i++)
		np_problem_add(snapshot, "what", "read", 0, "none");
	assert_int_equal(snapshot->problem_count, 101);
	assert_string_equal(snapshot->problems[0].what, "/proc/4711/smaps");
	assert_string_equal(snapshot->problems[0].operation, "open");
	assert_int_equal(snapshot->problems[0].error, EACCES);
	assert_string_equal(snapshot->problems[0].effect, "smaps of 4711 was not compared");
	assert_int_equal(snapshot->problems[100].error, 0);
	np_snapshot_destroy(snapshot);
	np_snapshot_destroy(NULL);
}

static void fill_system(struct np_system *system)
{
	system->kernel = strdup("6.1.0");
	system->machine = strdup("x86_64");
	system->thp = strdup("madvise");
	system->lockdown = strdup("none");
	system->node_count = 2;
	system->nodes = calloc(2, sizeof(*system->nodes));
	assert_non_null(system->nodes);
	system->nodes[1].cpus = strdup("0-3");
	system->nodes[1].distances = calloc(2, sizeof(struct np_fact));
}

static void fill_target(struct np_target *target)
{
	target->command = strdup("postgres");
	target->source.why_not_better = strdup("no capability");
	target->source.how_hints = strdup("move_pages");
	assert_int_equal(np_tally_init(&target->pages, 2), 0);
	target->mapping_count = 2;
	target->mappings = calloc(2, sizeof(*target->mappings));
	assert_non_null(target->mappings);
	target->mappings[1].path = strdup("[heap]");
	target->mappings[1].policy = strdup("default");
	assert_int_equal(np_tally_init(&target->mappings[1].pages, 2), 0);
	target->comparison_count = 1;
	target->comparisons = calloc(1, sizeof(*target->comparisons));
}

static void test_destroy(void **state)
{
	struct np_snapshot *snapshot = np_snapshot_create();

	(void)state;
	assert_non_null(snapshot);
	snapshot->version = strdup("0.1.0");
	snapshot->taken = strdup("2026-01-31T12:00:00Z");
	snapshot->check.why_not = strdup("no huge pages");
	fill_system(&snapshot->system);
	snapshot->target_count = 2;
	snapshot->targets = calloc(2, sizeof(*snapshot->targets));
	assert_non_null(snapshot->targets);
	fill_target(&snapshot->targets[0]);
	snapshot->targets[1].mapping_count = 5; /* not asked for: no mappings */
	np_snapshot_destroy(snapshot);
}

static void test_tally(void **state)
{
	struct np_tally tally;

	(void)state;
	assert_int_equal(np_tally_init(&tally, 2), 0);
	assert_int_equal(np_tally_resident(&tally, 2, SIZE_MAX), 0);
	tally.by_node[NP_R_PRESENT][0] = 1;
	tally.by_node[NP_R_PRESENT][1] = 20;
	tally.by_node[NP_R_PRESENT][2] = 300;
	tally.by_node[NP_R_HINTED][1] = 4000;
	tally.by_node[NP_R_PROTNONE][0] = 50000;
	tally.swapped = 7;
	assert_int_equal(np_tally_state(&tally, 2, NP_R_PRESENT), 321);
	assert_int_equal(np_tally_state(&tally, 2, NP_R_HINTED), 4000);
	assert_int_equal(np_tally_state(&tally, 2, NP_R_ACCESSIBLE), 0);
	assert_int_equal(np_tally_resident(&tally, 2, 0), 50001);
	assert_int_equal(np_tally_resident(&tally, 2, 1), 4020);
	assert_int_equal(np_tally_resident(&tally, 2, 2), 300);
	assert_int_equal(np_tally_resident(&tally, 2, SIZE_MAX), 54321);
	assert_true(np_tally_hints_known(&tally, 2));
	tally.by_node[NP_R_ACCESSIBLE][2] = 1;
	assert_false(np_tally_hints_known(&tally, 2));
	assert_int_equal(np_tally_resident(&tally, 2, SIZE_MAX), 54322);
	np_tally_free(&tally);
	np_tally_free(&tally);
}

/* Every counter is added: give each a number of its own, and add twice. */
static void test_tally_add(void **state)
{
	struct np_tally sum, part;
	const size_t first = offsetof(struct np_tally, zero);
	const size_t count = (offsetof(struct np_tally, untold) - first) / sizeof(uint64_t);
	uint64_t *sums = (uint64_t *)((char *)&sum + first), *parts = (uint64_t *)((char *)&part + first);

	(void)state;
	assert_int_equal(np_tally_init(&sum, 3), 0);
	assert_int_equal(np_tally_init(&part, 3), 0);
	for (size_t i = 0; i < count; i++)
		parts[i] = i + 1;
	sum.untold = NP_UNTOLD_ZERO;
	part.untold = NP_UNTOLD_THP | NP_UNTOLD_ZERO;
	for (size_t i = 0; i < (size_t)NP_R_STATES * 4; i++)
		part.by_node[0][i] = 100 + i;
	np_tally_add(&sum, &part, 3);
	np_tally_add(&sum, &part, 3);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(sums[i], 2 * (i + 1));
	assert_int_equal(sum.untold, NP_UNTOLD_THP | NP_UNTOLD_ZERO);
	for (size_t i = 0; i < (size_t)NP_R_STATES * 4; i++)
		assert_int_equal(sum.by_node[0][i], 2 * (100 + i));
	np_tally_free(&part);
	np_tally_free(&sum);
}

/* What is untold is no number, whatever was counted; nothing else is kept back. */
static void test_tally_untold(void **state)
{
	struct np_tally tally = { .zero = 1, .special = 2, .device = 3, .guard = 4, .thp = 5, .hugetlb = 6, .swapped = 7 };

	(void)state;
	assert_int_equal(np_tally_counter(&tally, offsetof(struct np_tally, thp)).value, 5);
	assert_int_equal(np_tally_other(&tally).value, 7);
	tally.untold = NP_UNTOLD_THP;
	assert_false(np_tally_counter(&tally, offsetof(struct np_tally, thp)).known);
	assert_true(np_tally_counter(&tally, offsetof(struct np_tally, special)).known);
	assert_true(np_tally_other(&tally).known);
	tally.untold = NP_UNTOLD_ENTRIES | NP_UNTOLD_SPECIAL | NP_UNTOLD_ZERO;
	assert_true(np_tally_counter(&tally, offsetof(struct np_tally, thp)).known);
	assert_false(np_tally_counter(&tally, offsetof(struct np_tally, special)).known);
	assert_false(np_tally_counter(&tally, offsetof(struct np_tally, zero)).known);
	assert_false(np_tally_counter(&tally, offsetof(struct np_tally, guard)).known);
	assert_false(np_tally_other(&tally).known);
	assert_int_equal(np_tally_counter(&tally, offsetof(struct np_tally, swapped)).value, 7);
	assert_int_equal(np_tally_counter(&tally, offsetof(struct np_tally, hugetlb)).value, 6);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(np_verdict_name(NP_AGREES), "agrees");
	assert_string_equal(np_verdict_name(NP_UNDER_REPORTS), "under-reports");
	assert_string_equal(np_verdict_name(NP_OVER_REPORTS), "over-reports");
	assert_string_equal(np_verdict_name(NP_VERDICT_UNKNOWN), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_problems),  cmocka_unit_test(test_destroy), cmocka_unit_test(test_tally),
		cmocka_unit_test(test_tally_add), cmocka_unit_test(test_tally_untold), cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
