// SPDX-License-Identifier: GPL-2.0-or-later
/* libproc2 lists the processes; their names are read from comm, which, unlike stat, takes no reference to their memory. */
#include "processes.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libproc2/pids.h>

#include "config.h"

#include "files.h"
#include "parse_pids.h"

#define COMM_BYTES 15 /* TASK_COMM_LEN less the NUL */

static bool has_command(int root_fd, pid_t pid, const char *command)
{
	np_cleanup_text struct np_text text = { 0 };
	char path[64];
	size_t length = strnlen(command, COMM_BYTES);

	snprintf(path, sizeof(path), "proc/%d/comm", (int)pid);
	if (np_read_text(root_fd, path, &text) < 0 || !text.length)
		return false; /* it has exited */
	/* A newline ends it; a name may hold others. */
	return text.length == length + 1 && memcmp(text.data, command, length) == 0;
}

int np_pids_add(struct np_pids *pids, pid_t pid)
{
	if (pids->count == pids->room) {
		size_t room = pids->room ? 2 * pids->room : 64;
		pid_t *more = reallocarray(pids->pids, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		pids->pids = more;
		pids->room = room;
	}
	pids->pids[pids->count++] = pid;
	return 0;
}

int np_pids_add_listed(struct np_pids *pids, const struct np_text *text, size_t *foreign)
{
	struct np_pids listed = { 0 };
	int result = np_parse_pids(text->data, text->length, &listed);

	for (size_t i = 0; !result && i < listed.count; i++) {
		if (listed.pids[i] && listed.pids[i] != getpid())
			result = np_pids_add(pids, listed.pids[i]);
		*foreign += !listed.pids[i];
	}
	np_pids_free(&listed);
	return result;
}

static int compare_pids(const void *a, const void *b)
{
	pid_t one = *(const pid_t *)a, other = *(const pid_t *)b;

	return (one > other) - (one < other);
}

void np_pids_sort(struct np_pids *pids)
{
	size_t kept = 0;

	if (!pids->count)
		return;
	qsort(pids->pids, pids->count, sizeof(*pids->pids), compare_pids);
	for (size_t i = 0; i < pids->count; i++)
		if (!i || pids->pids[i] != pids->pids[i - 1])
			pids->pids[kept++] = pids->pids[i];
	pids->count = kept;
}

/* Which processes to keep; the second item's value is 0 where it was not asked for. */
typedef bool process_filter(int root_fd, pid_t pid, pid_t parent, const void *argument);

/*
 * Loaded when it is needed, and kept: it brings libsystemd and more, whose loading is a tenth of the time of a look at
 * one process, which needs no list.
 */
static struct {
	__typeof__(procps_pids_new) *new;
	__typeof__(procps_pids_get) *get;
	__typeof__(procps_pids_unref) *unref;
} proc2;

static int load_proc2(void)
{
	void *library = proc2.new ? NULL : dlopen(PROC2_SONAME, RTLD_NOW | RTLD_LOCAL);

	if (library) {
		proc2.get = (__typeof__(proc2.get))dlsym(library, "procps_pids_get");
		proc2.unref = (__typeof__(proc2.unref))dlsym(library, "procps_pids_unref");
		proc2.new = (__typeof__(proc2.new))dlsym(library, "procps_pids_new");
	}
	return proc2.new && proc2.get && proc2.unref ? 0 : -ELIBACC;
}

/* With parents, libproc2 reads more than names of directories: see np_pids_add_descendants(). */
static int list(int root_fd, bool parents, process_filter *keep, const void *argument, struct np_pids *ret)
{
	enum pids_item items[] = { PIDS_ID_PID, PIDS_ID_PPID };
	struct pids_info *info = NULL;
	struct np_pids pids = { 0 };
	struct pids_stack *stack;
	int result = load_proc2();

	if (!result)
		result = proc2.new(&info, items, parents ? 2 : 1);
	if (result < 0)
		return result;
	while (!result && (stack = proc2.get(info, PIDS_FETCH_TASKS_ONLY))) {
		pid_t pid = PIDS_VAL(0, s_int, stack, info), parent = parents ? PIDS_VAL(1, s_int, stack, info) : 0;

		if (pid != getpid() && keep(root_fd, pid, parent, argument))
			result = np_pids_add(&pids, pid);
	}
	proc2.unref(&info);
	if (result) {
		np_pids_free(&pids);
		return result;
	}
	np_pids_sort(&pids);
	*ret = pids;
	return 0;
}

static bool keep_any(int root_fd __attribute__((unused)), pid_t pid __attribute__((unused)),
		     pid_t parent __attribute__((unused)), const void *argument __attribute__((unused)))
{
	return true;
}

static bool keep_command(int root_fd, pid_t pid, pid_t parent __attribute__((unused)), const void *argument)
{
	return has_command(root_fd, pid, argument);
}

static bool keep_child(int root_fd __attribute__((unused)), pid_t pid __attribute__((unused)), pid_t parent,
		       const void *argument)
{
	return parent == *(const pid_t *)argument;
}

int np_pids_all(int root_fd, struct np_pids *ret)
{
	return list(root_fd, false, keep_any, NULL, ret);
}

int np_pids_by_command(int root_fd, const char *command, struct np_pids *ret)
{
	return list(root_fd, false, keep_command, command, ret);
}

/*
 * The children of every thread, since a child belongs to the thread that made it: get_children_pid() in
 * fs/proc/array.c takes no reference to the memory of anyone. -ENOENT: a kernel without CONFIG_PROC_CHILDREN, or
 * the process has ended.
 */
static int add_children(int root_fd, pid_t pid, struct np_pids *pids)
{
	char path[64];
	size_t foreign = 0; /* none: a child is of this namespace, or of one below it */
	DIR *tasks;
	const struct dirent *entry;
	int result;

	snprintf(path, sizeof(path), "proc/%d/task", (int)pid);
	result = np_open_directory(root_fd, path, &tasks);
	if (result)
		return result;
	while (!result && np_next_entry(tasks, &entry, &result)) {
		np_cleanup_text struct np_text text = { 0 };
		char file[sizeof(entry->d_name) + sizeof("/children")];

		snprintf(file, sizeof(file), "%s/children", entry->d_name);
		result = np_read_text(dirfd(tasks), file, &text);
		if (!result)
			result = np_pids_add_listed(pids, &text, &foreign);
	}
	closedir(tasks);
	return result;
}

/* The same by asking every process for its parent, which costs each of them a look at its stat. */
static int add_children_by_parent(int root_fd, pid_t pid, struct np_pids *pids)
{
	struct np_pids children = { 0 };
	int result = list(root_fd, true, keep_child, &pid, &children);

	for (size_t i = 0; !result && i < children.count; i++)
		result = np_pids_add(pids, children.pids[i]);
	np_pids_free(&children);
	return result;
}

/* A list that grows at its end while it is worked through from its start is the whole family at last. */
int np_pids_add_descendants(int root_fd, struct np_pids *pids)
{
	bool have_children;
	char path[64];
	int result = 0;

	snprintf(path, sizeof(path), "proc/self/task/%d/children", (int)getpid());
	have_children = faccessat(root_fd, path, R_OK, 0) == 0;
	np_pids_sort(pids);
	for (size_t i = 0; !result && i < pids->count; i++) {
		result = (have_children ? add_children : add_children_by_parent)(root_fd, pids->pids[i], pids);
		if (result == -ENOENT || result == -ESRCH)
			result = 0; /* it has ended */
	}
	if (!result)
		np_pids_sort(pids);
	return result;
}

void np_pids_free(struct np_pids *pids)
{
	free(pids->pids);
	*pids = (struct np_pids){ 0 };
}
