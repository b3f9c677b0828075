/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules. Each says what was found, and the kernel's rule that makes it worth saying; none says more than its
 * figures do. The kernel's behaviour is described in doc/KERNEL-NOTES.md with its sources.
 */
#include "explain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "escape.h"
#include "explain_rules.h"
#include "i18n.h"

#define MODE_NORMAL 1  /* bits of kernel.numa_balancing: NUMA_BALANCING_NORMAL, */
#define MODE_TIERING 2 /* NUMA_BALANCING_MEMORY_TIERING */

struct np_explained np_explain_size(const struct np_snapshot *snapshot, const struct np_view *view, uint64_t pages)
{
	struct np_explained size = { "" };

	np_format_bytes(np_pages_to_bytes(pages, snapshot->system.page_bytes), view->bytes, size.text);
	return size;
}

struct np_explained np_explain_percent(uint64_t part, uint64_t whole)
{
	struct np_explained size = { "" };

	np_format_percent(part, whole, size.text);
	return size;
}

static bool mode_has(const struct np_snapshot *snapshot, int64_t bit)
{
	return snapshot->system.numa_balancing.known && snapshot->system.numa_balancing.value & bit;
}

bool np_explain_is_balanced(const struct np_snapshot *snapshot)
{
	return mode_has(snapshot, MODE_NORMAL);
}

bool np_explain_is_off(const struct np_snapshot *snapshot)
{
	return snapshot->system.numa_balancing.known && snapshot->system.numa_balancing.value == 0;
}

uint64_t np_explain_resident(const struct np_snapshot *snapshot, const struct np_target *target)
{
	return np_tally_resident(&target->pages, snapshot->system.node_count, SIZE_MAX);
}

uint64_t np_explain_resident_on(const struct np_snapshot *snapshot, const struct np_target *target, size_t node)
{
	return np_tally_resident(&target->pages, snapshot->system.node_count, node);
}

static uint64_t hinted(const struct np_snapshot *snapshot, const struct np_target *target)
{
	return np_tally_state(&target->pages, snapshot->system.node_count, NP_R_HINTED);
}

static bool hints_known(const struct np_snapshot *snapshot, const struct np_target *target)
{
	return np_tally_hints_known(&target->pages, snapshot->system.node_count);
}

/* Unknown hints. */

static bool hints_are_unknown(const struct np_snapshot *snapshot, const struct np_target *target)
{
	return !hints_known(snapshot, target);
}

static int write_hints_unknown(const struct np_snapshot *snapshot, const struct np_target *target,
			       const struct np_view *view, FILE *out)
{
	uint64_t pages = np_tally_state(&target->pages, snapshot->system.node_count, NP_R_ACCESSIBLE);
	const char *why = target->source.why_not_better;
	char *text = np_escape(why ? why : _("the reason is not known"), view->utf8);

	if (!text)
		return -ENOMEM;
	fprintf(out, _("Whether %s are present or NUMA-hinted is not known: the page tables were not read (%s)."),
		np_explain_size(snapshot, view, pages).text, text);
	free(text);
	return 0;
}

/* Memory away from the preferred node. */

static size_t preferred_index(const struct np_snapshot *snapshot, const struct np_target *target)
{
	const struct np_fact *node = &target->preferred_node;

	if (!node->known || node->value < 0 || node->value > UINT32_MAX)
		return SIZE_MAX;
	return np_node_index(&snapshot->system, (uint32_t)node->value);
}

static uint64_t away(const struct np_snapshot *snapshot, const struct np_target *target, size_t node)
{
	size_t unknown = snapshot->system.node_count;

	return np_explain_resident(snapshot, target) - np_explain_resident_on(snapshot, target, node) -
	       np_explain_resident_on(snapshot, target, unknown);
}

static bool is_mostly_away(const struct np_snapshot *snapshot, const struct np_target *target)
{
	size_t node = preferred_index(snapshot, target);

	return node != SIZE_MAX && away(snapshot, target, node) > np_explain_resident(snapshot, target) / 2;
}

static int write_away(const struct np_snapshot *snapshot, const struct np_target *target, const struct np_view *view,
		      FILE *out)
{
	uint64_t whole = np_explain_resident(snapshot, target);
	uint64_t part = away(snapshot, target, preferred_index(snapshot, target));

	fprintf(out, _("%s of %s (%s) are not on node %" PRId64 ", which the scheduler prefers for its main thread "
		       "(numa_preferred_nid in /proc/%d/sched)."),
		np_explain_size(snapshot, view, part).text, np_explain_size(snapshot, view, whole).text,
		np_explain_percent(part, whole).text,
		target->preferred_node.value, (int)target->pid);
	return 0;
}

/* Balancing is off. */

static size_t nodes_in_use(const struct np_snapshot *snapshot, const struct np_target *target)
{
	size_t count = 0;

	for (size_t i = 0; i < snapshot->system.node_count; i++)
		count += np_explain_resident_on(snapshot, target, i) > 0;
	return count;
}

