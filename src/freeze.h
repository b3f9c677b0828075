/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stops a process for a moment, and lets it go on whatever becomes of numaprobe. A guardian, a child in a session of
 * its own, sends both signals; it resumes the process when it is told to, when numaprobe's end of a socket closes
 * (that is how it learns of SIGKILL), or when the time is up (numaprobe may have been stopped itself).
 */
#ifndef NUMAPROBE_FREEZE_H
#define NUMAPROBE_FREEZE_H

#include <stdbool.h>
#include <sys/types.h>

#define NP_FREEZE_SECONDS 30 /* the longest that a process is kept stopped */

struct np_freeze {
	pid_t guardian; /* 0: the process was stopped before, and stays so */
	int pidfd, socket_fd;
};

/*
 * Stops all threads of a process. dir_fd: its /proc/PID, by which it is told apart from one that got its number
 * later. 0; -ESRCH; -EPERM; -ETIMEDOUT: a thread would not stop, and the process goes on; or another -errno.
 */
int np_freeze(pid_t pid, int dir_fd, struct np_freeze *ret);

/*
 * Whether every thread is stopped, by a signal or by a debugger; one that is gone by now has stopped too. The state in
 * the process's own stat is that of its first thread alone. 0 or -errno.
 */
int np_all_stopped(int dir_fd, bool *ret);

/*
 * Resumes it, unless it was stopped before. 0; -ETIMEDOUT: it had been resumed already, since the time was up; or
 * -EOWNERDEAD: the guardian was killed, and who resumed it when is not known.
 */
int np_thaw(struct np_freeze *freeze);

#endif
