/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The default view, letter by letter: tests/unit/expected/summary-*.txt. */
#include "check.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "view_problems.h"
#include "view_summary.h"

static const struct np_view utf8 = { .utf8 = true, .width = 80 };
static const struct np_view ascii = { .width = 80 };

/* Compare and end the snapshot. */
static void expect(const char *name, struct np_snapshot *snapshot, const struct np_view *view)
{
	assert_non_null(setlocale(LC_ALL, view->utf8 ? "C.UTF-8" : "C"));
	sample_expect(name, sample_render(np_view_summary, snapshot, view));
	np_snapshot_destroy(snapshot);
}

static void test_two_nodes(void **state)
{
	(void)state;
	expect("summary-two-nodes-utf8", sample_postgres(), &utf8);
	expect("summary-two-nodes-ascii", sample_postgres(), &ascii);
}

static void test_exact_bytes(void **state)
{
	(void)state;
	expect("summary-bytes", sample_postgres(), &(struct np_view){ .utf8 = true, .bytes = true, .width = 80 });
}

static void test_color(void **state)
{
	(void)state;
	expect("summary-color", sample_postgres(), &(struct np_view){ .utf8 = true, .color = true, .width = 80 });
}

static void test_without_a_terminal_it_is_80_wide(void **state)
{
	(void)state;
	expect("summary-two-nodes-utf8", sample_postgres(), &(struct np_view){ .utf8 = true });
}

static void test_narrow_terminal(void **state)
{
	static const unsigned numbers[] = { 0 };
	struct np_snapshot *one = sample_system(1, numbers);

	(void)state;
	sample_target(one, 4711, "postgres", 14)->pages.by_node[NP_R_PRESENT][0] = MIB_PAGES(100);
	expect("summary-one-node-narrow", one, &(struct np_view){ .utf8 = true, .width = 40 });
	expect("summary-narrow", sample_postgres(), &(struct np_view){ .utf8 = true, .width = 50 });
}

/* A laptop: one node, balancing off, a repaired kernel, every kind of page. */
static void test_one_node(void **state)
{
	static const unsigned numbers[] = { 0 };
	struct np_snapshot *snapshot = sample_system(1, numbers);
	struct np_tally *pages = &sample_target(snapshot, 1, "init", 1)->pages;

	(void)state;
	snapshot->system.numa_balancing = NP_FACT(0);
	snapshot->check.smaps_misses_thp = snapshot->check.move_pages_misses = NP_EFFECT_NO;
	pages->by_node[NP_R_PRESENT][0] = 1800;
	pages->hugetlb = 512;
	pages->zero = 1;
	pages->special = 2;
	pages->swapped = 3;
	pages->migrating = 4;
	pages->device = 5;
	pages->poisoned = 6;
	pages->marker = 7;
	pages->guard = 8;
	pages->unknown = 9;
	expect("summary-one-node", snapshot, &utf8);
}

/* No node 0, a node without memory, and pages whose node is not known. */
static void test_sparse_nodes(void **state)
{
	static const unsigned numbers[] = { 1, 3, 4 };
	struct np_snapshot *snapshot = sample_system(3, numbers);
	struct np_target *target = sample_target(snapshot, 77, "sparse", 1);

	(void)state;
	snapshot->system.nodes[2].memory_bytes = NP_FACT(0);
	target->pages.by_node[NP_R_PRESENT][0] = 100;
	target->pages.by_node[NP_R_HINTED][1] = 50;
	target->pages.by_node[NP_R_PRESENT][3] = 7;
	target->range_start = 0x7f0000000000;
	target->range_end = 0x7f0000400000;
	expect("summary-sparse-nodes", snapshot, &utf8);
}

static void test_many_nodes(void **state)
{
	unsigned numbers[12];

	(void)state;
	for (unsigned i = 0; i < 12; i++)
		numbers[i] = i;

	struct np_snapshot *snapshot = sample_system(12, numbers);
	struct np_tally *pages = &sample_target(snapshot, 99, "wide", 2)->pages;

	for (unsigned i = 0; i < 12; i++) {
		pages->by_node[NP_R_PRESENT][i] = UINT64_C(1000000) * i;
		pages->by_node[NP_R_HINTED][i] = UINT64_C(1000) * i;
	}
	pages->thp = 1024;
	expect("summary-many-nodes", snapshot, &utf8);
}

static void test_hints_unknown(void **state)
{
	(void)state;
	expect("summary-hints-unknown", sample_hints_unknown(), &utf8);
}

/* One that could not be read, one with a hostile name, and one of which nothing would be missing. */
static void test_several_targets(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	struct np_target *target = sample_target(snapshot, 4712, "gone", 0);

	(void)state;
	target->readable = false;
	target->threads = NP_NOT_KNOWN;
	target = sample_target(snapshot, 4713, "\033[2J\\x\342\200\256\377\303\251 y", 1);
	target->pages.by_node[NP_R_PRESENT][1] = 10;
	expect("summary-several", snapshot, &utf8);
}

static void test_kernel_not_tested(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();

	(void)state;
	snapshot->check = (struct np_quickcheck){ .why_not = strdup("fork: Resource temporarily unavailable") };
	snapshot->system.numa_balancing = NP_NOT_KNOWN;
	snapshot->targets[0].threads = NP_NOT_KNOWN;
	expect("summary-not-tested", snapshot, &utf8);
}

static void test_kernel_partly_tested(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();

	(void)state;
	snapshot->check.smaps_misses_thp = NP_EFFECT_NOT_TESTED;
	snapshot->check.move_pages_misses = NP_EFFECT_NO;
	snapshot->check.why_not = strdup("no huge page could be had");
	snapshot->system.numa_balancing = NP_FACT(2);
	snapshot->targets[0].threads = NP_FACT(1);
	expect("summary-partly-tested", snapshot, &utf8);
}

static void test_nothing_resident(void **state)
{
	static const unsigned numbers[] = { 0 };
	struct np_snapshot *snapshot = sample_system(1, numbers);

	(void)state;
	sample_target(snapshot, 2, "kthreadd", 1);
	expect("summary-nothing", snapshot, &ascii);
}

static void test_problems(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();

	(void)state;
	np_problem_add(snapshot, "/proc/4711/maps", "open", 13, "the pages of %s are not known", "this process");
	np_problem_add(snapshot, "bpf\nload", "", 0, "page tables are not read");
	sample_expect("problems", sample_render(np_view_problems, snapshot, &ascii));
	np_snapshot_destroy(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_nodes),
		cmocka_unit_test(test_exact_bytes),
		cmocka_unit_test(test_color),
		cmocka_unit_test(test_without_a_terminal_it_is_80_wide),
		cmocka_unit_test(test_narrow_terminal),
		cmocka_unit_test(test_one_node),
		cmocka_unit_test(test_sparse_nodes),
		cmocka_unit_test(test_many_nodes),
		cmocka_unit_test(test_hints_unknown),
		cmocka_unit_test(test_several_targets),
		cmocka_unit_test(test_kernel_not_tested),
		cmocka_unit_test(test_kernel_partly_tested),
		cmocka_unit_test(test_nothing_resident),
		cmocka_unit_test(test_problems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
