/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The snapshot as a report. The one file that writes JSON. */
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json_build.h"
#include "json_check.h"
#include "json_experiment.h"
#include "json_grains.h"
#include "quickcheck.h"

static const char *node_key(const struct np_system *system, size_t node, char buffer[16])
{
	if (node == system->node_count)
		return "unknown";
	snprintf(buffer, 16, "%u", system->nodes[node].number);
	return buffer;
}

/* The pages of some states by node; nodes that hold none are left out. */
static json_t *pages_by_node(const struct np_tally *tally, const struct np_system *system, unsigned states)
{
	struct builder object = { json_object(), false };

	for (size_t node = 0; node <= system->node_count; node++) {
		uint64_t sum = 0;

		for (unsigned state = 0; state < NP_R_STATES; state++)
			if (states & 1U << state)
				sum += tally->by_node[state][node];
		if (sum > 0) {
			char buffer[16];

			put(&object, node_key(system, node, buffer), count(sum));
		}
	}
	return finish(&object);
}

#define STATE(name) (1U << NP_R_##name)
#define COUNTER(name) counter(tally, offsetof(struct np_tally, name))

static json_t *counter(const struct np_tally *tally, size_t offset)
{
	struct np_fact number = np_tally_counter(tally, offset);

	return fact(&number);
}

static json_t *pages(const struct np_tally *tally, const struct np_system *system)
{
	bool hints_known = np_tally_hints_known(tally, system->node_count);
	const struct np_fact other = np_tally_other(tally);
	struct builder object = { json_object(), false };

	put(&object, "present", hints_known ? pages_by_node(tally, system, STATE(PRESENT)) : json_null());
	put(&object, "hinted", hints_known ? pages_by_node(tally, system, STATE(HINTED)) : json_null());
	if (!hints_known)
		put(&object, "accessible",
		    pages_by_node(tally, system, STATE(PRESENT) | STATE(HINTED) | STATE(ACCESSIBLE)));
	put(&object, "protnone", pages_by_node(tally, system, STATE(PROTNONE)));
	put(&object, "resident", count(np_tally_resident(tally, system->node_count, SIZE_MAX)));
	put(&object, "zero", COUNTER(zero));
	put(&object, "special", COUNTER(special));
	put(&object, "swapped", COUNTER(swapped));
	put(&object, "migrating", COUNTER(migrating));
	put(&object, "other", fact(&other));
	put(&object, "device", COUNTER(device));
	put(&object, "poisoned", COUNTER(poisoned));
	put(&object, "marker", COUNTER(marker));
	put(&object, "guard", COUNTER(guard));
	put(&object, "unknown", COUNTER(unknown));
	return finish(&object);
}

static json_t *huge(const struct np_tally *tally, const struct np_system *system)
{
	struct builder object = { json_object(), false };

	put(&object, "thp_pages", COUNTER(thp));
	put(&object, "hugetlb_pages", COUNTER(hugetlb));
	put(&object, "hinted_thp_pages",
	    np_tally_hints_known(tally, system->node_count) ? COUNTER(hinted_thp) : json_null());
	put(&object, "protnone_thp_pages", COUNTER(protnone_thp));
	return finish(&object);
}

static json_t *distances(const struct np_node *node, const struct np_system *system)
{
	struct builder object = { json_object(), false };

	for (size_t i = 0; node->distances && i < system->node_count; i++) {
		char buffer[16];

		put(&object, node_key(system, i, buffer), fact(&node->distances[i]));
	}
	return finish(&object);
}

static json_t *nodes(const struct np_system *system)
{
	struct builder array = { json_array(), false };

	for (size_t i = 0; i < system->node_count; i++) {
		const struct np_node *node = &system->nodes[i];
		struct builder object = { json_object(), false };

		put(&object, "node", count(node->number));
		put(&object, "cpus", text(node->cpus));
		put(&object, "memory_bytes", fact(&node->memory_bytes));
		put(&object, "free_bytes", fact(&node->free_bytes));
		put(&object, "distances", distances(node, system));
		append(&array, finish(&object));
	}
	return finish(&array);
}

