/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Redaction: what goes, what stays, and that it goes everywhere. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "grains.h"
#include "json.h"
#include "kernel_check.h"
#include "redact.h"
#include "replay.h"
#include "sample.h"

static int write_json(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	(void)view;
	return np_json_write(snapshot, out);
}

static struct np_snapshot *sample_secrets(void)
{
	struct np_snapshot *snapshot = sample_postgres();
	struct np_target *target = &snapshot->targets[0];

	sample_mapping(snapshot, target, 0x555500000000, 0x555500002000, "r-xp", "/home/alice/acme-secret")->offset = 4096;
	sample_mapping(snapshot, target, 0x555500002000, 0x555500003000, "rw-p", "[heap]");
	sample_mapping(snapshot, target, 0x7f0000000000, 0x7f0000100000, "rw-p", "/home/alice/acme-secret (deleted)");
	sample_mapping(snapshot, target, 0x7f0000100000, 0x7f0000200000, "rw-p", "[anon:acme pool]");
	sample_mapping(snapshot, target, 0x7f0000200000, 0x7f0000300000, "rw-p", "");
	sample_mapping(snapshot, target, 0x7f0000300000, 0x7f0000400000, "rw-s", "/memfd:acme (deleted)");
	sample_mapping(snapshot, target, 0x7f0000400000, 0x7f0000401000, "rw-s", "anon_inode:[perf_event]");
	sample_comparisons(target);
	sample_threads(target);
	target->comparisons[2].mappings[0].path[1] = 'h';
	free(target->comparisons[4].reason);
	target->comparisons[4].reason = strdup("it is /home/alice/acme-secret");
	target->grains = np_grains_create(snapshot->system.node_count);
	np_grains_add(target->grains, 0x555500001000, 2, NP_PRESENT, 0);
	np_grains_add(target->grains, 0x7f0000100000, 3, NP_PRESENT, 0);
	target->range_start = 0x555500001000;
	target->range_end = 0x7f0000001000;
	sample_target(snapshot, 5000, "acme-worker", 1);
	sample_target(snapshot, 5001, "postgres", 1);
	snapshot->targets[1].source.why_not_better = strdup("numaprobe-walk: /opt/acme/numaprobe-walk: Exec format error");
	np_problem_add(snapshot, "acme-worker", "find", 0, "no process has this command name");
	np_problem_add(snapshot, "/sys/fs/cgroup/acme.slice", "open", 2, "nothing of (/opt/acme/x), /proc/5/maps");
	np_problem_add(snapshot, "/proc/4711/smaps", "open", 13, "it was not compared");
	np_problem_add(snapshot, "--source bpf", "start", 0, "none");
	return snapshot;
}

