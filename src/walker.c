// SPDX-License-Identifier: GPL-2.0-or-later
/* Speaks walk/protocol.h. What the walker sends is checked as if it were a stranger's. */
#include "walker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"

#include "walk/protocol.h"

#define WALKER_NAME "numaprobe-walk"
#define SILENCE_SECONDS 20

struct np_walker {
	pid_t pid;
	int socket_fd;
	bool greeted;
	bool unusable; /* an answer was left half-read, or made no sense */
	struct np_hello hello;
	struct np_answer answer;
};

/* Where the walker may be, seen from this program's folder: a build tree, and an installed tree, wherever it was put. */
static const char *const neighbours[] = { "/" WALKER_NAME, "/../libexec/" WALKER_NAME };

/* The folder of this program; false where it must not matter. */
static bool own_folder(char *path, size_t size)
{
	ssize_t length;
	char *slash;

	/* A set-user-ID program may be started by a link in anyone's folder: what lies beside it proves nothing. */
	if (getauxval(AT_SECURE))
		return false;
	length = readlink("/proc/self/exe", path, size - 1);
	if (length <= 0)
		return false;
	path[length] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	return slash;
}

static int find_walker(char *path, size_t size)
{
	char folder[4096];

#ifndef WITH_BPF
	return -ENOTSUP;
#endif
	if (own_folder(folder, sizeof(folder))) {
		for (size_t i = 0; i < sizeof(neighbours) / sizeof(*neighbours); i++) {
			int length = snprintf(path, size, "%s%s", folder, neighbours[i]);

			if (length > 0 && (size_t)length < size && access(path, X_OK) == 0)
				return 0;
		}
	}
	snprintf(path, size, "%s/%s", LIBEXECDIR, WALKER_NAME);
	return access(path, X_OK) < 0 ? -errno : 0;
}

/* Spawned, not forked: copying this program's page tables and then its touched pages would cost half a millisecond. */
static int spawn_walker(const char *path, int socket_fd, pid_t *ret)
{
	char *const arguments[] = { (char *)WALKER_NAME, NULL }, *const environment[] = { NULL };
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return -error;
	error = posix_spawn_file_actions_adddup2(&actions, socket_fd, 0);
	if (!error)
		error = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_RDWR, 0);
	if (!error)
		error = posix_spawn(ret, path, &actions, NULL, arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

int np_walker_start(struct np_walker **ret)
{
	struct np_walker *walker = calloc(1, sizeof(*walker));
	char path[8192];
	int sockets[2], result;
	pid_t pid = -1;

	if (!walker)
		return -ENOMEM;
	result = find_walker(path, sizeof(path));
	if (!result && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		result = -errno;
	if (result) {
		free(walker);
		return result;
	}
	result = spawn_walker(path, sockets[1], &pid);
	close(sockets[1]);
	if (result) {
		close(sockets[0]);
		free(walker);
		return result;
	}
	walker->pid = pid;
	walker->socket_fd = sockets[0];
	/* The longest walks take seconds; a walker that is silent this long has nothing to say. */
	setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = SILENCE_SECONDS },
		   sizeof(struct timeval));
	*ret = walker;
	return 0;
}

