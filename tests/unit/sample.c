/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots built by hand, for the tests of what renders them. */
#include "sample.h"

#include "check.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiment.h"
#include "grains.h"
#include "kernel_check.h" /* not the one beside this file */
#include "replay.h"

static void *checked(void *memory)
{
	if (!memory)
		err(EXIT_FAILURE, "sample");
	return memory;
}

static char *copy(const char *text)
{
	return checked(strdup(text));
}

static void init_tally(struct np_tally *tally, size_t node_count)
{
	if (np_tally_init(tally, node_count) < 0)
		err(EXIT_FAILURE, "sample");
}

static void fill_node(struct np_system *system, size_t index, unsigned number)
{
	struct np_node *node = &system->nodes[index];

	*node = (struct np_node){
		.number = number,
		.cpus = copy(index == 0 ? "0-15" : "16-31"),
		.memory_bytes = NP_FACT(INT64_C(64) << 30),
		.free_bytes = NP_FACT(INT64_C(1) << 30),
		.distances = checked(calloc(system->node_count, sizeof(*node->distances))),
	};
	for (size_t i = 0; i < system->node_count; i++)
		node->distances[i] = NP_FACT(i == index ? 10 : 21);
}

struct np_snapshot *sample_system(size_t node_count, const unsigned *numbers)
{
	struct np_snapshot *snapshot = checked(np_snapshot_create());
	struct np_system *system = &snapshot->system;

	snapshot->version = copy("0.1.0");
	snapshot->taken = copy("2026-01-31T12:00:00Z");
	system->kernel = copy("6.1.38");
	system->machine = copy("x86_64");
	system->page_bytes = 4096;
	system->numa_balancing = NP_FACT(1);
	system->thp = copy("madvise");
	system->lockdown = copy("none");
	system->vmstat = (struct np_vmstat){
		.numa_pte_updates = NP_FACT(1000), .numa_huge_pte_updates = NP_FACT(2), .numa_hint_faults = NP_FACT(900),
		.numa_hint_faults_local = NP_FACT(800), .pgpromote_success = NP_FACT(70),
	};
	system->node_count = node_count;
	system->nodes = checked(calloc(node_count, sizeof(*system->nodes)));
	for (size_t i = 0; i < node_count; i++)
		fill_node(system, i, numbers[i]);
	snapshot->check = (struct np_quickcheck){ true, NP_EFFECT_YES, NP_EFFECT_NO, NP_EFFECT_YES, NULL };
	return snapshot;
}

struct np_target *sample_target(struct np_snapshot *snapshot, int pid, const char *command, int threads)
{
	struct np_target *target;

	snapshot->targets = checked(
		reallocarray(snapshot->targets, snapshot->target_count + 1, sizeof(*snapshot->targets)));
	target = &snapshot->targets[snapshot->target_count++];
	*target = (struct np_target){
		.pid = pid,
		.command = copy(command),
		.threads = NP_FACT(threads),
		.start_ticks = NP_FACT(123456),
		.source = { .name = "bpf", .exact = true, .elapsed_ns = 34000000 },
		.preferred_node = NP_FACT(0),
		.scan_seq = NP_FACT(17),
		.pages_migrated = NP_FACT(1200),
		.readable = true,
	};
	init_tally(&target->pages, snapshot->system.node_count);
	return target;
}

struct np_mapping *sample_mapping(struct np_snapshot *snapshot, struct np_target *target, uint64_t start, uint64_t end,
				  const char *perms, const char *path)
{
	struct np_mapping *mapping;

	target->mappings = checked(
		reallocarray(target->mappings, target->mapping_count + 1, sizeof(*target->mappings)));
	mapping = &target->mappings[target->mapping_count++];
	*mapping = (struct np_mapping){ .start = start, .end = end, .path = copy(path) };
	strncpy(mapping->perms, perms, sizeof(mapping->perms) - 1);
	init_tally(&mapping->pages, snapshot->system.node_count);
	return mapping;
}

struct np_snapshot *sample_postgres(void)
{
	static const unsigned numbers[] = { 0, 1 };
	struct np_snapshot *snapshot = sample_system(2, numbers);
	struct np_tally *pages = &sample_target(snapshot, 4711, "postgres", 14)->pages;

