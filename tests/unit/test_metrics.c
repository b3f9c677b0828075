/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics: letter by letter, unknown is no sample, and no name breaks out of its label. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "experiment.h"
#include "metrics.h"
#include "sample.h"

static int write_metrics(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	(void)view;
	return np_metrics_write(snapshot, out);
}

static char *metrics(struct np_snapshot *snapshot)
{
	char *text = sample_render(write_metrics, snapshot, NULL);

	np_snapshot_destroy(snapshot);
	return text;
}

static void assert_has(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("'%s' is not in: %s", line, text);
}

static size_t count(const char *text, const char *part)
{
	size_t found = 0;

	for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
		found++;
	return found;
}

static void test_two_nodes(void **state)
{
	(void)state;
	sample_expect("metrics-two-nodes", metrics(sample_postgres()));
}

static void test_unknown_has_no_sample(void **state)
{
	struct np_snapshot *snapshot = sample_hints_unknown();
	char *text;

	(void)state;
	snapshot->targets[0].threads = NP_NOT_KNOWN;
	snapshot->system.numa_balancing = NP_NOT_KNOWN;
	snapshot->check.smaps_misses_base = NP_EFFECT_NOT_TESTED;
	text = metrics(snapshot);
	assert_int_equal(count(text, "state=\"hinted\""), 0);
	assert_int_equal(count(text, "state=\"present\""), 0);
	assert_int_equal(count(text, "hinted_thp"), 0);
	assert_int_equal(count(text, "\nnumaprobe_threads"), 0);
	assert_int_equal(count(text, "\nnumaprobe_balancing_mode"), 0);
	assert_has(text, "node=\"0\",state=\"accessible\"} 14280556544\n");
	assert_has(text, "\nnumaprobe_unknown{pid=\"4711\",command=\"postgres\",fact=\"hinted\"} 1\n");
	assert_has(text, "\nnumaprobe_unknown{pid=\"4711\",command=\"postgres\",fact=\"threads\"} 1\n");
	assert_has(text, "\nnumaprobe_unknown{fact=\"numa_balancing\"} 1\n");
	assert_has(text, "\nnumaprobe_unknown{fact=\"smaps-counts-protnone\"} 1\n");
	free(text);
}

static void test_unreadable(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	char *text;

	(void)state;
	snapshot->targets[0].readable = false;
	text = metrics(snapshot);
	assert_has(text, "numaprobe_readable{pid=\"4711\",command=\"postgres\"} 0\n");
	assert_has(text, "numaprobe_unknown{pid=\"4711\",command=\"postgres\",fact=\"pages\"} 1\n");
	assert_int_equal(count(text, "\nnumaprobe_resident_bytes"), 0);
	free(text);
}

static void test_hostile_command(void **state)
{
	static const unsigned numbers[] = { 0 };
	struct np_snapshot *snapshot = sample_system(1, numbers);
	char *text;

	(void)state;
	sample_target(snapshot, 1, "a\"} 1\n\\\377\302\233\303\244", 1);
	text = metrics(snapshot);
	assert_has(text, "numaprobe_readable{pid=\"1\",command=\"a\\\"} 1\\\\x0a\\\\\\\\\\\\xff\\\\xc2\\\\x9b\303\244\"} 1\n");
	free(text);
}

/* The same sample twice is an error of the format. */
static void test_a_pid_named_twice(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	char *text;

	(void)state;
	sample_target(snapshot, 4711, "postgres", 14);
	sample_target(snapshot, 4712, "postgres", 14);
	text = metrics(snapshot);
	assert_int_equal(count(text, "\nnumaprobe_threads{pid=\"4711\""), 1);
	assert_int_equal(count(text, "\nnumaprobe_threads{pid=\"4712\""), 1);
	free(text);
}

static void test_comparisons(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	char *text, *part;

	(void)state;
	sample_comparisons(&snapshot->targets[0]);
	text = metrics(snapshot);
	part = strdup(strstr(text, "# HELP numaprobe_comparison_said_bytes"));
	assert_non_null(part);
	free(text);
	sample_expect("metrics-comparisons", part);
}

/* Both may be in files that one collector reads: no sample of one is in the other. */
static void test_check_is_apart(void **state)
{
	static const unsigned numbers[] = { 0, 1 };
	struct np_snapshot *snapshot = sample_system(2, numbers);
	char *text, *processes = metrics(sample_postgres());

	(void)state;
	sample_kernel_check(snapshot);
	text = metrics(snapshot);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (*line != '#')
			assert_null(strstr(processes, line));
	free(text);
	free(processes);
}

static void test_check(void **state)
{
	static const unsigned numbers[] = { 0, 1 };
	struct np_snapshot *snapshot = sample_system(2, numbers);

	(void)state;
	sample_kernel_check(snapshot);
	sample_expect("metrics-check", metrics(snapshot));
}

/* Rates are told in the units of the field, whatever the window's were; what is unknown has no figures. */
static void test_experiment(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	char *text;

	(void)state;
	sample_experiment(&snapshot->targets[0]);
	snapshot->targets[0].experiment->tests[3].found = NP_EFFECT_NOT_TESTED; /* stalls of numaprobe */
	snapshot->targets[0].experiment->tests[4].found = NP_EFFECT_NO;	       /* loses of smaps */
	text = metrics(snapshot);
#define TARGET "{pid=\"4711\",command=\"postgres\","
#define FIGURE(figure) TARGET "reader=\"smaps\",control=\"busy\",figure=\"" figure "\"} "
	assert_has(text, "\nnumaprobe_experiment_found" TARGET "effect=\"causes\",reader=\"smaps\",control=\"busy\"} 1\n");
	assert_has(text, "\nnumaprobe_experiment_found" TARGET "effect=\"causes\",reader=\"busy\",control=\"none\"} 0\n");
	assert_has(text, "\nnumaprobe_experiment_causes_hints" FIGURE("with") "8197\n");
	assert_has(text, "\nnumaprobe_experiment_causes_hints" FIGURE("low") "8190.25\n");
	assert_has(text, "\nnumaprobe_experiment_stalls_ratio" FIGURE("with") "0.995\n");
	assert_has(text, "\nnumaprobe_experiment_stalls_ratio" FIGURE("low") "-0.01\n");
	assert_has(text, "\nnumaprobe_experiment_loses_hertz" FIGURE("with") "0.05\n");
	assert_has(text, "\nnumaprobe_experiment_loses_hertz" FIGURE("low") "-Inf\n");
	assert_has(text, "\nnumaprobe_unknown" TARGET "fact=\"experiment\",effect=\"stalls\",reader=\"numaprobe\",control=\"busy\"} 1\n");
	assert_int_equal(count(text, "reader=\"numaprobe\",control=\"busy\",figure"), 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_nodes),	cmocka_unit_test(test_unknown_has_no_sample),
		cmocka_unit_test(test_unreadable),	cmocka_unit_test(test_hostile_command),
		cmocka_unit_test(test_a_pid_named_twice), cmocka_unit_test(test_comparisons),
		cmocka_unit_test(test_check),		cmocka_unit_test(test_check_is_apart),
		cmocka_unit_test(test_experiment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
