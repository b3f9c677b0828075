/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about what keeps NUMA balancing from working, or makes it work more than it has to. */
#include "explain_rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "i18n.h"
#include "parse_list.h"

/*
 * Small pages hinted beside huge ones. A huge page is hinted as one (change_huge_pmd(), mm/huge_memory.c), and neither
 * that nor moving it splits it (migrate_pages() with MR_NUMA_MISPLACED, since b0b515bfb3f4, "mm: migrate: don't split
 * THP for misplaced NUMA page", 5.14; before that migrate_misplaced_transhuge_page()): those that are small now were
 * before.
 */

static uint64_t hinted_small(const struct np_snapshot *snapshot, const struct np_target *target)
{
	uint64_t hinted = np_tally_state(&target->pages, snapshot->system.node_count, NP_R_HINTED);

	if (!np_tally_hints_known(&target->pages, snapshot->system.node_count))
		return 0;
	return hinted > target->pages.hinted_thp ? hinted - target->pages.hinted_thp : 0;
}

bool np_rule_hinted_small(const struct np_snapshot *snapshot, const struct np_target *target)
{
	uint64_t small = hinted_small(snapshot, target), huge_faults;

	huge_faults = target->pages.hinted_thp / np_explain_pages_of_huge(snapshot);
	return target->pages.thp > 0 && small >= np_explain_pages_of_huge(snapshot) && small > huge_faults;
}

int np_rule_hinted_small_write(const struct np_snapshot *snapshot, const struct np_target *target,
			       const struct np_view *view, FILE *out)
{
	uint64_t small = hinted_small(snapshot, target), huge = np_explain_pages_of_huge(snapshot);

	fprintf(out, _("%s of that is hinted in small pages, though the process has %s in huge pages (THP): %" PRIu64
		       " faults, where huge pages would take %" PRIu64 ". NUMA balancing splits no huge page, so these "
		       "pages were small, or split, before it came."),
		np_explain_size(snapshot, view, small).text, np_explain_size(snapshot, view, target->pages.thp).text,
		small, (small + huge - 1) / huge);
	return 0;
}

/*
 * Policies. vma_policy_mof(), mm/mempolicy.c: only a policy with MPOL_F_MOF is balanced, which the default has,
 * and one that was set has only with MPOL_F_NUMA_BALANCING (numa_maps: "bind=balancing:0"; 5.12).
 */
static bool forbids_balancing(const char *policy)
{
	return policy && strcmp(policy, "default") != 0 && !strstr(policy, "balancing");
}

struct bound {
	size_t mappings;
	uint64_t pages;
	const char *policy; /* of the mapping with the most pages */
};

static struct bound bound_memory(const struct np_snapshot *snapshot, const struct np_target *target)
{
	struct bound bound = { 0, 0, NULL };
	uint64_t most = 0;

	for (size_t i = 0; target->mappings && i < target->mapping_count; i++) {
		const struct np_mapping *mapping = &target->mappings[i];
		uint64_t pages = np_tally_resident(&mapping->pages, snapshot->system.node_count, SIZE_MAX);

		if (!forbids_balancing(mapping->policy) || pages == 0)
			continue;
		bound.mappings++;
		bound.pages += pages;
		if (pages > most) {
			most = pages;
			bound.policy = mapping->policy;
		}
	}
	return bound;
}

bool np_rule_bound(const struct np_snapshot *snapshot, const struct np_target *target)
{
	return np_explain_is_balanced(snapshot) && bound_memory(snapshot, target).pages > 0;
}

int np_rule_bound_write(const struct np_snapshot *snapshot, const struct np_target *target, const struct np_view *view,
			FILE *out)
{
	struct bound bound = bound_memory(snapshot, target);
	char *policy = np_escape(bound.policy ? bound.policy : "", view->utf8);

	if (!policy)
		return -ENOMEM;
	fprintf(out, P_("The memory policy of %zu mapping with %s (%s) keeps NUMA balancing away from it.",
			"The memory policies of %zu mappings with %s (the most: %s) keep NUMA balancing away from them.",
			(unsigned long)bound.mappings),
		bound.mappings, np_explain_size(snapshot, view, bound.pages).text, policy);
	free(policy);
	return 0;
}

