// SPDX-License-Identifier: GPL-2.0-or-later
/* The parent's side of a subject: starts it, sends commands, freezes and ends it. */
#include "subject.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "subject_child.h"

static int open_proc(pid_t pid, struct np_subject *subject)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	subject->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return subject->dir_fd < 0 ? -errno : 0;
}

static int start_child(struct np_subject *subject)
{
	pid_t parent = getpid(), pid;
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		np_subject_live(sockets[1], parent);
	close(sockets[1]);
	if (pid < 0) {
		int error = errno;

		close(sockets[0]);
		return -error;
	}
	subject->started = true;
	subject->pid = pid;
	subject->socket_fd = sockets[0];
	return 0;
}

int np_subject_start(const struct np_subject_plan *plan, struct np_subject *ret)
{
	const uint64_t arguments[4] = { plan->base_pages, plan->huge_pages, plan->second_thread,
					(uint64_t)(int64_t)plan->cpu };
	struct np_subject_answer answer;
	int result;

	*ret = (struct np_subject){ .socket_fd = -1, .dir_fd = -1, .pagemap_fd = -1 };
	result = start_child(ret);
	if (!result)
		result = np_subject_do(ret, NP_SUBJECT_BUILD, arguments, &answer);
	if (!result) { /* not before it has answered: then it has made itself readable */
		ret->base = (struct np_area){ answer.values[0], answer.values[1] };
		ret->huge = (struct np_area){ answer.values[2], answer.values[3] };
		result = open_proc(ret->pid, ret);
	}
	if (!result)
		result = np_open(ret->dir_fd, "pagemap", O_RDONLY, &ret->pagemap_fd);
	return result;
}

void np_subject_stop(struct np_subject *subject)
{
	if (!subject->started)
		return;
	if (subject->pid) {
		kill(subject->pid, SIGKILL);
		while (waitpid(subject->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(subject->socket_fd);
	if (subject->dir_fd >= 0)
		close(subject->dir_fd);
	if (subject->pagemap_fd >= 0)
		close(subject->pagemap_fd);
	*subject = (struct np_subject){ 0 };
}

int np_subject_begin(struct np_subject *subject, enum np_subject_command command, const uint64_t arguments[4])
{
	struct np_subject_request request = { command, { arguments[0], arguments[1], arguments[2], arguments[3] } };
	ssize_t sent;

	do
		sent = send(subject->socket_fd, &request, sizeof(request), MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

static int receive(struct np_subject *subject, int flags, struct np_subject_answer *ret)
{
	struct np_subject_answer answer;
	ssize_t length;

	do
		length = recv(subject->socket_fd, &answer, sizeof(answer), flags);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	if (length != sizeof(answer))
		return -EPIPE;
	if (ret)
		*ret = answer;
	return (int)answer.error;
}

int np_subject_poll(struct np_subject *subject, struct np_subject_answer *ret)
{
	return receive(subject, MSG_DONTWAIT, ret);
}

int np_subject_do(struct np_subject *subject, enum np_subject_command command, const uint64_t arguments[4],
		  struct np_subject_answer *ret)
{
	int result = np_subject_begin(subject, command, arguments);

	return result ? result : receive(subject, 0, ret);
}

/* waitpid() tells of the stop once all threads have stopped (do_signal_stop(), kernel/signal.c). */
static int signal_and_wait(struct np_subject *subject, int number, int options)
{
	int status;
	pid_t pid;

	if (kill(subject->pid, number) < 0)
		return -errno;
	do
		pid = waitpid(subject->pid, &status, options);
	while (pid < 0 && errno == EINTR);
	if (pid < 0)
		return -errno;
	if (WIFSTOPPED(status) || WIFCONTINUED(status))
		return 0;
	subject->pid = 0; /* it has ended, and was waited for */
	return -ESRCH;
}

int np_subject_freeze(struct np_subject *subject)
{
	return signal_and_wait(subject, SIGSTOP, WUNTRACED);
}

int np_subject_thaw(struct np_subject *subject)
{
	return signal_and_wait(subject, SIGCONT, WCONTINUED);
}
