/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread that has the memory. */
#include "memory_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "files.h"
#include "measure.h"

static bool has_memory(int task_fd)
{
	struct np_target thread = { 0 };
	bool has;

	np_measure_counters(task_fd, &thread);
	has = np_measure_has_memory(task_fd, &thread);
	np_target_free(&thread);
	return has;
}

/* -ESRCH: this one has ended too. */
static int try_thread(int tasks_fd, const char *name, struct np_memory_dir *ret)
{
	int fd, result = np_open(tasks_fd, name, O_PATH | O_DIRECTORY, &fd);

	if (result)
		return result == -ENOENT ? -ESRCH : result;
	if (!has_memory(fd)) {
		close(fd);
		return -ESRCH;
	}
	*ret = (struct np_memory_dir){ fd, (pid_t)strtol(name, NULL, 10) };
	return 0;
}

static int find_thread(int dir_fd, struct np_memory_dir *ret)
{
	const struct dirent *entry;
	DIR *tasks;
	int result = np_open_directory(dir_fd, "task", &tasks), error = 0;

	if (result)
		return result == -ENOENT ? -ESRCH : result;
	result = -ESRCH;
	while (result == -ESRCH && np_next_entry(tasks, &entry, &error))
		result = try_thread(dirfd(tasks), entry->d_name, ret);
	closedir(tasks);
	return error ? error : result;
}

int np_memory_dir_open(int dir_fd, const struct np_target *target, struct np_memory_dir *ret)
{
	*ret = (struct np_memory_dir){ dir_fd, target->pid };
	if (np_measure_has_memory(dir_fd, target))
		return 0;
	/* A kernel thread has no others. */
	return target->threads.known && target->threads.value <= 1 ? -ESRCH : find_thread(dir_fd, ret);
}

void np_memory_dir_close(struct np_memory_dir *dir, int dir_fd)
{
	if (dir->fd != dir_fd && dir->fd >= 0)
		close(dir->fd);
	dir->fd = -1;
}