/* A counter that not all kernels have, and the first reports did not either, is left out where it is not known. */
static void put_known(struct builder *object, const char *key, const struct np_fact *counter)
{
	if (counter->known)
		put(object, key, fact(counter));
}

static json_t *vmstat(const struct np_vmstat *counters)
{
	struct builder object = { json_object(), false };

	put(&object, "numa_pte_updates", fact(&counters->numa_pte_updates));
	put(&object, "numa_huge_pte_updates", fact(&counters->numa_huge_pte_updates));
	put(&object, "numa_hint_faults", fact(&counters->numa_hint_faults));
	put(&object, "numa_hint_faults_local", fact(&counters->numa_hint_faults_local));
	put(&object, "numa_pages_migrated", fact(&counters->numa_pages_migrated));
	put_known(&object, "pgpromote_success", &counters->pgpromote_success);
	put_known(&object, "pgdemote_kswapd", &counters->pgdemote_kswapd);
	put_known(&object, "pgdemote_direct", &counters->pgdemote_direct);
	return finish(&object);
}

static json_t *system_object(const struct np_system *system)
{
	struct builder object = { json_object(), false };

	put(&object, "kernel", text(system->kernel));
	put(&object, "machine", text(system->machine));
	put(&object, "page_bytes", count(system->page_bytes));
	put(&object, "numa_balancing", fact(&system->numa_balancing));
	put(&object, "thp", text(system->thp));
	put(&object, "lockdown", text(system->lockdown));
	put(&object, "nodes", nodes(system));
	put(&object, "vmstat", vmstat(&system->vmstat));
	return finish(&object);
}

static json_t *source(const struct np_source *origin)
{
	struct builder object = { json_object(), false };

	put(&object, "name", text(origin->name));
	put(&object, "exact", json_boolean(origin->exact));
	put(&object, "elapsed_ns", count(origin->elapsed_ns));
	put(&object, "why_not_better", text(origin->why_not_better));
	put(&object, "how_hints", text(origin->how_hints));
	return finish(&object);
}

static json_t *range(const struct np_target *target)
{
	struct builder object = { NULL, false };

	if (target->range_end == 0)
		return json_null();
	object.value = json_object();
	put(&object, "start", address(target->range_start));
	put(&object, "end", address(target->range_end));
	return finish(&object);
}

static json_t *balancing(const struct np_target *target)
{
	struct builder object = { json_object(), false };

	put(&object, "preferred_node", fact(&target->preferred_node));
	put(&object, "scan_seq", fact(&target->scan_seq));
	put(&object, "pages_migrated", fact(&target->pages_migrated));
	return finish(&object);
}

static json_t *rates(const struct np_rates *changes)
{
	struct builder object = { json_object(), false };

	put(&object, "time", text(changes->time));
	put(&object, "interval_ns", changes->interval_ns ? count(changes->interval_ns) : json_null());
	put(&object, "hints_made", fact(&changes->made));
	put(&object, "hints_cleared", fact(&changes->cleared));
	put(&object, "moved", fact(&changes->moved));
	put(&object, "minor_faults", fact(&changes->minor_faults));
	return finish(&object);
}

static json_t *threads(const struct np_target *target)
{
	struct builder array = { json_array(), false };

	for (size_t i = 0; i < target->thread_count; i++) {
		const struct np_thread *thread = &target->threads_seen[i];
		struct builder object = { json_object(), false };

		put(&object, "tid", json_integer(thread->tid));
		put(&object, "name", text(thread->name));
		put(&object, "cpu", fact(&thread->cpu));
		put(&object, "node", fact(&thread->node));
		put(&object, "preferred_node", fact(&thread->preferred_node));
		append(&array, finish(&object));
	}
	return finish(&array);
}

static json_t *mapping_object(const struct np_mapping *mapping, const struct np_system *system)
{
	struct builder object = { json_object(), false };

	put(&object, "start", address(mapping->start));
	put(&object, "end", address(mapping->end));
	put(&object, "perms", text(mapping->perms));
	put(&object, "offset", count(mapping->offset));
	put(&object, "path", text(mapping->path));
	put(&object, "hugetlb", json_boolean(mapping->hugetlb));
	put(&object, "page_bytes", fact(&mapping->page_bytes));
	put(&object, "policy", text(mapping->policy));
	put(&object, "pages", pages(&mapping->pages, system));
	put(&object, "huge", huge(&mapping->pages, system));
	return finish(&object);
}

