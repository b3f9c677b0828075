// SPDX-License-Identifier: GPL-2.0-or-later
/* libproc2 lists the processes; their names are read from comm, which, unlike stat, takes no reference to their memory. */
#include "processes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libproc2/pids.h>

#include "files.h"

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

static int append(struct np_pids *pids, pid_t pid)
{
	pid_t *more = reallocarray(pids->pids, pids->count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	more[pids->count] = pid;
	pids->pids = more;
	pids->count++;
	return 0;
}

static int compare_pids(const void *a, const void *b)
{
	pid_t one = *(const pid_t *)a, other = *(const pid_t *)b;

	return (one > other) - (one < other);
}

int np_pids_by_command(int root_fd, const char *command, struct np_pids *ret)
{
	enum pids_item items[] = { PIDS_ID_PID };
	struct pids_info *info = NULL;
	struct np_pids pids = { 0 };
	struct pids_stack *stack;
	int result = procps_pids_new(&info, items, 1);

	if (result < 0)
		return result;
	while (!result && (stack = procps_pids_get(info, PIDS_FETCH_TASKS_ONLY))) {
		pid_t pid = PIDS_VAL(0, s_int, stack, info);

		if (pid != getpid() && has_command(root_fd, pid, command))
			result = append(&pids, pid);
	}
	procps_pids_unref(&info);
	if (result) {
		np_pids_free(&pids);
		return result;
	}
	if (pids.count)
		qsort(pids.pids, pids.count, sizeof(*pids.pids), compare_pids);
	*ret = pids;
	return 0;
}

void np_pids_free(struct np_pids *pids)
{
	free(pids->pids);
	*pids = (struct np_pids){ 0 };
}
