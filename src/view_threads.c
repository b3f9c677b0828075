/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the threads of the targets are, below the table of their mappings. */
#include "view_threads.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "i18n.h"
#include "units.h"

#define MOST_THREADS 48 /* of one process that are printed; JSON has them all */
#define NAME_WIDTH 16

static void print_fact(const struct np_fact *fact, int width, FILE *out)
{
	if (!fact->known)
		fprintf(out, " %*s", width, NP_VIEW_UNKNOWN);
	else if (fact->value < 0)
		fprintf(out, " %*s", width, NP_VIEW_NONE);
	else
		fprintf(out, " %*" PRId64, width, fact->value);
}

static int print_thread(const struct np_thread *thread, const struct np_view *view, FILE *out)
{
	char *name = np_escape(thread->name ? thread->name : NP_VIEW_UNKNOWN, view->utf8);

	if (!name)
		return -ENOMEM;
	fprintf(out, " %7d ", (int)thread->tid);
	np_view_cell(name, -NAME_WIDTH, out);
	free(name);
	print_fact(&thread->cpu, 5, out);
	print_fact(&thread->node, 5, out);
	print_fact(&thread->preferred_node, 10, out);
	fputc('\n', out);
	return 0;
}

/* Threads on each node, in one line, where there are too many for a line each. */
static void print_rest(const struct np_snapshot *snapshot, const struct np_target *target, FILE *out)
{
	fprintf(out, _(" %zu threads more (all of them with -Jv); of all %zu"), target->thread_count - MOST_THREADS,
		target->thread_count);
	for (size_t i = 0; i < snapshot->system.node_count; i++) {
		size_t count = 0;

		for (size_t k = 0; k < target->thread_count; k++)
			count += target->threads_seen[k].node.known &&
				 target->threads_seen[k].node.value == (int64_t)snapshot->system.nodes[i].number;
		fprintf(out, _(", %zu on node %u"), count, snapshot->system.nodes[i].number);
	}
	fputc('\n', out);
}

/* What numa_maps shows for the first mapping, unless that is large (placement.h). */
static int print_policy(const struct np_target *target, const struct np_view *view, FILE *out)
{
	char *policy;

	if (!target->policy) {
		fprintf(out, "%s\n", _(" its memory policy was not read; -o +policy shows that of each mapping"));
		return 0;
	}
	policy = np_escape(target->policy, view->utf8);
	if (!policy)
		return -ENOMEM;
	fprintf(out, _(" memory policy of its main thread: %s; -o +policy shows that of each mapping\n"), policy);
	free(policy);
	return 0;
}

static int print_target(const struct np_snapshot *snapshot, const struct np_target *target, const struct np_view *view,
			FILE *out)
{
	int error = 0;

	fprintf(out, "\n%s", np_paint(view, NP_BOLD));
	if (snapshot->target_count > 1)
		fprintf(out, _("Threads of PID %d"), (int)target->pid);
	else
		fputs(_("Threads"), out);
	fprintf(out, _("%s, where they ran last\n"), np_paint_end(view, NP_BOLD));
	fprintf(out, " %7s %-*s %5s %5s %10s\n", "TID", NAME_WIDTH, "NAME", "CPU", "NODE", "PREFERRED");
	for (size_t i = 0; !error && i < target->thread_count && i < MOST_THREADS; i++)
		error = print_thread(&target->threads_seen[i], view, out);
	if (target->thread_count > MOST_THREADS)
		print_rest(snapshot, target, out);
	if (target->memory_nodes && !error) {
		char *nodes = np_escape(target->memory_nodes, view->utf8);

		if (!nodes)
			return -ENOMEM;
		fprintf(out, _(" memory nodes that its cpuset allows: %s\n"), nodes);
		free(nodes);
	} else {
		fprintf(out, "%s\n", _(" which memory nodes its cpuset allows is not known: none is mounted here"));
	}
	return error ? error : print_policy(target, view, out);
}

int np_view_threads(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	int error = 0;

	for (size_t i = 0; !error && i < snapshot->target_count; i++)
		if (snapshot->targets[i].thread_count)
			error = print_target(snapshot, &snapshot->targets[i], view, out);
	return !error && ferror(out) ? -EIO : error;
}
