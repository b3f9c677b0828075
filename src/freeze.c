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

/* Stops, says whether it could, waits for any word or the end, resumes. */
static void __attribute__((noreturn)) guard(int pidfd, int socket_fd)
{
	struct pollfd polled = { .fd = socket_fd, .events = POLLIN };
	sigset_t all;
	int result;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	keep_only(pidfd, socket_fd);
	result = send_signal(pidfd, SIGSTOP);
	if (send(socket_fd, &result, sizeof(result), MSG_NOSIGNAL) > 0 && result == 0)
		poll(&polled, 1, NP_FREEZE_SECONDS * 1000);
	if (result == 0)
		send_signal(pidfd, SIGCONT);
	_exit(0);
}

/* Start the guardian, which stops the process. */
static int start_guardian(int pidfd, struct np_freeze *ret)
{
	int sockets[2], result = 0;
	pid_t guardian;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	guardian = fork();
	if (guardian == 0)
		guard(pidfd, sockets[1]);
	result = guardian < 0 ? -errno : 0;
	close(sockets[1]);
	if (result) {
		close(sockets[0]);
		return result;
	}
	*ret = (struct np_freeze){ guardian, sockets[0] };
	if (recv(sockets[0], &result, sizeof(result), 0) != (ssize_t)sizeof(result))
		result = -EPIPE;
	if (result)
		np_thaw(ret);
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

/* Whether every thread is stopped; 't' is stopped by a debugger. A thread that is gone by now has stopped too. */
static int all_stopped(int dir_fd, bool *ret)
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
		result = all_stopped(dir_fd, &stopped);
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
	np_cleanup_close int pidfd = -1;
	bool stopped = false;
	int result = open_same(pid, dir_fd, &pidfd);

	if (!result)
		result = all_stopped(dir_fd, &stopped);
	if (result)
		return result;
	*ret = (struct np_freeze){ 0, -1 };
	if (stopped)
		return 0;
	result = start_guardian(pidfd, ret);
	if (result)
		return result;
	result = wait_stopped(dir_fd);
	if (result)
		np_thaw(ret);
	return result;
}

int np_thaw(struct np_freeze *freeze)
{
	int status = 0;
	bool late;

	if (!freeze->guardian)
		return 0;
	late = send(freeze->socket_fd, "", 1, MSG_NOSIGNAL) < 0;
	close(freeze->socket_fd);
	while (waitpid(freeze->guardian, &status, 0) < 0 && errno == EINTR)
		;
	*freeze = (struct np_freeze){ 0, -1 };
	return late ? -ETIMEDOUT : 0;
}