	pages->by_node[NP_R_PRESENT][0] = MIB_PAGES(12390);
	pages->by_node[NP_R_PRESENT][1] = MIB_PAGES(3482);
	pages->by_node[NP_R_HINTED][0] = MIB_PAGES(1229);
	pages->by_node[NP_R_HINTED][1] = MIB_PAGES(308);
	pages->by_node[NP_R_PROTNONE][0] = MIB_PAGES(64);
	pages->thp = MIB_PAGES(4096);
	pages->hinted_thp = MIB_PAGES(1500);
	pages->protnone_thp = MIB_PAGES(36);
	pages->swapped = MIB_PAGES(1);
	return snapshot;
}

struct np_snapshot *sample_hints_unknown(void)
{
	struct np_snapshot *snapshot = sample_postgres();
	struct np_target *target = &snapshot->targets[0];

	for (size_t i = 0; i < 2; i++) {
		target->pages.by_node[NP_R_ACCESSIBLE][i] =
			target->pages.by_node[NP_R_PRESENT][i] + target->pages.by_node[NP_R_HINTED][i];
		target->pages.by_node[NP_R_PRESENT][i] = target->pages.by_node[NP_R_HINTED][i] = 0;
	}
	target->pages.hinted_thp = 0;
	target->pages.untold = NP_UNTOLD_SPECIAL | NP_UNTOLD_ENTRIES | NP_UNTOLD_THP | NP_UNTOLD_PROTNONE_THP;
	target->source = (struct np_source){
		.name = "pagemap",
		.elapsed_ns = 120400000,
		.why_not_better = copy("numaprobe-walk: no permission to load a BPF program (CAP_BPF and CAP_PERFMON)"),
	};
	return snapshot;
}

static struct np_mapping_comparison *sample_mapping_comparison(void)
{
	struct np_mapping_comparison *mapping = checked(calloc(1, sizeof(*mapping)));

	*mapping = (struct np_mapping_comparison){
		.start = 0x7f0000000000, .end = 0x7f0000200000, .path = copy("/srv/a \\ b"), .pages = 0, .low = 512,
		.high = 512, .verdict = NP_UNDER_REPORTS, .difference_pages = -512, .cause = "474098edac26",
	};
	return mapping;
}

void sample_comparisons(struct np_target *target)
{
	const struct np_comparison rows[] = {
		{ .name = "status", .field = "VmRSS", .pages = NP_FACT(4470000), .low = 4470010, .high = 4470020,
		  .verdict = NP_AGREES, .difference_pages = -10, .lag_pages = 64, .as_predicted = NP_EFFECT_NOT_TESTED,
		  .predicted_low = 4470010, .predicted_high = 4470020 },
		{ .name = "status", .field = "VmSwap", .pages = NP_FACT(0), .on_demand = true, .faults = 3 },
		{ .name = "smaps", .field = "Rss", .pages = NP_FACT(4077000), .low = 4469990, .high = 4470010,
		  .verdict = NP_UNDER_REPORTS, .difference_pages = -392990, .cause = "474098edac26",
		  .as_predicted = NP_EFFECT_YES, .has_mappings = true, .mapping_count = 1,
		  .mappings = sample_mapping_comparison(), .mappings_agree = 40 },
		{ .name = "numa_maps", .field = "N0", .pages = NP_FACT(9), .low = 1, .high = 2, .has_mappings = true,
		  .verdict = NP_OVER_REPORTS, .difference_pages = 7, .mappings = checked(calloc(1, 1)) },
		{ .name = "pagemap", .field = "present", .low = 1, .high = 2, .verdict = NP_VERDICT_UNKNOWN,
		  .as_predicted = NP_EFFECT_NOT_TESTED, .reason = copy("red \033[31m, and why not?") },
	};
	const struct np_read_effect read = { "smaps", 392000, 5, 91000000, NP_NOT_KNOWN, NP_EFFECT_YES, false };

	target->comparison_count = sizeof(rows) / sizeof(rows[0]);
	target->comparisons = checked(calloc(target->comparison_count, sizeof(rows[0])));
	memcpy(target->comparisons, rows, sizeof(rows));
	target->read_effect_count = 1;
	target->read_effects = checked(calloc(1, sizeof(read)));
	target->read_effects[0] = read;
}

