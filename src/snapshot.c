/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The snapshot's making, its problems, its tallies and its end. */
#include "snapshot.h"

#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment.h"
#include "grains.h"
#include "kernel_check.h"

struct np_snapshot *np_snapshot_create(void)
{
	return calloc(1, sizeof(struct np_snapshot));
}

static void system_free(struct np_system *system)
{
	for (size_t i = 0; i < system->node_count; i++) {
		free(system->nodes[i].cpus);
		free(system->nodes[i].distances);
	}
	free(system->nodes);
	free(system->kernel);
	free(system->machine);
	free(system->thp);
	free(system->lockdown);
}

/* Each path and each policy is a string of its own. */
static void mappings_free(struct np_mapping *mappings, size_t count)
{
	for (size_t i = 0; mappings && i < count; i++) {
		free(mappings[i].path);
		free(mappings[i].policy);
		np_tally_free(&mappings[i].pages);
	}
	free(mappings);
}

void np_comparison_free(struct np_comparison *comparison)
{
	for (size_t i = 0; i < comparison->mapping_count; i++)
		free(comparison->mappings[i].path);
	free(comparison->mappings);
	free(comparison->reason);
	*comparison = (struct np_comparison){ 0 };
}

void np_target_free(struct np_target *target)
{
	free(target->command);
	free(target->source.why_not_better);
	free(target->source.how_hints);
	np_tally_free(&target->pages);
	mappings_free(target->mappings, target->mapping_count);
	for (size_t i = 0; i < target->comparison_count; i++)
		np_comparison_free(&target->comparisons[i]);
	free(target->comparisons);
	free(target->rates);
	for (size_t i = 0; i < target->thread_count; i++)
		free(target->threads_seen[i].name);
	free(target->threads_seen);
	free(target->policy);
	free(target->memory_nodes);
	np_grains_destroy(target->grains);
	free(target->read_effects);
	np_experiment_free(target->experiment);
}

void np_problem_free(struct np_problem *problem)
{
	free(problem->what);
	free(problem->operation);
	free(problem->effect);
}

void np_snapshot_clear(struct np_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->target_count; i++)
		np_target_free(&snapshot->targets[i]);
	for (size_t i = 0; i < snapshot->problem_count; i++)
		np_problem_free(&snapshot->problems[i]);
	snapshot->target_count = snapshot->problem_count = 0;
}

void np_snapshot_destroy(struct np_snapshot *snapshot)
{
	if (!snapshot)
		return;
	system_free(&snapshot->system);
	for (size_t i = 0; i < snapshot->target_count; i++)
		np_target_free(&snapshot->targets[i]);
	for (size_t i = 0; i < snapshot->problem_count; i++)
		np_problem_free(&snapshot->problems[i]);
	free(snapshot->targets);
	free(snapshot->problems);
	np_check_destroy(snapshot->kernel_check);
	for (size_t i = 0; i < snapshot->kept_count; i++)
		free(snapshot->kept[i]);
	free(snapshot->kept);
	free(snapshot->check.why_not);
	free(snapshot->version);
	free(snapshot->taken);
	free(snapshot);
}

