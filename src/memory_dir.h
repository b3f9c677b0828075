/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a process's memory is to be found. Its main thread may have ended while others go on: then /proc/PID is that
 * of a zombie, without memory, and /proc/PID/task/TID of another thread has it.
 */
#ifndef NUMAPROBE_MEMORY_DIR_H
#define NUMAPROBE_MEMORY_DIR_H

#include "snapshot.h"

struct np_memory_dir {
	int fd;	   /* directory; not to be closed where it is that of the process */
	pid_t pid; /* for system calls: of the process, or of a thread */
};

/*
 * dir_fd: /proc/PID, of the target whose counters have been read. 0, for np_memory_dir_close(); -ESRCH where nothing
 * of the process has memory: *ret is that of the process then; or -errno.
 */
int np_memory_dir_open(int dir_fd, const struct np_target *target, struct np_memory_dir *ret);
void np_memory_dir_close(struct np_memory_dir *dir, int dir_fd);

#endif