static void add_reads(struct np_target *target)
{
	const struct np_read_effect reads[] = {
		{ "smaps", 392000, 0, 91000000, NP_FACT(0), NP_EFFECT_NO, true },
		{ "process_vm_readv", 392000, 392000, 1000, NP_FACT(0), NP_EFFECT_YES, true },
		{ "stat", 0, 0, 1000, NP_FACT(0), NP_EFFECT_NOT_TESTED, true },
	};
	size_t count = target->read_effect_count;

	target->read_effects = checked(
		reallocarray(target->read_effects, count + sizeof(reads) / sizeof(reads[0]), sizeof(reads[0])));
	memcpy(target->read_effects + count, reads, sizeof(reads));
	target->read_effect_count += sizeof(reads) / sizeof(reads[0]);
}

void sample_experiment(struct np_target *target)
{
	static const struct np_difference more = { 8197, 1.5, 8195.5, 8190.25, 8200, 0.01, 0.005, 1, 0.008, 1 };
	static const struct np_difference same = { 99.5, 99.25, 0.25, -1, 1.5, 0.7, 0.35, 0.8, 0.008, 0.52 };
	static const struct np_difference few = { 3, 1, 2, -INFINITY, INFINITY, 1, 1, 1, 1, 1 };
	const struct np_effect_test tests[] = {
		{ "smaps", "busy", NP_MEASURE_CAUSES, more, 8200, 0.01, NP_EFFECT_YES, NULL },
		{ "busy", "none", NP_MEASURE_CAUSES, same, 1.5, 0.35, NP_EFFECT_NO, NULL },
		{ "smaps", "busy", NP_MEASURE_STALLS, same, 1.5, 0.7, NP_EFFECT_NO, NULL },
		{ "numaprobe", "busy", NP_MEASURE_STALLS, same, 1.5, 0.7, NP_EFFECT_NO, NULL },
		{ "smaps", "busy", NP_MEASURE_LOSES, few, INFINITY, 1, NP_EFFECT_NOT_TESTED, "NUMA balancing is off" },
	};
	const struct np_trial windows[] = {
		{ "smaps", 0, 2000000000, 1900000000, 321, 8190, 7, 14, 8197, NP_FACT(1990000000), NP_FACT(3), NP_FACT(8192),
		  NP_FACT(9000) },
		{ "busy", 0, 2000000000, 1950000000, 99, 3, 14, 0, -11, NP_NOT_KNOWN, NP_NOT_KNOWN, NP_NOT_KNOWN,
		  NP_NOT_KNOWN },
	};
	struct np_experiment *experiment = checked(calloc(1, sizeof(*experiment)));

	add_reads(target);
	target->experiment = experiment;
	*experiment = (struct np_experiment){ .rounds = 1, .seed = 4711, .broken_off = true,
					      .window_count = sizeof(windows) / sizeof(windows[0]),
					      .test_count = sizeof(tests) / sizeof(tests[0]) };
	experiment->windows = checked(calloc(experiment->window_count, sizeof(windows[0])));
	memcpy(experiment->windows, windows, sizeof(windows));
	experiment->tests = checked(calloc(experiment->test_count, sizeof(tests[0])));
	memcpy(experiment->tests, tests, sizeof(tests));
}

static void add_test(struct np_kernel_check *check, enum np_check_effect effect, const char *reader,
		     enum np_check_memory memory, enum np_check_result result)
{
	struct np_check_test *test = checked(np_check_add(check, effect, reader, memory));

	test->result = result;
	test->expected_pages = NP_FACT(512);
	test->got_pages = NP_FACT(result == NP_CHECK_PASSES ? 512 : 0);
	test->cause = result == NP_CHECK_FAILS ? "474098edac26" : NULL;
	if (result == NP_CHECK_UNKNOWN)
		test->why = copy("NUMA balancing is off: sysctl kernel.numa_balancing=1");
	if (effect < NP_CHECK_CAUSES)
		return;
	test->estimate = (struct np_estimate){ true, 1.0 / 3, 0, 1e-7, 0.05 };
	test->sample_count = 2;
	test->samples = checked(calloc(2, sizeof(*test->samples)));
	test->samples[0] = (struct np_check_sample){ .round = 1, .reader = reader, .faults = NP_FACT(8197) };
	test->samples[1] = (struct np_check_sample){ .round = 2, .reader = "none", .worst_ns = NP_FACT(12345678) };
}

