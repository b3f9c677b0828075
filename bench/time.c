// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * np-bench-time SECONDS COMMAND...: runs it once with its output thrown away, for so many seconds at most. One line of
 * JSON: CPU time of all its processes and wall time in ns, peak memory of the largest of them in KiB, and its exit
 * status, -1 where the time ran out. A small program, since what starts another gives it its own peak for a start.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t child, expired;

static void expire(int signal_number __attribute__((unused)))
{
	expired = 1;
	kill((pid_t)child, SIGKILL);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t cpu_ns(const struct rusage *usage)
{
	return ((uint64_t)usage->ru_utime.tv_sec + (uint64_t)usage->ru_stime.tv_sec) * 1000000000 +
	       ((uint64_t)usage->ru_utime.tv_usec + (uint64_t)usage->ru_stime.tv_usec) * 1000;
}

static pid_t start(char **command)
{
	posix_spawn_file_actions_t actions;
	extern char **environ;
	pid_t pid;
	int error;

	if (posix_spawn_file_actions_init(&actions))
		errx(1, "no memory");
	for (int fd = 0; fd < 3; fd++)
		if (posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0))
			errx(1, "no memory");
	error = posix_spawnp(&pid, command[0], &actions, NULL, command, environ);
	if (error)
		errx(1, "%s: %s", command[0], strerror(error));
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	uint64_t before, wall_ns;
	int status;

	if (argc < 3)
		errx(2, "usage: np-bench-time SECONDS COMMAND...");
	before = now_ns();
	child = start(argv + 2);
	signal(SIGALRM, expire);
	alarm((unsigned)atoi(argv[1]));
	while (wait4((pid_t)child, &status, 0, &usage) < 0)
		;
	wall_ns = now_ns() - before;
	printf("{\"cpu_ns\":%" PRIu64 ",\"wall_ns\":%" PRIu64 ",\"peak_kib\":%ld,\"status\":%d}\n", cpu_ns(&usage), wall_ns,
	       usage.ru_maxrss, expired ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
