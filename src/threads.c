/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The threads of a process, and where they run. */
#include "threads.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "parse_sched.h"
#include "parse_status.h"

/* sched has the name and the nodes; where a kernel is without it, comm has the name. */
static int read_sched(int task_fd, struct np_thread *thread)
{
	np_cleanup_text struct np_text text = { 0 }, comm = { 0 };
	struct np_sched sched;

	if (np_read_text(task_fd, "sched", &text) == 0 && np_parse_sched(text.data, text.length, &sched) == 0) {
		thread->node = sched.current_node;
		thread->preferred_node = sched.preferred_node;
	}
	if (np_read_text(task_fd, "comm", &comm) < 0 || !comm.length)
		return 0;
	thread->name = strndup(comm.data, comm.length - 1);
	return thread->name ? 0 : -ENOMEM;
}

static void read_cpu(int task_fd, struct np_thread *thread)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_stat stat;

	if (np_read_text(task_fd, "stat", &text) == 0 && np_parse_stat(text.data, text.length, &stat) == 0)
		thread->cpu = stat.processor;
}

static int add_thread(int tasks_fd, const char *name, struct np_target *target)
{
	struct np_thread thread = { .tid = (pid_t)strtol(name, NULL, 10) };
	np_cleanup_close int task_fd = -1;
	struct np_thread *more;
	int result = np_open(tasks_fd, name, O_PATH | O_DIRECTORY, &task_fd);

	if (result)
		return result == -ENOENT || result == -ESRCH ? 0 : result; /* it has ended */
	result = read_sched(task_fd, &thread);
	if (result)
		return result;
	read_cpu(task_fd, &thread);
	more = reallocarray(target->threads_seen, target->thread_count + 1, sizeof(*more));
	if (!more) {
		free(thread.name);
		return -ENOMEM;
	}
	target->threads_seen = more;
	more[target->thread_count++] = thread;
	return 0;
}

static int read_tasks(int dir_fd, struct np_target *target)
{
	const struct dirent *entry;
	DIR *tasks;
	int result = np_open_directory(dir_fd, "task", &tasks);

	if (result)
		return result;
	while (!result && np_next_entry(tasks, &entry, &result))
		result = add_thread(dirfd(tasks), entry->d_name, target);
	closedir(tasks);
	return result;
}

int np_threads_read(int dir_fd, struct np_snapshot *snapshot, struct np_target *target)
{
	char what[48];
	int result = read_tasks(dir_fd, target);

	if (result == -ENOMEM)
		return result;
	snprintf(what, sizeof(what), "/proc/%d/task", (int)target->pid);
	if (result && result != -ENOENT && result != -ESRCH)
		np_problem_add(snapshot, what, "read", -result, "not all threads are known");
	return 0;
}