static json_t *mappings(const struct np_target *target, const struct np_system *system)
{
	struct builder array = { NULL, false };

	if (!target->readable || !target->mappings)
		return json_null();
	array.value = json_array();
	for (size_t i = 0; i < target->mapping_count; i++)
		append(&array, mapping_object(&target->mappings[i], system));
	return finish(&array);
}

static json_t *mapping_comparison(const struct np_mapping_comparison *row)
{
	struct builder object = { json_object(), false };

	put(&object, "start", address(row->start));
	put(&object, "end", address(row->end));
	put(&object, "path", text(row->path));
	put(&object, "pages", count(row->pages));
	put(&object, "low", count(row->low));
	put(&object, "high", count(row->high));
	put(&object, "verdict", json_string(np_verdict_name(row->verdict)));
	put(&object, "difference_pages", json_integer(row->difference_pages));
	put(&object, "cause", text(row->cause));
	return finish(&object);
}

/* Of the mappings, those that do not agree. */
static json_t *mapping_comparisons(const struct np_comparison *row)
{
	struct builder array = { NULL, false };

	if (!row->has_mappings)
		return json_null();
	array.value = json_array();
	for (size_t i = 0; i < row->mapping_count; i++)
		append(&array, mapping_comparison(&row->mappings[i]));
	return finish(&array);
}

static json_t *yes_or_no(enum np_effect effect)
{
	return effect == NP_EFFECT_NOT_TESTED ? json_null() : json_boolean(effect == NP_EFFECT_YES);
}

static json_t *comparison(const struct np_comparison *row)
{
	struct builder object = { json_object(), false };

	put(&object, "name", text(row->name));
	put(&object, "field", text(row->field));
	put(&object, "pages", fact(&row->pages));
	put(&object, "low", count(row->low));
	put(&object, "high", count(row->high));
	put(&object, "verdict", json_string(np_verdict_name(row->verdict)));
	put(&object, "difference_pages", row->pages.known ? json_integer(row->difference_pages) : json_null());
	put(&object, "cause", text(row->cause));
	put(&object, "predicted_low", count(row->predicted_low));
	put(&object, "predicted_high", count(row->predicted_high));
	put(&object, "as_predicted", yes_or_no(row->as_predicted));
	put(&object, "lag_pages", count(row->lag_pages));
	put(&object, "faults", count(row->faults));
	put(&object, "reason", text(row->reason));
	put(&object, "mappings", mapping_comparisons(row));
	put(&object, "mappings_agree", row->has_mappings ? count(row->mappings_agree) : json_null());
	return finish(&object);
}

static json_t *comparisons(const struct np_target *target)
{
	struct builder array = { json_array(), false };

	for (size_t i = 0; i < target->comparison_count; i++)
		append(&array, comparison(&target->comparisons[i]));
	return finish(&array);
}

static json_t *read_effects(const struct np_target *target)
{
	static const char *const verdicts[] = {
		[NP_EFFECT_NO] = "leaves hints alone",
		[NP_EFFECT_YES] = "clears hints",
		[NP_EFFECT_NOT_TESTED] = "unknown",
	};
	struct builder array = { json_array(), false };

	for (size_t i = 0; i < target->read_effect_count; i++) {
		const struct np_read_effect *effect = &target->read_effects[i];
		struct builder object = { json_object(), false };

		put(&object, "reader", text(effect->reader));
		put(&object, "hinted_before", count(effect->hinted_before));
		put(&object, "cleared", count(effect->cleared));
		put(&object, "cleared_control", fact(&effect->cleared_control));
		put(&object, "elapsed_ns", count(effect->elapsed_ns));
		put(&object, "verdict", json_string(verdicts[effect->clears]));
		put(&object, "stopped", json_boolean(effect->stopped));
		append(&array, finish(&object));
	}
	return finish(&array);
}