static bool is_spread_and_off(const struct np_snapshot *snapshot, const struct np_target *target)
{
	return np_explain_is_off(snapshot) && nodes_in_use(snapshot, target) > 1;
}

/* "3.7M on node 0, 78.2M on node 1" */
static void write_nodes(const struct np_snapshot *snapshot, const struct np_target *target, const struct np_view *view,
			FILE *out)
{
	const char *separator = "";

	for (size_t i = 0; i < snapshot->system.node_count; i++) {
		uint64_t pages = np_explain_resident_on(snapshot, target, i);

		if (pages == 0)
			continue;
		fprintf(out, _("%s%s on node %u"), separator, np_explain_size(snapshot, view, pages).text,
			snapshot->system.nodes[i].number);
		separator = ", ";
	}
}

static int write_spread_and_off(const struct np_snapshot *snapshot, const struct np_target *target,
				const struct np_view *view, FILE *out)
{
	fprintf(out, _("Its memory is on %zu nodes ("), nodes_in_use(snapshot, target));
	write_nodes(snapshot, target, view, out);
	fputs(_("), and NUMA balancing is off (kernel.numa_balancing is 0): the kernel moves none of it by itself."), out);
	return 0;
}

/* Hints, and what they cost. */

static bool has_hints(const struct np_snapshot *snapshot, const struct np_target *target)
{
	return hints_known(snapshot, target) && hinted(snapshot, target) > 0;
}

/* A table has as many entries as pointers fit into a page: so many base pages has a huge one. */
uint64_t np_explain_pages_of_huge(const struct np_snapshot *snapshot)
{
	return snapshot->system.page_bytes / 8;
}

static int write_hints(const struct np_snapshot *snapshot, const struct np_target *target, const struct np_view *view,
		       FILE *out)
{
	uint64_t pages = hinted(snapshot, target);
	uint64_t huge = target->pages.hinted_thp < pages ? target->pages.hinted_thp : pages;
	uint64_t huge_faults = huge / np_explain_pages_of_huge(snapshot), faults = pages - huge + huge_faults;

	fprintf(out, _("%s are NUMA-hinted: the next touch of each page takes a minor fault, %" PRIu64 " in all"),
		np_explain_size(snapshot, view, pages).text, faults);
	if (huge_faults > 0)
		fprintf(out, _(", of which %" PRIu64 " are for whole huge pages"), huge_faults);
	if (np_explain_is_off(snapshot))
		fputs(_(". NUMA balancing is off now (kernel.numa_balancing is 0), so these were left by an earlier scan"),
		      out);
	fputc('.', out);
	return 0;
}

/* Never scanned. */

static bool is_not_scanned(const struct np_snapshot *snapshot, const struct np_target *target)
{
	return mode_has(snapshot, MODE_NORMAL) && target->scan_seq.known && target->scan_seq.value == 0 &&
	       hints_known(snapshot, target) && hinted(snapshot, target) == 0;
}

static int write_not_scanned(const struct np_snapshot *snapshot __attribute__((unused)), const struct np_target *target,
			     const struct np_view *view __attribute__((unused)), FILE *out)
{
	fprintf(out, _("NUMA balancing has not been once through its memory yet (numa_scan_seq in /proc/%d/sched is 0), "
		       "and nothing is hinted. It scans a process only while that uses processor time."),
		(int)target->pid);
	return 0;
}

/* One thread. */

static bool is_single_threaded(const struct np_snapshot *snapshot, const struct np_target *target)
{
	return mode_has(snapshot, MODE_NORMAL) && target->threads.known && target->threads.value == 1;
}

static int write_single_threaded(const struct np_snapshot *snapshot, const struct np_target *target,
				 const struct np_view *view, FILE *out)
{
	fprintf(out, _("It has 1 thread. The balancer leaves a single-threaded process's private pages alone where they "
		       "are on the node it runs on, but not while something reads its smaps, maps or status: up to %s "
		       "would then be hinted, one fault a page. How much of that happens, --experiment can measure."),
		np_explain_size(snapshot, view, np_explain_resident(snapshot, target)).text);
	return 0;
}

/* Memory tiering, and nodes without CPUs. */

static bool has_no_cpus(const struct np_node *node)
{
	return node->cpus && *node->cpus == '\0';
}

static uint64_t on_slow_nodes(const struct np_snapshot *snapshot, const struct np_target *target)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < snapshot->system.node_count; i++)
		if (has_no_cpus(&snapshot->system.nodes[i]))
			pages += np_explain_resident_on(snapshot, target, i);
	return pages;
}

static bool is_tiering(const struct np_snapshot *snapshot, const struct np_target *target __attribute__((unused)))
{
	return mode_has(snapshot, MODE_TIERING);
}

