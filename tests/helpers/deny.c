// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a program in which one system call fails at the n-th time, and every time from there on with a "+":
 *
 *	np-deny CALL ERRNO N[+] MARK COMMAND [ARGUMENT...]
 *
 * With SHORT for ERRNO, read, pread64 and write do not fail, but do no more than 96 bytes of what they are asked for.
 * With KILL, whoever makes the call is killed in the midst of it.
 *
 * Counts over the command and all of its descendants, whatever privilege they have. Makes the empty file MARK
 * when it fails a call, so that N can go up until there are no more. Exit status: the command's, 128 + signal.
 * seccomp(2), SECCOMP_RET_USER_NOTIF; needs root.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *name;
	long number;
} calls[] = {
#define CALL(name) { #name, SYS_##name }
	CALL(openat), CALL(read), CALL(pread64), CALL(write), CALL(close), CALL(mmap), CALL(munmap), CALL(mprotect),
	CALL(madvise), CALL(mremap), CALL(clone), CALL(execve), CALL(socketpair), CALL(sendmsg), CALL(sendto),
	CALL(recvmsg), CALL(recvfrom), CALL(getsockopt), CALL(move_pages), CALL(bpf), CALL(prctl), CALL(setresuid),
	CALL(setresgid), CALL(setgroups), CALL(capset), CALL(capget), CALL(close_range), CALL(getdents64), CALL(newfstatat),
	CALL(fstat), CALL(fcntl), CALL(getrandom), CALL(prlimit64), CALL(wait4), CALL(kill), CALL(getresuid),
	CALL(getresgid), CALL(ioctl), CALL(uname), CALL(faccessat), CALL(faccessat2), CALL(readlinkat), CALL(fsync),
	CALL(renameat), CALL(perf_event_open), CALL(process_vm_readv), CALL(clone3), CALL(lseek), CALL(statx), CALL(dup3),
#ifdef SYS_dup2
	CALL(dup2), CALL(access), CALL(readlink), CALL(fork), CALL(rename),
#endif
};

static const struct {
	const char *name;
	int number;
} errors[] = {
#define ERROR(name) { #name, name }
	ERROR(ENOMEM), ERROR(EINTR), ERROR(EMFILE), ERROR(ENFILE), ERROR(EPERM), ERROR(EACCES), ERROR(EIO),
	ERROR(ENOSPC), ERROR(EAGAIN), ERROR(ENOSYS), ERROR(ENOENT), ERROR(EPIPE), ERROR(ECONNRESET), ERROR(EINVAL),
	ERROR(ESRCH), ERROR(ENOBUFS), { "SHORT", -1 }, { "KILL", -2 },
};

#define SHORT_BYTES 96 /* whole entries of pagemap, as the kernel's own short reads are */

static void die(const char *what)
{
	perror(what);
	exit(125);
}

static int start(long number, char **command, pid_t *ret_pid)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(filter) / sizeof(*filter), .filter = filter };
	/* Its calls from then on wait for the parent, so the child says in memory what the parent has to know. */
	volatile int *listener = mmap(NULL, sizeof(*listener), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	if (listener == MAP_FAILED)
		die("mmap");
	/* Descriptors are shared until it executes the command. */
	pid = (pid_t)syscall(SYS_clone, (long)(CLONE_FILES | SIGCHLD), 0L, 0L, 0L, 0L);
	if (pid < 0)
		die("clone");
	if (pid == 0) {
		*listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
		if (*listener > 0)
			execvp(command[0], command);
		die(command[0]);
	}
	while (*listener == 0)
		usleep(100);
	if (*listener < 0)
		die("seccomp");
	*ret_pid = pid;
	return *listener;
}

/* A descriptor of another process, as this one's. */
static int take_descriptor(pid_t pid, int fd)
{
	int pid_fd = (int)syscall(SYS_pidfd_open, pid, 0), ours;

	if (pid_fd < 0)
		return -1;
	ours = (int)syscall(SYS_pidfd_getfd, pid_fd, fd, 0);
	close(pid_fd);
	return ours;
}

/* Does a part of a call in the caller's place: its result, or -errno. */
static ssize_t do_part(const struct seccomp_notif *request)
{
	const __u64 *arguments = request->data.args;
	size_t length = arguments[2] < SHORT_BYTES ? (size_t)arguments[2] : SHORT_BYTES;
	char bytes[SHORT_BYTES];
	struct iovec here = { bytes, length }, there = { (void *)(unsigned long)arguments[1], length };
	int fd = take_descriptor((pid_t)request->pid, (int)arguments[0]);
	ssize_t done;

	if (fd < 0)
		return -errno;
	if (request->data.nr == SYS_write) {
		done = process_vm_readv((pid_t)request->pid, &here, 1, &there, 1, 0);
		if (done >= 0)
			done = write(fd, bytes, (size_t)done);
	} else {
		done = request->data.nr == SYS_read ? read(fd, bytes, length) :
						      pread(fd, bytes, length, (off_t)arguments[3]);
		here.iov_len = there.iov_len = done > 0 ? (size_t)done : 0;
		if (done > 0 && process_vm_writev((pid_t)request->pid, &here, 1, &there, 1, 0) != done)
			done = -1;
	}
	done = done < 0 ? -errno : done;
	close(fd);
	return done;
}

/* false: nobody is left who could call. */
static bool answer(int listener, bool fail, int error)
{
	struct seccomp_notif request = { 0 };
	struct seccomp_notif_resp response = { 0 };
	ssize_t done;

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
		return errno == EINTR || errno == ENOENT;
	response.id = request.id;
	if (fail && error == -2) {
		kill((pid_t)request.pid, SIGKILL);
	} else if (fail && error == -1) {
		done = do_part(&request);
		response.error = done < 0 ? (int)done : 0;
		response.val = done < 0 ? 0 : done;
	} else if (fail) {
		response.error = -error;
	} else {
		response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	}
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response); /* it may have been killed meanwhile */
	return true;
}

int main(int argc, char **argv)
{
	long number = -1, n = 0, count;
	int error = 0, listener, status = 0;
	bool on;
	pid_t pid;

	if (argc < 6)
		return 125;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, argv[1]) == 0)
			number = calls[i].number;
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (strcmp(errors[i].name, argv[2]) == 0)
			error = errors[i].number;
	n = strtol(argv[3], NULL, 10);
	on = strchr(argv[3], '+') != NULL;
	if (number < 0 || !error || n < 1 ||
	    (error == -1 && number != SYS_read && number != SYS_pread64 && number != SYS_write))
		return 125;
	listener = start(number, argv + 5, &pid);
	count = number == SYS_execve ? -1 : 0; /* its own */
	for (;;) {
		struct pollfd wait = { listener, POLLIN, 0 };
		bool fail;

		if (poll(&wait, 1, -1) < 0 && errno != EINTR)
			die("poll");
		if (wait.revents & POLLHUP)
			break;
		if (!(wait.revents & POLLIN))
			continue;
		count++;
		fail = on ? count >= n : count == n;
		if (fail)
			close(open(argv[4], O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
		if (!answer(listener, fail, error))
			break;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
