/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes there are. The only file that knows libproc2. */
#ifndef NUMAPROBE_PROCESSES_H
#define NUMAPROBE_PROCESSES_H

#include <stddef.h>
#include <sys/types.h>

struct np_pids {
	size_t count;
	pid_t *pids; /* ascending; owned: np_pids_free() */
};

/*
 * Processes whose command name (/proc/PID/comm, at most 15 bytes) is exactly this one, or the first 15 bytes of
 * it; not this program itself. 0, -ENOMEM, or -errno of /proc. *ret, untouched then, is for np_pids_free().
 */
int np_pids_by_command(int root_fd, const char *command, struct np_pids *ret);
void np_pids_free(struct np_pids *pids);

#endif
