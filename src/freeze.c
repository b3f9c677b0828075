// SPDX-License-Identifier: GPL-2.0-or-later
/* The guardian. It does as little as it can: nobody guards it. */
#include "freeze.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "parse_status.h"

#define STOP_TRIES 400 /* of 5 ms: threads in the kernel stop when they leave it */
#define STOP_PAUSE_NS 5000000

static int open_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

static int send_signal(int pidfd, int number)
{
	return syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) < 0 ? -errno : 0;
}

/* Of the descriptors only its two: an end of numaprobe's walker, or of a pipe that somebody reads, must not stay open. */
static void keep_only(int pidfd, int socket_fd)
{
	for (int fd = 0, limit = (int)sysconf(_SC_OPEN_MAX) < 4096 ? (int)sysconf(_SC_OPEN_MAX) : 4096; fd < limit; fd++)
		if (fd != pidfd && fd != socket_fd)
			close(fd);
}

/*
 * Stops, says whether it could, waits for any word or the end, resumes. Its name is not numaprobe's, so that who kills
 * all of that name does not kill both.
 */
static void __attribute__((noreturn)) guard(int pidfd, int socket_fd)
{
	struct pollfd polled = { .fd = socket_fd, .events = POLLIN };
	sigset_t all;
	int result;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "np-guardian");
	keep_only(pidfd, socket_fd);
	result = send_signal(pidfd, SIGSTOP);
	if (send(socket_fd, &result, sizeof(result), MSG_NOSIGNAL) > 0 && result == 0)
		poll(&polled, 1, NP_FREEZE_SECONDS * 1000);
	if (result == 0)
		send_signal(pidfd, SIGCONT);
	_exit(0);
}

/* Start the guardian, which stops the process of the pidfd. */
static int start_guardian(struct np_freeze *freeze)
{
	int sockets[2], result = 0;
	pid_t guardian;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	guardian = fork();
	if (guardian == 0)
		guard(freeze->pidfd, sockets[1]);
	result = guardian < 0 ? -errno : 0;
	close(sockets[1]);
	if (result) {
		close(sockets[0]);
		return result;
	}
	freeze->guardian = guardian;
	freeze->socket_fd = sockets[0];
	if (recv(sockets[0], &result, sizeof(result), 0) != (ssize_t)sizeof(result))
		result = -EPIPE;
	return result;
}

static int thread_state(int dir_fd, const char *thread, char *ret)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_stat stat = { 0 };
	char path[64];
	int result;

	snprintf(path, sizeof(path), "task/%.32s/stat", thread);
	result = np_read_text(dir_fd, path, &text);
	if (!result)
		result = np_parse_stat(text.data, text.length, &stat);
	if (!result)
		*ret = stat.state;
	return result;
}

int np_all_stopped(int dir_fd, bool *ret)
{
	const struct dirent *entry;
	DIR *tasks;
	int result = np_open_directory(dir_fd, "task", &tasks);

	if (result)
		return result;
	*ret = true;
	while (*ret && np_next_entry(tasks, &entry, &result)) {
		char state;

		if (thread_state(dir_fd, entry->d_name, &state) == 0)
			*ret = strchr("TtZX", state) != NULL;
	}
	closedir(tasks);
	return result;
}

static int wait_stopped(int dir_fd)
{
	const struct timespec pause = { 0, STOP_PAUSE_NS };
	bool stopped = false;
	int result = 0;

	for (int try = 0; try < STOP_TRIES && !result && !stopped; try++) {
		result = np_all_stopped(dir_fd, &stopped);
		if (!result && !stopped)
			nanosleep(&pause, NULL);
	}
	return result ? result : stopped ? 0 : -ETIMEDOUT;
}

/* The pidfd is of the process that dir_fd is of: that one is still there, so nobody else got its number meanwhile. */
static int open_same(pid_t pid, int dir_fd, int *ret)
{
	int pidfd = open_pidfd(pid);

	if (pidfd < 0)
		return pidfd;
	if (faccessat(dir_fd, "stat", F_OK, 0) < 0) {
		close(pidfd);
		return -ESRCH;
	}
	*ret = pidfd;
	return 0;
}

int np_freeze(pid_t pid, int dir_fd, struct np_freeze *ret)
{
	struct np_freeze freeze = { 0, -1, -1 };
	bool stopped = false;
	int result = open_same(pid, dir_fd, &freeze.pidfd);

	if (!result)
		result = np_all_stopped(dir_fd, &stopped);
	if (!result && !stopped)
		result = start_guardian(&freeze);
	if (!result && !stopped)
		result = wait_stopped(dir_fd);
	if (result)
		np_thaw(&freeze);
	else
		*ret = freeze;
	return result;
}

/* A guardian that was killed has perhaps resumed nothing: nobody else would. */
static int dismiss_guardian(const struct np_freeze *freeze)
{
	bool late = send(freeze->socket_fd, "", 1, MSG_NOSIGNAL) < 0;
	int status = -1;

	close(freeze->socket_fd);
	while (waitpid(freeze->guardian, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return late ? -ETIMEDOUT : 0;
	send_signal(freeze->pidfd, SIGCONT);
	return -EOWNERDEAD;
}

int np_thaw(struct np_freeze *freeze)
{
	int result = freeze->guardian ? dismiss_guardian(freeze) : 0;

	if (freeze->pidfd >= 0)
		close(freeze->pidfd);
	*freeze = (struct np_freeze){ 0, -1, -1 };
	return result;
}
