/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules: each applies where it should and nowhere else, and names its figures. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "sample.h"

static const struct np_view view = { .utf8 = true, .width = 500 };

static const struct np_rule *rule(const char *name)
{
	for (size_t i = 0; i < np_rule_count; i++)
		if (strcmp(np_rules[i].name, name) == 0)
			return &np_rules[i];
	fail_msg("no rule %s", name);
	return NULL;
}

static bool applies(const char *name, const struct np_snapshot *snapshot)
{
	return rule(name)->applies(snapshot, &snapshot->targets[0]);
}

static void expect_text(const char *name, const struct np_snapshot *snapshot, const char *expected)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_true(applies(name, snapshot));
	assert_non_null(out);
	assert_int_equal(rule(name)->write(snapshot, &snapshot->targets[0], &view, out), 0);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

/* 100 MiB on node 0 and 300 MiB on node 1, several threads, balancing on, node 0 preferred. */
static struct np_snapshot *sample_spread(void)
{
	static const unsigned numbers[] = { 0, 1 };
	struct np_snapshot *snapshot = sample_system(2, numbers);
	struct np_tally *pages = &sample_target(snapshot, 7, "x", 3)->pages;

	pages->by_node[NP_R_PRESENT][0] = MIB_PAGES(100);
	pages->by_node[NP_R_PRESENT][1] = MIB_PAGES(300);
	return snapshot;
}

static void test_off_preferred_node(void **state)
{
	struct np_snapshot *snapshot = sample_spread();
	struct np_target *target = &snapshot->targets[0];

	(void)state;
	expect_text("off-preferred-node", snapshot,
		    "300.0M of 400.0M (75.0 %) are not on node 0, which the scheduler prefers for its main thread "
		    "(numa_preferred_nid in /proc/7/sched).");
	target->preferred_node = NP_FACT(1);
	assert_false(applies("off-preferred-node", snapshot));
	target->preferred_node = NP_FACT(-1);
	assert_false(applies("off-preferred-node", snapshot));
	target->preferred_node = NP_FACT(5);
	assert_false(applies("off-preferred-node", snapshot));
	target->preferred_node = NP_NOT_KNOWN;
	assert_false(applies("off-preferred-node", snapshot));
	target->preferred_node = NP_FACT(0);
	target->pages.by_node[NP_R_PRESENT][2] = MIB_PAGES(900); /* of unknown node: they may be there */
	assert_false(applies("off-preferred-node", snapshot));
	np_snapshot_destroy(snapshot);
}

static void test_balancing_off(void **state)
{
	struct np_snapshot *snapshot = sample_spread();

	(void)state;
	assert_false(applies("balancing-off", snapshot));
	snapshot->system.numa_balancing = NP_NOT_KNOWN;
	assert_false(applies("balancing-off", snapshot));
	snapshot->system.numa_balancing = NP_FACT(0);
	expect_text("balancing-off", snapshot,
		    "Its memory is on 2 nodes (100.0M on node 0, 300.0M on node 1), and NUMA balancing is off "
		    "(kernel.numa_balancing is 0): the kernel moves none of it by itself.");
	snapshot->targets[0].pages.by_node[NP_R_PRESENT][0] = 0;
	assert_false(applies("balancing-off", snapshot));
	np_snapshot_destroy(snapshot);
}

static void test_hinted(void **state)
{
	struct np_snapshot *snapshot = sample_spread();
	struct np_tally *pages = &snapshot->targets[0].pages;

	(void)state;
	assert_false(applies("hinted", snapshot));
	pages->by_node[NP_R_HINTED][0] = MIB_PAGES(6) + 10;
	expect_text("hinted", snapshot,
		    "6.0M are NUMA-hinted: the next touch of each page takes a minor fault, 1546 in all.");
	pages->hinted_thp = MIB_PAGES(4);
	snapshot->system.numa_balancing = NP_FACT(0);
	expect_text("hinted", snapshot,
		    "6.0M are NUMA-hinted: the next touch of each page takes a minor fault, 524 in all, of which 2 are "
		    "for whole huge pages. NUMA balancing is off now (kernel.numa_balancing is 0), so these were left by "
		    "an earlier scan.");
	pages->by_node[NP_R_ACCESSIBLE][0] = 1;
	assert_false(applies("hinted", snapshot));
	np_snapshot_destroy(snapshot);
}

static void test_hints_unknown(void **state)
{
	struct np_snapshot *snapshot = sample_spread();

	(void)state;
	assert_false(applies("hints-unknown", snapshot));
	snapshot->targets[0].pages.by_node[NP_R_ACCESSIBLE][0] = MIB_PAGES(8);
	snapshot->targets[0].source.why_not_better = strdup("no \033 permission");
	expect_text("hints-unknown", snapshot,
		    "Whether 8.0M are present or NUMA-hinted is not known: the page tables were not read "
		    "(no \\x1b permission).");
	np_snapshot_destroy(snapshot);
}