void sample_grains(struct np_snapshot *snapshot, struct np_target *target)
{
	static const struct {
		uint64_t start, pages;
		enum np_state state;
		int node;
	} rows[] = {
		{ 0x1000, 2, NP_PRESENT, 0 },	      { 0x3000, 1, NP_HINTED, 1 },	{ 0x500000, 3, NP_PROTNONE, 0 },
		{ 0x503000, 1, NP_SWAPPED, -1 },      { 0x600000, 9, NP_PRESENT, -1 },	{ 0x700000, 1, NP_ZERO, -1 },
		{ 0x7f0000000000, 4, NP_PRESENT, 1 }, { 0x7f0000004000, 4, NP_ACCESSIBLE, 1 },
	};

	target->grains = np_grains_create(snapshot->system.node_count);
	assert_non_null(target->grains);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		np_grains_add(target->grains, rows[i].start, rows[i].pages, rows[i].state, rows[i].node);
	assert_false(target->grains->failed);
}

void sample_threads(struct np_target *target)
{
	target->thread_count = 2;
	target->threads_seen = checked(calloc(2, sizeof(*target->threads_seen)));
	target->threads_seen[0] = (struct np_thread){ 4711, copy("acme \\ \033"), NP_FACT(3), NP_FACT(0), NP_FACT(-1) };
	target->threads_seen[1] = (struct np_thread){ 4712, NULL, NP_NOT_KNOWN, NP_NOT_KNOWN, NP_NOT_KNOWN };
	target->memory_nodes = copy("0-1");
	target->policy = copy("bind:0");
}

void sample_kernel_check(struct np_snapshot *snapshot)
{
	struct np_kernel_check *check = checked(np_check_create());

	snapshot->kernel_check = check;
	check->elapsed_ns = 1234567890;
	for (enum np_check_result result = 0; result < NP_CHECK_RESULTS; result++) {
		add_test(check, NP_CHECK_DISTORTS, "smaps", result % NP_MEMORY_KINDS, result);
		add_test(check, NP_CHECK_CLEARS, "numa_maps", NP_MEMORY_HINTED, result);
		add_test(check, NP_CHECK_CAUSES, "smaps", NP_MEMORY_ANY, result);
		add_test(check, NP_CHECK_STALLS, "maps", NP_MEMORY_ANY, result);
		add_test(check, NP_CHECK_LOSES, "smaps_rollup", NP_MEMORY_ANY, result);
	}
	check->probes[NP_PROBE_MEM] = (struct np_probe_result){ NP_CONSUMES_NO, NP_FACT(16), NP_FACT(16), NULL };
	check->probes[NP_PROBE_VM_READV] = (struct np_probe_result){ NP_CONSUMES_YES, NP_FACT(16), NP_FACT(0), NULL };
	check->probes[NP_PROBE_KVM].why = copy("no /dev/kvm");
	check->regime = NP_REGIME_BLIND;
}

struct np_snapshot *sample_recorded(const char *name, char **ret_path)
{
	const char *fixtures = getenv("NUMAPROBE_FIXTURES");
	struct np_snapshot *snapshot = NULL;
	char *path, *error = NULL;

	assert_true(asprintf(&path, "%s/reports/%s.json", fixtures ? fixtures : NUMAPROBE_FIXTURES, name) > 0);
	if (np_replay_file(path, &snapshot, &error) != 0)
		fail_msg("%s: %s", path, error ? error : "");
	if (ret_path)
		*ret_path = path;
	else
		free(path);
	return snapshot;
}

char *sample_render(sample_renderer *render, const struct np_snapshot *snapshot, const struct np_view *view)
{
	char *text = NULL;
	size_t length;
	FILE *out = checked(open_memstream(&text, &length));
	int error = render(snapshot, view, out);

	if (fclose(out) != 0 || error < 0)
		errx(EXIT_FAILURE, "sample: the renderer failed: %d", error);
	return text;
}

static char *read_all(FILE *file)
{
	char *text = NULL;
	size_t size = 0;

	/* No text has a NUL. */
	if (getdelim(&text, &size, '\0', file) >= 0)
		return text;
	free(text);
	return copy("");
}

void sample_expect_file(const char *path, char *text)
{
	bool regenerate = getenv("NUMAPROBE_REGENERATE") != NULL;
	FILE *file = fopen(path, regenerate ? "w" : "r");
	char *expected;

	if (!file)
		err(EXIT_FAILURE, "%s", path);
	if (regenerate)
		fputs(text, file);
	expected = regenerate ? copy(text) : read_all(file);
	fclose(file);
	assert_string_equal(text, expected);
	free(expected);
	free(text);
}

void sample_expect(const char *name, char *text)
{
	const char *directory = getenv("srcdir");
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/unit/expected/%s.txt", directory ? directory : ".", name);
	sample_expect_file(path, text);
}