static int write_tiering(const struct np_snapshot *snapshot, const struct np_target *target, const struct np_view *view,
			 FILE *out)
{
	fprintf(out, _("NUMA balancing is in the mode of memory tiering (kernel.numa_balancing is %" PRId64 "): it hints "
		       "pages of slow nodes, to find those worth promoting. %s of %s are on nodes without CPUs."),
		snapshot->system.numa_balancing.value, np_explain_size(snapshot, view, on_slow_nodes(snapshot, target)).text,
		np_explain_size(snapshot, view, np_explain_resident(snapshot, target)).text);
	return 0;
}

static bool is_on_slow_nodes(const struct np_snapshot *snapshot, const struct np_target *target)
{
	return !mode_has(snapshot, MODE_TIERING) && on_slow_nodes(snapshot, target) > 0;
}

static int write_slow_nodes(const struct np_snapshot *snapshot, const struct np_target *target,
			    const struct np_view *view, FILE *out)
{
	uint64_t part = on_slow_nodes(snapshot, target), whole = np_explain_resident(snapshot, target);

	fprintf(out, _("%s of %s (%s) are on nodes without CPUs: no thread can run beside them."),
		np_explain_size(snapshot, view, part).text, np_explain_size(snapshot, view, whole).text,
		np_explain_percent(part, whole).text);
	return 0;
}

/* Resident, but out of reach. */

static uint64_t protnone(const struct np_snapshot *snapshot, const struct np_target *target)
{
	return np_tally_state(&target->pages, snapshot->system.node_count, NP_R_PROTNONE);
}

static bool is_much_protnone(const struct np_snapshot *snapshot, const struct np_target *target)
{
	return protnone(snapshot, target) > np_explain_resident(snapshot, target) / 10;
}

static int write_protnone(const struct np_snapshot *snapshot, const struct np_target *target,
			  const struct np_view *view, FILE *out)
{
	uint64_t part = protnone(snapshot, target), whole = np_explain_resident(snapshot, target);

	fprintf(out, _("%s of %s (%s) are in mappings that allow no access (PROT_NONE): they take memory, but nothing can "
		       "touch them, and NUMA balancing leaves them where they are."),
		np_explain_size(snapshot, view, part).text, np_explain_size(snapshot, view, whole).text,
		np_explain_percent(part, whole).text);
	return 0;
}

const struct np_rule np_rules[] = {
	{ "hints-unknown", hints_are_unknown, write_hints_unknown },
	{ "off-preferred-node", is_mostly_away, write_away },
	{ "balancing-off", is_spread_and_off, write_spread_and_off },
	{ "hinted", has_hints, write_hints },
	{ "hinted-small", np_rule_hinted_small, np_rule_hinted_small_write },
	{ "not-scanned", is_not_scanned, write_not_scanned },
	{ "single-threaded", is_single_threaded, write_single_threaded },
	{ "tiering", is_tiering, write_tiering },
	{ "slow-nodes", is_on_slow_nodes, write_slow_nodes },
	{ "policy", np_rule_policy, np_rule_policy_write },
	{ "bound", np_rule_bound, np_rule_bound_write },
	{ "cpuset", np_rule_cpuset, np_rule_cpuset_write },
	{ "protnone", is_much_protnone, write_protnone },
};

const size_t np_rule_count = sizeof(np_rules) / sizeof(np_rules[0]);

static int print_rule(const struct np_rule *rule, const struct np_snapshot *snapshot, const struct np_target *target,
		      const struct np_view *view, FILE *out)
{
	char *text = NULL;
	size_t length;
	FILE *line = open_memstream(&text, &length);
	int error;

	if (!line)
		return -ENOMEM;
	error = rule->write(snapshot, target, view, line);
	if (fclose(line) != 0)
		error = -ENOMEM;
	if (!error) {
		fputs(view->utf8 ? "  \342\200\242 " : "  * ", out);
		np_view_wrap(view, NP_PLAIN, 4, 4, text, out);
	}
	free(text);
	return error;
}

static int explain_target(const struct np_snapshot *snapshot, const struct np_target *target,
			  const struct np_view *view, FILE *out)
{
	size_t said = 0;
	int error = 0;

	fprintf(out, "\n %s", np_paint(view, NP_BOLD));
	fprintf(out, _("What this means for PID %d"), (int)target->pid);
	fprintf(out, "%s\n", np_paint_end(view, NP_BOLD));
	for (size_t i = 0; i < np_rule_count && !error; i++) {
		if (!np_rules[i].applies(snapshot, target))
			continue;
		error = print_rule(&np_rules[i], snapshot, target, view, out);
		said++;
	}
	if (said == 0)
		fprintf(out, "  %s\n", _("nothing stands out"));
	return error;
}

int np_view_explain(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	int error = 0;

	for (size_t i = 0; i < snapshot->target_count && !error; i++)
		if (snapshot->targets[i].readable)
			error = explain_target(snapshot, &snapshot->targets[i], view, out);
	return !error && ferror(out) ? -EIO : error;
}