static json_t *target_object(const struct np_target *target, const struct np_system *system)
{
	struct builder object = { json_object(), false };
	bool readable = target->readable;

	put(&object, "pid", json_integer(target->pid));
	put(&object, "command", text(target->command));
	put(&object, "threads", fact(&target->threads));
	put(&object, "start_ticks", fact(&target->start_ticks));
	put(&object, "range", range(target));
	put(&object, "source", readable ? source(&target->source) : json_null());
	put(&object, "pages", readable ? pages(&target->pages, system) : json_null());
	put(&object, "huge", readable ? huge(&target->pages, system) : json_null());
	put(&object, "balancing", balancing(target));
	if (target->thread_count) {
		put(&object, "threads_seen", threads(target));
		put(&object, "memory_nodes", text(target->memory_nodes));
		if (target->policy)
			put(&object, "policy", text(target->policy));
	}
	if (target->rates)
		put(&object, "rates", rates(target->rates));
	put(&object, "mappings", mappings(target, system));
	put(&object, "reports", comparisons(target));
	put(&object, "reads", read_effects(target));
	if (target->grains && readable)
		put(&object, "grains", np_json_grains(target->grains, system));
	if (target->experiment)
		put(&object, "experiment", np_json_experiment(target->experiment));
	return finish(&object);
}

static json_t *targets(const struct np_snapshot *snapshot)
{
	struct builder array = { json_array(), false };

	for (size_t i = 0; i < snapshot->target_count; i++)
		append(&array, target_object(&snapshot->targets[i], &snapshot->system));
	return finish(&array);
}

static json_t *check_test(const struct np_quickcheck *check, const struct np_quick_test *test)
{
	static const char *const verdicts[] = {
		[NP_EFFECT_NO] = "passes",
		[NP_EFFECT_YES] = "fails",
		[NP_EFFECT_NOT_TESTED] = "skipped",
	};
	const struct np_defect *defect = np_defect_of_test(test->name);
	enum np_effect effect = np_quick_effect(check, test);
	struct builder object = { json_object(), false };

	put(&object, "name", json_string(test->name));
	put(&object, "verdict", json_string(verdicts[effect]));
	put(&object, "cause", text(effect == NP_EFFECT_YES && defect ? defect->name : NULL));
	put(&object, "reason", effect == NP_EFFECT_NOT_TESTED ? text(check->why_not ? check->why_not : "not tested") :
							       json_null());
	return finish(&object);
}

/* One defect makes a kernel affected; only a kernel that passes every test is clean. */
static const char *check_verdict(const struct np_quickcheck *check)
{
	const char *verdict = "clean";

	for (const struct np_quick_test *test = np_quick_tests; test->name; test++) {
		enum np_effect effect = np_quick_effect(check, test);

		if (effect == NP_EFFECT_YES)
			return "affected";
		if (effect == NP_EFFECT_NOT_TESTED)
			verdict = "unknown";
	}
	return verdict;
}

static json_t *check_object(const struct np_quickcheck *check)
{
	struct builder object = { json_object(), false };
	struct builder tests = { json_array(), false };

	for (const struct np_quick_test *test = np_quick_tests; test->name; test++)
		append(&tests, check_test(check, test));
	put(&object, "verdict", json_string(check_verdict(check)));
	put(&object, "tests", finish(&tests));
	return finish(&object);
}

static json_t *problem_row(const char *what, const char *operation, int error, const char *effect, bool asked_for)
{
	struct builder object = { json_object(), false };

	put(&object, "what", text(what));
	put(&object, "operation", text(operation));
	put(&object, "errno", text(error ? strerrorname_np(error) : NULL));
	put(&object, "effect", text(effect));
	put(&object, "asked_for", json_boolean(asked_for));
	return finish(&object);
}

static bool has_problem(const struct np_snapshot *snapshot, const char *what)
{
	for (size_t i = 0; i < snapshot->problem_count; i++)
		if (snapshot->problems[i].what && strcmp(snapshot->problems[i].what, what) == 0)
			return true;
	return false;
}

static bool lacks_policy(const struct np_target *target)
{
	for (size_t i = 0; target->mappings && i < target->mapping_count; i++)
		if (!target->mappings[i].policy)
			return true;
	return false;
}