void np_walker_stop(struct np_walker *walker)
{
	if (!walker)
		return;
	close(walker->socket_fd);
	/* It ends when its client does; killed, it ends even where it is broken, and has nothing to lose. */
	kill(walker->pid, SIGKILL);
	while (waitpid(walker->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(walker);
}

pid_t np_walker_pid(const struct np_walker *walker)
{
	return walker ? walker->pid : 0;
}

static ssize_t receive(int socket_fd, void *buffer, size_t size)
{
	ssize_t received;

	do
		received = recv(socket_fd, buffer, size, MSG_TRUNC); /* the real length, also of a longer one */
	while (received < 0 && errno == EINTR);
	if (received < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return received;
}

/* Why the walker can't serve, in words. */
static const char *const reasons[NP_WALK_READY_COUNT] = {
	[NP_WALK_NO_ARCH] = "the page tables of this architecture are not known to it",
	[NP_WALK_NO_BPF] = "it was built without BPF",
	[NP_WALK_NO_BTF] = "the kernel has no type information (/sys/kernel/btf/vmlinux)",
	[NP_WALK_NO_TYPES] = "the kernel's type information lacks a structure that is needed",
	[NP_WALK_NO_PROGRAM_TYPE] = "the kernel has no BPF programs of the kind that is needed (Linux 5.14 brought them)",
	[NP_WALK_NO_LOAD] = "the kernel refused the BPF program",
	[NP_WALK_NO_RUN] = "the kernel does not run the BPF program",
	[NP_WALK_NO_SELF] = "it could not read its own page tables",
	[NP_WALK_NO_DIRECT_MAP] = "direct map not found",
	[NP_WALK_NO_FRAMES] = "which page frames are on which node is not known (/proc/zoneinfo)",
	[NP_WALK_NO_DROP] = "it could not give up its privileges",
};

static char *explain(const struct np_hello *hello)
{
	const char *reason = hello->ready < NP_WALK_READY_COUNT ? reasons[hello->ready] : NULL;
	bool refused = hello->ready == NP_WALK_NO_LOAD && (hello->error == EPERM || hello->error == EACCES);
	char *why = NULL;

	if (asprintf(&why, "%s: %s%s%s%s", WALKER_NAME, reason ? reason : "unknown reason",
		     hello->error ? ": " : "", hello->error ? strerror(hello->error) : "",
		     refused ? " (it needs CAP_BPF and CAP_PERFMON, or root)" : "") < 0)
		return NULL;
	return why;
}

static int greet(struct np_walker *walker, char **ret_why)
{
	ssize_t length = receive(walker->socket_fd, &walker->hello, sizeof(walker->hello));

	walker->greeted = true;
	if (length == sizeof(walker->hello) && walker->hello.magic == NP_PROTOCOL_MAGIC &&
	    walker->hello.version == NP_PROTOCOL_VERSION)
		return 0;
	walker->hello.ready = NP_WALK_READY_COUNT;
	walker->unusable = true;
	if (asprintf(ret_why, "%s: %s", WALKER_NAME,
		     length == -ETIMEDOUT ? "it says nothing" :
		     length <= 0 ? "it ended before it said anything" : "it is of another version") < 0)
		*ret_why = NULL;
	return -EPROTO;
}

int np_walker_wait(struct np_walker *walker, uint64_t *ret_space_end, char **ret_why)
{
	int result = walker->greeted ? 0 : greet(walker, ret_why);

	if (result)
		return result;
	if (walker->hello.ready != NP_WALK_READY || walker->hello.levels < 4 || walker->hello.levels > 5) {
		*ret_why = explain(&walker->hello);
		return -ENOTSUP;
	}
	/* The lower half of the top table: 2^47 with 4 levels, 2^56 with 5. */
	*ret_space_end = 1ULL << (12 + 9 * walker->hello.levels - 1);
	return 0;
}

static int send_request(struct np_walker *walker, int pagemap_fd, uint64_t start, uint64_t end)
{
	struct np_request request = { NP_PROTOCOL_MAGIC, NP_PROTOCOL_VERSION, 0, start, end };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr aligned;
	} control = { 0 };
	struct iovec part = { &request, sizeof(request) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	ssize_t sent;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &pagemap_fd, sizeof(int));
	do
		sent = sendmsg(walker->socket_fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Pages in the runs of an answer, or 0 where they make no sense. */
static uint64_t runs_pages(const struct np_answer *answer, uint64_t most)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; i < answer->count; i++) {
		const struct np_run *run = &answer->runs[i];

		if (!run->pages || run->pages > most - pages ||
		    np_code_state((np_code)run->code) >= NP_WALKED_STATES)
			return 0;
		pages += run->pages;
	}
	return pages;
}

/* One answer, checked: 1 runs were taken, 0 the end, -errno. *pages is what is still to come. */
static int take_answer(struct np_walker *walker, uint64_t *pages, struct np_run_taker *taker)
{
	struct np_answer *answer = &walker->answer;
	ssize_t length = receive(walker->socket_fd, answer, sizeof(*answer));
	uint64_t taken;

	if (length <= 0)
		return length < 0 ? (int)length : -EPIPE;
	if ((size_t)length < NP_ANSWER_HEADER)
		return -EPROTO;
	if (answer->kind == NP_ANSWER_END)
		return length == NP_ANSWER_HEADER && answer->error >= 0 && (answer->error || !*pages) ? 0 : -EPROTO;
	if (answer->kind != NP_ANSWER_RUNS || !answer->count || answer->count > NP_ANSWER_RUNS_MAX ||
	    (size_t)length != NP_ANSWER_HEADER + answer->count * sizeof(struct np_run))
		return -EPROTO;
	taken = runs_pages(answer, *pages);
	if (!taken)
		return -EPROTO;
	*pages -= taken;
	return taker->take(taker, answer->runs, answer->count) ?: 1;
}

int np_walker_ask(struct np_walker *walker, int pagemap_fd, uint64_t start, uint64_t end)
{
	int result = walker->unusable ? -EPIPE : send_request(walker, pagemap_fd, start, end);

	walker->unusable |= result != 0;
	return result;
}

int np_walker_hear(struct np_walker *walker, uint64_t start, uint64_t end, struct np_run_taker *taker,
		   uint64_t *ret_retries)
{
	uint64_t pages = (end - start) >> 12;
	int result;

	if (walker->unusable)
		return -EPIPE;
	while ((result = take_answer(walker, &pages, taker)) > 0)
		;
	if (result) {
		walker->unusable = true;
		return result;
	}
	*ret_retries = walker->answer.retries;
	return -walker->answer.error;
}

int np_walker_walk(struct np_walker *walker, int pagemap_fd, uint64_t start, uint64_t end,
		   struct np_run_taker *taker, uint64_t *ret_retries)
{
	int result = np_walker_ask(walker, pagemap_fd, start, end);

	return result ?: np_walker_hear(walker, start, end, taker, ret_retries);
}