static void test_not_scanned(void **state)
{
	struct np_snapshot *snapshot = sample_spread();

	(void)state;
	assert_false(applies("not-scanned", snapshot));
	snapshot->targets[0].scan_seq = NP_FACT(0);
	assert_true(applies("not-scanned", snapshot));
	snapshot->targets[0].pages.by_node[NP_R_HINTED][0] = 1;
	assert_false(applies("not-scanned", snapshot));
	snapshot->targets[0].pages.by_node[NP_R_HINTED][0] = 0;
	snapshot->system.numa_balancing = NP_FACT(0);
	assert_false(applies("not-scanned", snapshot));
	np_snapshot_destroy(snapshot);
}

static void test_single_threaded(void **state)
{
	struct np_snapshot *snapshot = sample_spread();

	(void)state;
	assert_false(applies("single-threaded", snapshot));
	snapshot->targets[0].threads = NP_FACT(1);
	assert_true(applies("single-threaded", snapshot));
	snapshot->system.numa_balancing = NP_FACT(0);
	assert_false(applies("single-threaded", snapshot));
	snapshot->system.numa_balancing = NP_FACT(1);
	snapshot->targets[0].threads = NP_NOT_KNOWN;
	assert_false(applies("single-threaded", snapshot));
	np_snapshot_destroy(snapshot);
}

static void test_tiers(void **state)
{
	struct np_snapshot *snapshot = sample_spread();

	(void)state;
	assert_false(applies("tiering", snapshot));
	assert_false(applies("slow-nodes", snapshot));
	*snapshot->system.nodes[1].cpus = '\0';
	expect_text("slow-nodes", snapshot,
		    "300.0M of 400.0M (75.0 %) are on nodes without CPUs: no thread can run beside them.");
	snapshot->system.numa_balancing = NP_FACT(2);
	assert_false(applies("slow-nodes", snapshot));
	expect_text("tiering", snapshot,
		    "NUMA balancing is in the mode of memory tiering (kernel.numa_balancing is 2): it hints pages of slow "
		    "nodes, to find those worth promoting. 300.0M of 400.0M are on nodes without CPUs.");
	np_snapshot_destroy(snapshot);
}

static void add_policy(struct np_snapshot *snapshot, const char *policy, uint64_t pages)
{
	struct np_mapping *mapping = sample_mapping(snapshot, &snapshot->targets[0], 0x1000, 0x2000, "rw-p", "");

	mapping->policy = policy ? strdup(policy) : NULL;
	mapping->pages.by_node[NP_R_PRESENT][0] = pages;
}

static void test_bound(void **state)
{
	struct np_snapshot *snapshot = sample_spread();

	(void)state;
	assert_false(applies("bound", snapshot));
	add_policy(snapshot, "default", 5);
	add_policy(snapshot, NULL, 5);
	add_policy(snapshot, "bind=balancing:0", 5);
	add_policy(snapshot, "prefer (many)=static|balancing:0", 5);
	add_policy(snapshot, "bind:1", 0);
	assert_false(applies("bound", snapshot));
	add_policy(snapshot, "bind:0", MIB_PAGES(1));
	expect_text("bound", snapshot,
		    "The memory policy of 1 mapping with 1.0M (bind:0) keeps NUMA balancing away from it.");
	add_policy(snapshot, "interleave:0-1", MIB_PAGES(2));
	expect_text("bound", snapshot,
		    "The memory policies of 2 mappings with 3.0M (the most: interleave:0-1) keep NUMA balancing away "
		    "from them.");
	snapshot->system.numa_balancing = NP_FACT(0);
	assert_false(applies("bound", snapshot));
	np_snapshot_destroy(snapshot);
}

static void test_hinted_small(void **state)
{
	struct np_snapshot *snapshot = sample_spread();
	struct np_tally *pages = &snapshot->targets[0].pages;

	(void)state;
	pages->by_node[NP_R_HINTED][0] = MIB_PAGES(6) + 10;
	assert_false(applies("hinted-small", snapshot)); /* nothing is in huge pages */
	pages->thp = MIB_PAGES(64);
	pages->hinted_thp = MIB_PAGES(2);
	expect_text("hinted-small", snapshot,
		    "4.0M of that is hinted in small pages, though the process has 64.0M in huge pages (THP): 1034 faults, "
		    "where huge pages would take 3. NUMA balancing splits no huge page, so these pages were small, or "
		    "split, before it came.");
	pages->hinted_thp = MIB_PAGES(6); /* ten small pages don't matter */
	assert_false(applies("hinted-small", snapshot));
	pages->hinted_thp = 0;
	pages->by_node[NP_R_ACCESSIBLE][0] = 1;
	assert_false(applies("hinted-small", snapshot));
	np_snapshot_destroy(snapshot);
}

static void set_text(char **text, const char *value)
{
	free(*text);
	*text = value ? strdup(value) : NULL;
}