/* The policy of the process, where those of its mappings, which say more, were not read. */

static bool knows_policies(const struct np_target *target)
{
	for (size_t i = 0; target->mappings && i < target->mapping_count; i++)
		if (target->mappings[i].policy)
			return true;
	return false;
}

bool np_rule_policy(const struct np_snapshot *snapshot, const struct np_target *target)
{
	return np_explain_is_balanced(snapshot) && !knows_policies(target) && forbids_balancing(target->policy) &&
	       np_explain_resident(snapshot, target) > 0;
}

int np_rule_policy_write(const struct np_snapshot *snapshot, const struct np_target *target,
			 const struct np_view *view, FILE *out)
{
	char *policy = np_escape(target->policy, view->utf8);

	if (!policy)
		return -ENOMEM;
	fprintf(out, _("Its memory policy is %s (that of its main thread, in /proc/%d/numa_maps), which keeps NUMA balancing "
		       "away from all of its %s but for mappings that have a policy of their own (-v -o +policy)."),
		policy, (int)target->pid, np_explain_size(snapshot, view, np_explain_resident(snapshot, target)).text);
	free(policy);
	return 0;
}

/* Nodes that its cpuset does not allow. */

struct allowed {
	bool known;
	size_t nodes, of_nodes; /* with memory */
	uint64_t outside;	/* pages */
};

static bool has_memory(const struct np_node *node)
{
	return !node->memory_bytes.known || node->memory_bytes.value > 0;
}

static bool is_listed(const struct np_node_list *list, unsigned number)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->numbers[i] == number)
			return true;
	return false;
}

static struct allowed allowed_memory(const struct np_snapshot *snapshot, const struct np_target *target)
{
	const char *text = target->memory_nodes;
	struct allowed allowed = { 0 };
	struct np_node_list list;

	if (!text || np_parse_list(text, strlen(text), &list) < 0)
		return allowed;
	for (size_t i = 0; i < snapshot->system.node_count; i++) {
		const struct np_node *node = &snapshot->system.nodes[i];
		bool listed = is_listed(&list, node->number);

		allowed.of_nodes += has_memory(node);
		allowed.nodes += listed && has_memory(node);
		if (!listed)
			allowed.outside += np_explain_resident_on(snapshot, target, i);
	}
	allowed.known = allowed.nodes > 0;
	return allowed;
}

bool np_rule_cpuset(const struct np_snapshot *snapshot, const struct np_target *target)
{
	struct allowed allowed = allowed_memory(snapshot, target);

	return allowed.known && allowed.nodes < allowed.of_nodes &&
	       (allowed.outside > 0 || np_explain_is_balanced(snapshot));
}

int np_rule_cpuset_write(const struct np_snapshot *snapshot, const struct np_target *target,
			 const struct np_view *view, FILE *out)
{
	struct allowed allowed = allowed_memory(snapshot, target);
	uint64_t whole = np_explain_resident(snapshot, target);
	char *nodes = np_escape(target->memory_nodes, view->utf8);

	if (!nodes)
		return -ENOMEM;
	fprintf(out, _("Its cpuset allows memory on %zu of %zu nodes (cpuset.mems: %s), and %s of %s (%s) are on others. "),
		allowed.nodes, allowed.of_nodes, nodes, np_explain_size(snapshot, view, allowed.outside).text,
		np_explain_size(snapshot, view, whole).text, np_explain_percent(allowed.outside, whole).text);
	if (np_explain_is_off(snapshot))
		fputs(_("NUMA balancing is off, so they stay there."), out);
	else if (!snapshot->system.numa_balancing.known)
		fputs(_("Whether NUMA balancing is on is not known."), out);
	else if (allowed.nodes == 1 && allowed.outside == 0)
		fputs(_("NUMA balancing can move none of it, wherever its threads run."), out);
	else
		fputs(_("NUMA balancing can move pages to the allowed nodes only."), out);
	free(nodes);
	return 0;
}
