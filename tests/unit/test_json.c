/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report: every kind of snapshot keeps to the schema, and the text of one, letter by letter. */
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "json.h"
#include "sample.h"

static int write_json(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	(void)view;
	return np_json_write(snapshot, out);
}

/* The report as text; the snapshot ends. */
static char *report(struct np_snapshot *snapshot)
{
	char *text = sample_render(write_json, snapshot, NULL);

	np_snapshot_destroy(snapshot);
	return text;
}

/* Run the validator, which prints what it does not like. */
static void validate_file(const char *path)
{
	const char *directory = getenv("srcdir");
	char validator[4096], schema[4096];
	pid_t child;
	int status;

	directory = directory ? directory : ".";
	snprintf(validator, sizeof(validator), "%s/tests/validate-report.py", directory);
	snprintf(schema, sizeof(schema), "%s/schema/numaprobe-report-1.schema.json", directory);
	child = fork();
	if (child == 0) {
		execlp("python3", "python3", validator, schema, path, (char *)NULL);
		_exit(127);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void validate(const char *text)
{
	char path[] = "/tmp/numaprobe-test-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	validate_file(path);
	unlink(path);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in: %s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' is in: %s", part, text);
}

static void test_two_nodes(void **state)
{
	char *text = report(sample_postgres());

	(void)state;
	validate(text);
	sample_expect("json-two-nodes", text);
}

static struct np_snapshot *sample_with_mappings(const char *policy)
{
	struct np_snapshot *snapshot = sample_postgres();
	struct np_target *target = &snapshot->targets[0];
	struct np_mapping *mapping =
		sample_mapping(snapshot, target, 0x7f0000000000, 0xffffffffff601000, "rw-s", "/a\n\\\303\251\377\"\342\200\256");

	mapping->pages.by_node[NP_R_PRESENT][2] = 3;
	mapping->offset = 8192;
	mapping->policy = policy ? strdup(policy) : NULL;
	mapping->page_bytes = NP_FACT(4096);
	target->range_start = 0x1000;
	target->range_end = 0x2000;
	return snapshot;
}

static void test_mappings(void **state)
{
	char *text = report(sample_with_mappings("bind:0-1"));

	(void)state;
	validate(text);
	assert_has(text, "\"path\": \"/a\\\\x0a\\\\\\\\\303\251\\\\xff\\\"\\\\xe2\\\\x80\\\\xae\"");
	assert_has(text, "\"policy\": \"bind:0-1\"");
	assert_has(text, "\"end\": \"0xffffffffff601000\"");
	assert_lacks(text, "numa_maps");
	sample_expect("json-mappings", text);
}

static void test_policy_not_read(void **state)
{
	char *text = report(sample_with_mappings(NULL));

	(void)state;
	validate(text);
	assert_has(text, "\"policy\": null");
	assert_has(text, "/proc/4711/numa_maps");
	free(text);
}

static void test_policy_has_a_problem_of_its_own(void **state)
{
	struct np_snapshot *snapshot = sample_with_mappings(NULL);
	char *text;

	(void)state;
	np_problem_add(snapshot, "/proc/4711/numa_maps", "open", 13, "policies are not known");
	np_problem_add(snapshot, "nothing", "guess", 99999, "an error without a name");
	text = report(snapshot);
	validate(text);
	assert_has(text, "\"errno\": \"EACCES\"");
	assert_lacks(text, "not read");
	free(text);
}

static void test_hints_unknown(void **state)
{
	char *text = report(sample_hints_unknown());

	(void)state;
	validate(text);
	assert_has(text, "\"present\": null");
	assert_has(text, "\"hinted\": null");
	assert_has(text, "\"hinted_thp_pages\": null");
	sample_expect("json-hints-unknown", text);
}

static void test_unreadable(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	char *text;

	(void)state;
	snapshot->targets[0].readable = false;
	snapshot->targets[0].threads = NP_NOT_KNOWN;
	free(snapshot->targets[0].command);
	snapshot->targets[0].command = NULL;
	np_problem_add(snapshot, "/proc/4711/maps", "open", 13, "the pages of this process are not known");
	text = report(snapshot);
	validate(text);
	assert_has(text, "\"pages\": null");
	assert_has(text, "\"command\": null");
	free(text);
}

static void test_sparse_nodes_and_hostile_command(void **state)
{
	static const unsigned numbers[] = { 1, 3 };
	struct np_snapshot *snapshot = sample_system(2, numbers);
	struct np_target *target = sample_target(snapshot, 77, "\033]0;x\007\233\302\233", 1);
	char *text;

	(void)state;
	target->pages.by_node[NP_R_PRESENT][1] = 5;
	target->pages.by_node[NP_R_HINTED][2] = 6;
	target->pages.device = 1;
	target->pages.poisoned = 2;
	target->pages.marker = 4;
	target->pages.guard = 8;
	target->pages.special = 16;
	snapshot->system.nodes[0].memory_bytes = NP_NOT_KNOWN;
	text = report(snapshot);
	validate(text);
	assert_has(text, "\"present\": {\n          \"3\": 5\n        }");
	assert_has(text, "\"hinted\": {\n          \"unknown\": 6\n        }");
	assert_has(text, "\"resident\": 11,");
	assert_has(text, "\"other\": 15,");
	assert_has(text, "\"command\": \"\\\\x1b]0;x\\\\x07\\\\x9b\\\\xc2\\\\x9b\"");
	free(text);
}

static void test_check_verdicts(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	char *text;

	(void)state;
	snapshot->check = (struct np_quickcheck){ .done = true };
	text = sample_render(write_json, snapshot, NULL);
	validate(text);
	assert_has(text, "\"verdict\": \"clean\"");
	free(text);
	snapshot->check = (struct np_quickcheck){ true, NP_EFFECT_NOT_TESTED, NP_EFFECT_NO, NP_EFFECT_NO, strdup("no THP") };
	text = sample_render(write_json, snapshot, NULL);
	validate(text);
	assert_has(text, "\"verdict\": \"unknown\"");
	assert_has(text, "\"reason\": \"no THP\"");
	free(text);
	free(snapshot->check.why_not);
	snapshot->check = (struct np_quickcheck){ 0 };
	text = report(snapshot);
	validate(text);
	assert_has(text, "\"verdict\": \"unknown\"");
	assert_has(text, "\"verdict\": \"skipped\"");
	free(text);
}

static void test_empty_snapshot(void **state)
{
	struct np_snapshot *snapshot = np_snapshot_create();
	char *text;

	(void)state;
	snapshot->system.page_bytes = 4096;
	text = report(snapshot);
	validate(text);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_nodes),
		cmocka_unit_test(test_mappings),
		cmocka_unit_test(test_policy_not_read),
		cmocka_unit_test(test_policy_has_a_problem_of_its_own),
		cmocka_unit_test(test_hints_unknown),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_sparse_nodes_and_hostile_command),
		cmocka_unit_test(test_check_verdicts),
		cmocka_unit_test(test_empty_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
