/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what the user named to the processes that are meant, each once. */
#include "select.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cgroup.h"
#include "processes.h"

/* What is gathered: PIDs in their order, processes alone of their name, and the members of groups. */
struct gathering {
	const struct np_options *options;
	int root_fd;
	struct np_snapshot *snapshot;
	struct np_pids given, found, members;
};

static int take_pids(struct np_pids *into, const struct np_pids *from)
{
	int result = 0;

	for (size_t i = 0; !result && i < from->count; i++)
		result = np_pids_add(into, from->pids[i]);
	return result;
}

/* A failure that only makes the selection smaller is a problem; no memory ends it. */
static int problem(struct gathering *gathering, const char *what, const char *operation, int result, const char *effect)
{
	if (result == -ENOMEM)
		return result;
	np_problem_add(gathering->snapshot, what, operation, -result, "%s", effect);
	return 0;
}

static int add_command(struct gathering *gathering, const char *command)
{
	struct np_pids pids = { 0 };
	int result = np_pids_by_command(gathering->root_fd, command, &pids);

	if (result)
		return problem(gathering, "/proc", "list", result, "no process could be found by name");
	if (!pids.count)
		result = problem(gathering, command, "find", 0, "no process has this command name");
	/* The only one is meant itself. Of several one may be a zombie, or end: a group has such members. */
	if (!result)
		result = take_pids(pids.count == 1 ? &gathering->found : &gathering->members, &pids);
	np_pids_free(&pids);
	return result;
}

static int add_targets(struct gathering *gathering)
{
	const struct np_options *options = gathering->options;
	int result = 0;

	for (size_t i = 0; !result && i < options->target_count; i++) {
		const struct np_target_spec *spec = &options->targets[i];

		result = spec->pid ? np_pids_add(&gathering->given, spec->pid) : add_command(gathering, spec->command);
	}
	return result;
}

static int add_cgroup(struct gathering *gathering, const char *path)
{
	size_t foreign = 0, before = gathering->members.count;
	int result = np_cgroup_add(gathering->root_fd, path, &gathering->members, &foreign);

	if (result == -ENOENT)
		return problem(gathering, path, "find", 0, "no cgroup has this path");
	if (result == -EOPNOTSUPP)
		return problem(gathering, path, "read", result, "a threaded cgroup: name the one that its domain starts at");
	if (result)
		return problem(gathering, path, "read", result, "not all processes of this cgroup are known");
	if (foreign)
		np_problem_add(gathering->snapshot, path, "read", 0,
			       "%zu processes of this cgroup are in another PID namespace", foreign);
	else if (gathering->members.count == before)
		np_problem_add(gathering->snapshot, path, "read", 0, "no process is in this cgroup");
	return 0;
}

static int add_all(struct gathering *gathering)
{
	struct np_pids pids = { 0 };
	int result = np_pids_all(gathering->root_fd, &pids);

	if (result)
		return problem(gathering, "/proc", "list", result, "not all processes are known");
	result = take_pids(&gathering->members, &pids);
	np_pids_free(&pids);
	return result;
}

static int add_family(struct gathering *gathering)
{
	struct np_pids pids = { 0 };
	int result = take_pids(&pids, &gathering->given);

	if (!result)
		result = take_pids(&pids, &gathering->found);
	if (!result)
		result = take_pids(&pids, &gathering->members);
	if (!result)
		result = np_pids_add_descendants(gathering->root_fd, &pids);
	if (result)
		result = problem(gathering, "/proc", "list", result, "not all descendants are known");
	else
		result = take_pids(&gathering->members, &pids);
	np_pids_free(&pids);
	return result;
}

static int gather(struct gathering *gathering)
{
	const struct np_options *options = gathering->options;
	int result = add_targets(gathering);

	for (size_t i = 0; !result && i < options->cgroup_count; i++)
		result = add_cgroup(gathering, options->cgroups[i]);
	if (!result && options->all)
		result = add_all(gathering);
	else if (!result && options->tree) /* all processes have no other descendants */
		result = add_family(gathering);
	return result;
}

static bool has(const struct np_pids *pids, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (pids->pids[i] == pid)
			return true;
	return false;
}

static bool has_sorted(const struct np_pids *pids, pid_t pid)
{
	size_t low = 0, high = pids->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (pids->pids[middle] == pid)
			return true;
		if (pids->pids[middle] < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* given is short: somebody typed it. The others are sorted. */
static void merge(const struct gathering *gathering, pid_t ignore, struct np_selection *selection)
{
	const struct np_pids *given = &gathering->given, *found = &gathering->found, *members = &gathering->members;

	for (size_t i = 0; i < given->count; i++)
		if (!has(given, i, given->pids[i]))
			selection->selected[selection->count++] = (struct np_selected){ given->pids[i], true };
	for (size_t i = 0, k = 0; i < found->count || k < members->count;) {
		bool take_found = k == members->count || (i < found->count && found->pids[i] <= members->pids[k]);
		pid_t pid = take_found ? found->pids[i++] : members->pids[k++];

		if (pid == ignore || has(given, given->count, pid) || (!take_found && has_sorted(found, pid)))
			continue;
		selection->selected[selection->count++] = (struct np_selected){ pid, take_found };
	}
}

int np_select(const struct np_options *options, int root_fd, pid_t ignore, struct np_snapshot *snapshot,
	      struct np_selection *ret)
{
	struct gathering gathering = { .options = options, .root_fd = root_fd, .snapshot = snapshot };
	struct np_selection selection = { 0 };
	int result = gather(&gathering);

	np_pids_sort(&gathering.found);
	np_pids_sort(&gathering.members);
	if (!result) {
		selection.selected = calloc(gathering.given.count + gathering.found.count + gathering.members.count + 1,
					    sizeof(*selection.selected));
		result = selection.selected ? 0 : -ENOMEM;
	}
	if (!result) {
		merge(&gathering, ignore, &selection);
		*ret = selection;
	}
	np_pids_free(&gathering.given);
	np_pids_free(&gathering.found);
	np_pids_free(&gathering.members);
	return result;
}

void np_selection_free(struct np_selection *selection)
{
	free(selection->selected);
	*selection = (struct np_selection){ 0 };
}