int np_snapshot_keep(struct np_snapshot *snapshot, const char *text, const char **ret)
{
	char **more;

	for (size_t i = 0; i < snapshot->kept_count; i++)
		if (strcmp(snapshot->kept[i], text) == 0) {
			*ret = snapshot->kept[i];
			return 0;
		}
	more = reallocarray(snapshot->kept, snapshot->kept_count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	snapshot->kept = more;
	more[snapshot->kept_count] = strdup(text);
	if (!more[snapshot->kept_count])
		return -ENOMEM;
	*ret = more[snapshot->kept_count++];
	return 0;
}

/* Make room for one more. The caller has a problem; a second one, to keep the first, would be one too many. */
static struct np_problem *append_problem(struct np_snapshot *snapshot)
{
	size_t count = snapshot->problem_count;
	struct np_problem *more = reallocarray(snapshot->problems, count + 1, sizeof(*more));

	if (!more)
		err(EXIT_FAILURE, "a problem was lost");
	snapshot->problems = more;
	snapshot->problem_count++;
	return &more[count];
}

static char *copy_or_die(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		err(EXIT_FAILURE, "a problem was lost");
	return copy;
}

void np_problem_add(struct np_snapshot *snapshot, const char *what, const char *operation, int error,
		    const char *effect_format, ...)
{
	char *effect;
	va_list arguments;

	va_start(arguments, effect_format);
	if (vasprintf(&effect, effect_format, arguments) < 0)
		err(EXIT_FAILURE, "a problem was lost");
	va_end(arguments);
	*append_problem(snapshot) = (struct np_problem){
		.what = copy_or_die(what),
		.operation = copy_or_die(operation),
		.error = error,
		.effect = effect,
	};
}

int np_tally_init(struct np_tally *tally, size_t node_count)
{
	uint64_t *counts = calloc(NP_R_STATES * (node_count + 1), sizeof(*counts));

	if (!counts)
		return -ENOMEM;
	*tally = (struct np_tally){ 0 };
	for (size_t state = 0; state < NP_R_STATES; state++)
		tally->by_node[state] = counts + state * (node_count + 1);
	return 0;
}

void np_tally_free(struct np_tally *tally)
{
	free(tally->by_node[0]);
	*tally = (struct np_tally){ 0 };
}

void np_tally_add(struct np_tally *sum, const struct np_tally *part, size_t node_count)
{
	for (size_t state = 0; state < NP_R_STATES; state++)
		for (size_t i = 0; i <= node_count; i++)
			sum->by_node[state][i] += part->by_node[state][i];
	sum->zero += part->zero;
	sum->special += part->special;
	sum->swapped += part->swapped;
	sum->migrating += part->migrating;
	sum->device += part->device;
	sum->poisoned += part->poisoned;
	sum->marker += part->marker;
	sum->guard += part->guard;
	sum->unknown += part->unknown;
	sum->thp += part->thp;
	sum->hugetlb += part->hugetlb;
	sum->hinted_thp += part->hinted_thp;
	sum->protnone_thp += part->protnone_thp;
	sum->untold |= part->untold;
}

/* Those that some source can't tell. */
static const struct {
	size_t offset;
	unsigned untold;
} tellable[] = {
	{ offsetof(struct np_tally, zero), NP_UNTOLD_ZERO },
	{ offsetof(struct np_tally, special), NP_UNTOLD_SPECIAL },
	{ offsetof(struct np_tally, migrating), NP_UNTOLD_ENTRIES },
	{ offsetof(struct np_tally, device), NP_UNTOLD_ENTRIES },
	{ offsetof(struct np_tally, poisoned), NP_UNTOLD_ENTRIES },
	{ offsetof(struct np_tally, marker), NP_UNTOLD_ENTRIES },
	{ offsetof(struct np_tally, guard), NP_UNTOLD_ENTRIES },
	{ offsetof(struct np_tally, thp), NP_UNTOLD_THP | NP_UNTOLD_HUGETLB },
	{ offsetof(struct np_tally, hugetlb), NP_UNTOLD_HUGETLB },
	{ offsetof(struct np_tally, protnone_thp), NP_UNTOLD_PROTNONE_THP | NP_UNTOLD_HUGETLB },
};

struct np_fact np_tally_counter(const struct np_tally *tally, size_t offset)
{
	uint64_t counter;

	for (size_t i = 0; i < sizeof(tellable) / sizeof(tellable[0]); i++)
		if (tellable[i].offset == offset && tellable[i].untold & tally->untold)
			return NP_NOT_KNOWN;
	memcpy(&counter, (const char *)tally + offset, sizeof(counter));
	return NP_FACT((int64_t)counter);
}

struct np_fact np_tally_other(const struct np_tally *tally)
{
	if (tally->untold & NP_UNTOLD_ENTRIES)
		return NP_NOT_KNOWN;
	return NP_FACT((int64_t)(tally->device + tally->poisoned + tally->marker + tally->guard));
}

uint64_t np_tally_state(const struct np_tally *tally, size_t node_count, enum np_resident state)
{
	uint64_t pages = 0;

	for (size_t i = 0; i <= node_count; i++)
		pages += tally->by_node[state][i];
	return pages;
}

uint64_t np_tally_resident(const struct np_tally *tally, size_t node_count, size_t node_index)
{
	uint64_t pages = 0;

	for (enum np_resident state = 0; state < NP_R_STATES; state++)
		pages += node_index == SIZE_MAX ? np_tally_state(tally, node_count, state) :
						  tally->by_node[state][node_index];
	return pages;
}

bool np_tally_hints_known(const struct np_tally *tally, size_t node_count)
{
	return np_tally_state(tally, node_count, NP_R_ACCESSIBLE) == 0;
}

const char *np_verdict_name(enum np_verdict verdict)
{
	static const char *const names[] = {
		[NP_AGREES] = "agrees",
		[NP_UNDER_REPORTS] = "under-reports",
		[NP_OVER_REPORTS] = "over-reports",
		[NP_VERDICT_UNKNOWN] = "unknown",
	};

	return names[verdict];
}