static void test_what_goes_and_what_stays(void **state)
{
	struct np_snapshot *snapshot = sample_secrets();
	struct np_mapping *mappings = snapshot->targets[0].mappings;
	static const char *const paths[] = {
		"path-1", "[heap]", "path-1 (deleted)", "[anon:name-1]", "", "path-2 (deleted)",
		"anon_inode:[perf_event]",
	};

	(void)state;
	assert_int_equal(np_redact(snapshot), 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_string_equal(mappings[i].path, paths[i]);
	assert_string_equal(snapshot->targets[0].command, "command-1");
	assert_string_equal(snapshot->targets[0].threads_seen[0].name, "command-2");
	assert_string_equal(snapshot->targets[1].command, "command-3");
	assert_string_equal(snapshot->targets[2].command, "command-1");
	assert_string_equal(snapshot->targets[1].source.why_not_better, "numaprobe-walk: path-4: Exec format error");
	assert_string_equal(snapshot->targets[0].comparisons[2].mappings[0].path, "path-3");
	assert_string_equal(snapshot->targets[0].comparisons[4].reason, "it is path-1");
	assert_string_equal(snapshot->problems[0].what, "command-3");
	assert_string_equal(snapshot->problems[1].what, "path-5");
	assert_string_equal(snapshot->problems[1].effect, "nothing of (path-6), /proc/5/maps");
	assert_string_equal(snapshot->problems[2].what, "/proc/4711/smaps");
	assert_string_equal(snapshot->problems[3].what, "--source bpf");
	np_snapshot_destroy(snapshot);
}

static void test_addresses(void **state)
{
	struct np_snapshot *snapshot = sample_secrets();
	struct np_target *target = &snapshot->targets[0];

	(void)state;
	assert_int_equal(np_redact(snapshot), 0);
	assert_int_equal(target->mappings[0].start, 0);
	assert_int_equal(target->mappings[0].end, 0x2000);
	assert_int_equal(target->mappings[0].offset, 4096);
	assert_int_equal(target->mappings[2].end, 0x100000);
	assert_int_equal(target->comparisons[2].mappings[0].start, 0);
	assert_int_equal(target->comparisons[2].mappings[0].end, 0x200000);
	assert_int_equal(target->grains->count, 5);
	assert_int_equal(target->grains->indices[0], 1);
	assert_int_equal(target->grains->indices[1], 2);
	assert_int_equal(target->grains->indices[2], 3 + 0x100); /* behind 0x2000, 0x1000 and 0x100000 bytes */
	assert_int_equal(target->range_start, 0x1000);
	assert_int_equal(target->range_end, 0x1000 + 0x7f0000001000 - 0x555500001000);
	np_snapshot_destroy(snapshot);
}

/* Nothing of the secrets is in any key; and the report is one. */
static void test_report(void **state)
{
	static const char *const secrets[] = { "acme", "alice", "postgres", "5555000", "7f0000", "/home", "/opt", "/hrv" };
	struct np_snapshot *snapshot = sample_secrets(), *again = NULL;
	char *text, *second, *error = NULL;

	(void)state;
	assert_int_equal(np_redact(snapshot), 0);
	snapshot->targets[0].range_start = snapshot->targets[0].range_end = 0; /* its length has 7f0000 in it */
	text = sample_render(write_json, snapshot, NULL);
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		if (strstr(text, secrets[i]))
			fail_msg("%s is in %s", secrets[i], text);
	assert_non_null(strstr(text, "\"redacted\": true"));
	assert_int_equal(np_replay_text(text, strlen(text), &again, &error), 0);
	assert_int_equal(np_redact(again), 0);
	second = sample_render(write_json, again, NULL);
	assert_string_equal(text, second);
	free(second);
	free(text);
	np_snapshot_destroy(again);
	np_snapshot_destroy(snapshot);
}

/* Figures are what a case is made for. */
static void test_nothing_else_changes(void **state)
{
	struct np_snapshot *snapshot = sample_postgres(), *other = sample_postgres();
	char *text, *other_text;

	(void)state;
	free(other->targets[0].command);
	other->targets[0].command = strdup("command-1");
	other->redacted = true;
	assert_int_equal(np_redact(snapshot), 0);
	text = sample_render(write_json, snapshot, NULL);
	other_text = sample_render(write_json, other, NULL);
	assert_string_equal(text, other_text);
	free(text);
	free(other_text);
	np_snapshot_destroy(snapshot);
	np_snapshot_destroy(other);
}

/* Every sentence of numaprobe's own may have a path in it. */
static void test_reasons(void **state)
{
	static const char why[] = "numaprobe-walk: /opt/acme/numaprobe-walk: Exec format error";
	static const char hidden[] = "numaprobe-walk: path-1: Exec format error";
	struct np_snapshot *snapshot = sample_postgres();
	struct np_kernel_check *check;

	(void)state;
	sample_kernel_check(snapshot);
	check = snapshot->kernel_check;
	snapshot->check.why_not = strdup(why);
	snapshot->targets[0].source.how_hints = strdup(why);
	check->regime_why = strdup(why);
	check->tests[0].why = strdup(why);
	free(check->probes[NP_PROBE_KVM].why);
	check->probes[NP_PROBE_KVM].why = strdup(why);
	np_problem_add(snapshot, "/proc/4711/maps", why, 0, "none");
	assert_int_equal(np_redact(snapshot), 0);
	assert_string_equal(snapshot->check.why_not, hidden);
	assert_string_equal(snapshot->targets[0].source.how_hints, hidden);
	assert_string_equal(check->regime_why, hidden);
	assert_string_equal(check->tests[0].why, hidden);
	assert_string_equal(check->probes[NP_PROBE_KVM].why, hidden);
	assert_string_equal(snapshot->problems[snapshot->problem_count - 1].operation, hidden);
	np_snapshot_destroy(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_goes_and_what_stays),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_nothing_else_changes),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