static void test_policy(void **state)
{
	struct np_snapshot *snapshot = sample_spread();
	struct np_target *target = &snapshot->targets[0];

	(void)state;
	assert_false(applies("policy", snapshot));
	set_text(&target->policy, "default");
	assert_false(applies("policy", snapshot));
	set_text(&target->policy, "bind=balancing:0");
	assert_false(applies("policy", snapshot));
	set_text(&target->policy, "interleave:0-1");
	expect_text("policy", snapshot,
		    "Its memory policy is interleave:0-1 (that of its main thread, in /proc/7/numa_maps), which keeps NUMA "
		    "balancing away from all of its 400.0M but for mappings that have a policy of their own "
		    "(-v -o +policy).");
	snapshot->system.numa_balancing = NP_FACT(0);
	assert_false(applies("policy", snapshot));
	snapshot->system.numa_balancing = NP_FACT(1);
	add_policy(snapshot, "interleave:0-1", 5); /* then "bound" says more */
	assert_false(applies("policy", snapshot));
	np_snapshot_destroy(snapshot);
}

static void test_cpuset(void **state)
{
	struct np_snapshot *snapshot = sample_spread();
	struct np_target *target = &snapshot->targets[0];

	(void)state;
	assert_false(applies("cpuset", snapshot));
	set_text(&target->memory_nodes, "0-1");
	assert_false(applies("cpuset", snapshot));
	set_text(&target->memory_nodes, "0-");
	assert_false(applies("cpuset", snapshot));
	set_text(&target->memory_nodes, "0");
	expect_text("cpuset", snapshot,
		    "Its cpuset allows memory on 1 of 2 nodes (cpuset.mems: 0), and 300.0M of 400.0M (75.0 %) are on "
		    "others. NUMA balancing can move pages to the allowed nodes only.");
	snapshot->system.numa_balancing = NP_FACT(0);
	expect_text("cpuset", snapshot,
		    "Its cpuset allows memory on 1 of 2 nodes (cpuset.mems: 0), and 300.0M of 400.0M (75.0 %) are on "
		    "others. NUMA balancing is off, so they stay there.");
	target->pages.by_node[NP_R_PRESENT][1] = 0;
	assert_false(applies("cpuset", snapshot));
	snapshot->system.numa_balancing = NP_FACT(1);
	expect_text("cpuset", snapshot,
		    "Its cpuset allows memory on 1 of 2 nodes (cpuset.mems: 0), and 0 of 100.0M (0.0 %) are on others. "
		    "NUMA balancing can move none of it, wherever its threads run.");
	snapshot->system.nodes[1].memory_bytes = NP_FACT(0); /* then there is no other */
	assert_false(applies("cpuset", snapshot));
	np_snapshot_destroy(snapshot);
}

static void test_protnone(void **state)
{
	struct np_snapshot *snapshot = sample_spread();

	(void)state;
	snapshot->targets[0].pages.by_node[NP_R_PROTNONE][0] = MIB_PAGES(40);
	assert_false(applies("protnone", snapshot));
	snapshot->targets[0].pages.by_node[NP_R_PROTNONE][0] = MIB_PAGES(50);
	assert_true(applies("protnone", snapshot));
	np_snapshot_destroy(snapshot);
}

/* A process of which nothing is known, or that has nothing, is not explained. */
static void test_nothing(void **state)
{
	static const unsigned numbers[] = { 0 };
	struct np_snapshot *snapshot = sample_system(1, numbers);

	(void)state;
	sample_target(snapshot, 1, "x", 2);
	for (size_t i = 0; i < np_rule_count; i++)
		if (np_rules[i].applies(snapshot, &snapshot->targets[0]))
			fail_msg("%s applies to nothing", np_rules[i].name);
	snapshot->targets[0].threads = snapshot->targets[0].scan_seq = NP_NOT_KNOWN;
	sample_expect("explain-nothing", sample_render(np_view_explain, snapshot, &view));
	snapshot->targets[0].readable = false;
	sample_expect("explain-unreadable", sample_render(np_view_explain, snapshot, &view));
	np_snapshot_destroy(snapshot);
}

static void test_view(void **state)
{
	static const struct np_view ascii = { .color = true, .width = 60 };
	struct np_snapshot *snapshot = sample_spread();

	(void)state;
	snapshot->system.numa_balancing = NP_FACT(0);
	sample_expect("explain-view", sample_render(np_view_explain, snapshot, &ascii));
	np_snapshot_destroy(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_off_preferred_node), cmocka_unit_test(test_balancing_off),
		cmocka_unit_test(test_hinted),		   cmocka_unit_test(test_hints_unknown),
		cmocka_unit_test(test_not_scanned),	   cmocka_unit_test(test_single_threaded),
		cmocka_unit_test(test_tiers),		   cmocka_unit_test(test_bound),
		cmocka_unit_test(test_protnone), cmocka_unit_test(test_hinted_small),
		cmocka_unit_test(test_policy), cmocka_unit_test(test_cpuset),	   cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
