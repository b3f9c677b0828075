/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine of a report, and what was tested on it. */
#include "replay_system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "i18n.h"
#include "quickcheck.h"
#include "replay_check.h"
#include "state.h"

#define VMSTAT(name)                                                                                              \
	{ .key = #name, .read = np_field_fact, .offset = offsetof(struct np_vmstat, name), .flags = NP_FIELD_NULL }
/* Not in the first reports. */
#define LATER_VMSTAT(name)                                                                                 \
	{ .key = #name, .read = np_field_fact, .offset = offsetof(struct np_vmstat, name),                 \
	  .flags = NP_FIELD_NULL | NP_FIELD_OPTIONAL }

static const struct np_field vmstat_fields[] = {
	VMSTAT(numa_pte_updates),	VMSTAT(numa_huge_pte_updates), VMSTAT(numa_hint_faults),
	VMSTAT(numa_hint_faults_local), VMSTAT(numa_pages_migrated),
	LATER_VMSTAT(pgpromote_success), LATER_VMSTAT(pgdemote_kswapd), LATER_VMSTAT(pgdemote_direct),
	NP_FIELD_END,
};

static const struct np_field node_fields[] = {
	{ .key = "node", .read = np_field_unsigned, .offset = offsetof(struct np_node, number),
	  .most = NP_MAX_NODES - 1 },
	{ .key = "cpus", .read = np_field_sentence, .offset = offsetof(struct np_node, cpus), .flags = NP_FIELD_NULL },
	{ .key = "memory_bytes", .read = np_field_fact, .offset = offsetof(struct np_node, memory_bytes),
	  .flags = NP_FIELD_NULL },
	{ .key = "free_bytes", .read = np_field_fact, .offset = offsetof(struct np_node, free_bytes),
	  .flags = NP_FIELD_NULL },
	NP_FIELD_END,
};

/* The numbers of the nodes first: distances name nodes that come later. */
static int read_nodes(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	static const struct np_field array = {
		.key = "nodes", .fields = node_fields, .offset = offsetof(struct np_system, nodes),
		.count_offset = offsetof(struct np_system, node_count), .item_bytes = sizeof(struct np_node),
	};
	const struct np_system *system = &replay->snapshot->system;
	int result = np_field_array(replay, value, &array, ret);

	(void)field;
	for (size_t i = 1; !result && i < system->node_count; i++)
		if (system->nodes[i].number <= system->nodes[i - 1].number)
			result = np_replay_at_item(replay, i, np_replay_wrong(replay, _("not in ascending order")));
	return result;
}

static int read_distances_of(struct np_replay *replay, const struct np_json *object, struct np_node *node)
{
	const struct np_system *system = &replay->snapshot->system;
	int result = object ? np_replay_expect(replay, object, NP_JSON_OBJECT) : np_replay_wrong(replay, _("missing"));

	if (result || np_json_count(object) == 0) /* none at all: a kernel without nodes */
		return result;
	node->distances = calloc(system->node_count, sizeof(*node->distances));
	if (!node->distances)
		return -ENOMEM;
	for (size_t i = 0; i < system->node_count && !result; i++) {
		char key[16];
		struct np_field fields[] = {
			{ .key = key, .read = np_field_fact, .flags = NP_FIELD_NULL | NP_FIELD_OPTIONAL,
			  .most = UINT8_MAX, .offset = i * sizeof(struct np_fact) },
			NP_FIELD_END,
		};

		snprintf(key, sizeof(key), "%u", system->nodes[i].number);
		result = np_replay_object(replay, object, fields, node->distances);
	}
	return result;
}

static int read_distances(struct np_replay *replay, const struct np_json *nodes)
{
	struct np_system *system = &replay->snapshot->system;
	int result = 0;

	for (size_t i = 0; i < system->node_count && !result; i++) {
		result = read_distances_of(replay, np_json_get(np_json_item(nodes, i), "distances"), &system->nodes[i]);
		result = np_replay_at_item(replay, i, np_replay_at(replay, "distances", result));
	}
	return np_replay_at(replay, "nodes", result);
}

#define TEXT(name)                                                                                                \
	{ .key = #name, .read = np_field_sentence, .offset = offsetof(struct np_system, name), .flags = NP_FIELD_NULL }

static const struct np_field system_fields[] = {
	TEXT(kernel),
	TEXT(machine),
	{ .key = "page_bytes", .read = np_field_unsigned, .offset = offsetof(struct np_system, page_bytes),
	  .least = 1024, .most = 1 << 20 },
	{ .key = "numa_balancing", .read = np_field_fact, .offset = offsetof(struct np_system, numa_balancing),
	  .flags = NP_FIELD_NULL, .most = INT32_MAX },
	TEXT(thp),
	TEXT(lockdown),
	{ .key = "nodes", .read = read_nodes, .offset = offsetof(struct np_system, nodes) },
	{ .key = "vmstat", .read = np_field_object, .offset = offsetof(struct np_system, vmstat),
	  .fields = vmstat_fields },
	NP_FIELD_END,
};

int np_field_system(struct np_replay *replay, const struct np_json *value,
		    const struct np_field *field __attribute__((unused)), void *ret)
{
	int result = np_replay_object(replay, value, system_fields, ret);
	unsigned page_bytes = ((struct np_system *)ret)->page_bytes;

	if (!result && page_bytes & (page_bytes - 1))
		result = np_replay_at(replay, "page_bytes", np_replay_wrong(replay, _("no power of two")));
	return result ? result : read_distances(replay, np_json_get(value, "nodes"));
}

/* A test of the report. */
struct test {
	char *name, *reason;
	int verdict;
};

static const char *const verdicts[] = {
	[NP_EFFECT_NO] = "passes", [NP_EFFECT_YES] = "fails", [NP_EFFECT_NOT_TESTED] = "skipped", NULL,
};

static const struct np_field test_fields[] = {
	{ .key = "name", .read = np_field_text, .offset = offsetof(struct test, name) },
	{ .key = "verdict", .read = np_field_choice, .offset = offsetof(struct test, verdict), .words = verdicts },
	{ .key = "reason", .read = np_field_text, .offset = offsetof(struct test, reason), .flags = NP_FIELD_NULL },
	NP_FIELD_END,
};

struct tests {
	struct test *tests;
	size_t count;
};

static const struct np_field check_fields[] = {
	{ .key = "tests", .read = np_field_array, .offset = offsetof(struct tests, tests), .fields = test_fields,
	  .count_offset = offsetof(struct tests, count), .item_bytes = sizeof(struct test) },
	NP_FIELD_END,
};

/* All skipped tests have the same reason; "not tested" is what stands for none. */
static void take_test(struct test *test, struct np_quickcheck *ret)
{
	for (const struct np_quick_test *known = np_quick_tests; known->name; known++)
		if (strcmp(known->name, test->name) == 0)
			*(enum np_effect *)(void *)((char *)ret + known->offset) = (enum np_effect)test->verdict;
	if (test->verdict != NP_EFFECT_NOT_TESTED)
		ret->done = true;
	if (!test->reason || strcmp(test->reason, "not tested") == 0 || ret->why_not)
		return;
	ret->done = true;
	ret->why_not = test->reason;
	test->reason = NULL;
}

/* Of the quick test of every run, or of --check-kernel. */
int np_field_check(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	struct np_quickcheck *check = ret;
	struct tests tests = { NULL, 0 };
	int result;

	check->smaps_misses_thp = check->smaps_misses_base = check->move_pages_misses = NP_EFFECT_NOT_TESTED;
	if (np_json_type(value) == NP_JSON_OBJECT && np_json_get(value, "regime"))
		return np_field_kernel_check(replay, value, field, &replay->snapshot->kernel_check);
	result = np_replay_object(replay, value, check_fields, &tests);
	for (size_t i = 0; i < tests.count; i++) {
		if (!result)
			take_test(&tests.tests[i], check);
		free(tests.tests[i].name);
		free(tests.tests[i].reason);
	}
	free(tests.tests);
	return result;
}