/* Not every kernel has these. */
static void append_system_reasons(struct builder *array, const struct np_snapshot *snapshot)
{
	const struct np_system *system = &snapshot->system;
	const struct np_vmstat *vmstat = &system->vmstat;
	const struct {
		bool known;
		const char *what, *effect;
	} settings[] = {
		{ system->thp != NULL, "/sys/kernel/mm/transparent_hugepage/enabled",
		  "the setting of transparent huge pages is not known" },
		{ system->lockdown != NULL, "/sys/kernel/security/lockdown", "whether the kernel is locked down is not known" },
		{ system->numa_balancing.known, "/proc/sys/kernel/numa_balancing",
		  "whether NUMA balancing is on is not known" },
		{ vmstat->numa_pte_updates.known && vmstat->numa_huge_pte_updates.known && vmstat->numa_hint_faults.known &&
			  vmstat->numa_hint_faults_local.known && vmstat->numa_pages_migrated.known,
		  "/proc/vmstat", "not all counters of NUMA balancing are known" },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (!settings[i].known && !has_problem(snapshot, settings[i].what))
			append(array, problem_row(settings[i].what, "not there", 0, settings[i].effect, false));
}

/* What is null because nobody asked for it is no problem of the run, but the report owes its reason. */
static void append_reasons(struct builder *array, const struct np_snapshot *snapshot)
{
	append_system_reasons(array, snapshot);
	for (size_t i = 0; i < snapshot->target_count; i++) {
		const struct np_target *target = &snapshot->targets[i];
		char what[48];

		snprintf(what, sizeof(what), "/proc/%d/numa_maps", (int)target->pid);
		if (target->readable && lacks_policy(target) && !has_problem(snapshot, what))
			append(array, problem_row(what, "not read", 0,
						  "the memory policy of some mappings is not known", false));
		snprintf(what, sizeof(what), "/proc/%d/pagemap", (int)target->pid);
		if (target->readable &&
		    (target->pages.untold || !np_tally_hints_known(&target->pages, snapshot->system.node_count)))
			append(array, problem_row(what, "page tables not read", 0,
						  target->source.why_not_better ? target->source.why_not_better :
							"not all states of pages were told apart", false));
	}
}

static json_t *problems(const struct np_snapshot *snapshot)
{
	struct builder array = { json_array(), false };

	for (size_t i = 0; i < snapshot->problem_count; i++) {
		const struct np_problem *problem = &snapshot->problems[i];

		append(&array, problem_row(problem->what, problem->operation, problem->error, problem->effect,
					  true));
	}
	append_reasons(&array, snapshot);
	return finish(&array);
}

static json_t *report(const struct np_snapshot *snapshot)
{
	struct builder object = { json_object(), false };

	put(&object, "schema", json_integer(NP_JSON_SCHEMA));
	put(&object, "numaprobe", text(snapshot->version));
	put(&object, "taken", text(snapshot->taken));
	put(&object, "redacted", json_boolean(snapshot->redacted));
	put(&object, "system", system_object(&snapshot->system));
	put(&object, "targets", targets(snapshot));
	put(&object, "check", snapshot->kernel_check ? np_json_check(snapshot) : check_object(&snapshot->check));
	put(&object, "problems", problems(snapshot));
	return finish(&object);
}

static int write_report(const struct np_snapshot *snapshot, size_t flags, FILE *out)
{
	json_t *value = report(snapshot);
	int error = 0;

	if (!value)
		return -ENOMEM;
	/* jansson says only that it failed: where the stream has no error, memory was short. */
	if (json_dumpf(value, out, flags) < 0)
		error = -ENOMEM;
	fputc('\n', out);
	if (ferror(out))
		error = -EIO;
	json_decref(value);
	return error;
}

int np_json_write(const struct np_snapshot *snapshot, FILE *out)
{
	return write_report(snapshot, JSON_INDENT(2), out);
}

int np_json_write_line(const struct np_snapshot *snapshot, FILE *out)
{
	return write_report(snapshot, JSON_COMPACT, out);
}
