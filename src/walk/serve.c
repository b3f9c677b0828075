// SPDX-License-Identifier: GPL-2.0-or-later
/* The only code of numaprobe-walk that reads what somebody else wrote. It has no privilege left. */
#include "serve.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool np_serve_has_client(int socket_fd)
{
	int domain = 0, type = 0;
	socklen_t length = sizeof(int);

	return getsockopt(socket_fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX &&
	       getsockopt(socket_fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_SEQPACKET;
}

static int send_all(int socket_fd, const void *message, size_t length)
{
	ssize_t sent;

	do
		sent = send(socket_fd, message, length, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return (size_t)sent == length ? 0 : -EPIPE; /* a packet is sent whole or not at all */
}

int np_serve_hello(int socket_fd, enum np_walk_ready ready, int error, unsigned levels)
{
	struct np_hello hello = { NP_PROTOCOL_MAGIC, NP_PROTOCOL_VERSION, ready, error, levels };

	return send_all(socket_fd, &hello, sizeof(hello));
}

/* Closes every descriptor that came; returns the only one if exactly one came. */
static int only_descriptor(struct msghdr *message)
{
	int only = -1, seen = 0;

	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control; control = CMSG_NXTHDR(message, control)) {
		size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(control) + i * sizeof(fd), sizeof(fd));
			if (seen++ == 0)
				only = fd;
			else
				close(fd);
		}
	}
	if (seen == 1)
		return only;
	if (only >= 0)
		close(only);
	return -1;
}

/* 1: a request; 0: the client is gone; -errno. */
static int receive_request(int socket_fd, struct np_request *request, int *ret_fd)
{
	/* Room for two descriptors, so that a second one is seen and closed. */
	union {
		char bytes[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr aligned;
	} control;
	struct iovec part = { request, sizeof(*request) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t received;

	do
		received = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
	while (received < 0 && errno == EINTR);
	if (received < 0)
		return -errno;
	*ret_fd = only_descriptor(&message);
	if (received == 0 && *ret_fd < 0)
		return 0;
	if (received != sizeof(*request) || message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || *ret_fd < 0 ||
	    request->magic != NP_PROTOCOL_MAGIC || request->version != NP_PROTOCOL_VERSION || request->unused) {
		if (*ret_fd >= 0)
			close(*ret_fd);
		return -EPROTO;
	}
	return 1;
}

struct answer_sink {
	struct np_run_sink sink; /* first: a sink is cast back */
	int socket_fd;
};

static struct np_answer answer;

static int send_runs(struct np_run_sink *sink, const struct np_run *runs, size_t count)
{
	int socket_fd = ((struct answer_sink *)sink)->socket_fd;

	_Static_assert(sizeof(struct np_run) == 8, "a run is sent as it is");
	while (count) {
		size_t part = count < NP_ANSWER_RUNS_MAX ? count : NP_ANSWER_RUNS_MAX;
		int result;

		answer.kind = NP_ANSWER_RUNS;
		answer.count = (uint32_t)part;
		answer.error = 0;
		answer.retries = 0;
		memcpy(answer.runs, runs, part * sizeof(*runs));
		result = send_all(socket_fd, &answer, NP_ANSWER_HEADER + part * sizeof(*runs));
		if (result)
			return result;
		runs += part;
		count -= part;
	}
	return 0;
}

static int send_end(int socket_fd, int error, uint64_t retries)
{
	answer.kind = NP_ANSWER_END;
	answer.count = 0;
	answer.error = error;
	answer.retries = retries;
	return send_all(socket_fd, &answer, NP_ANSWER_HEADER);
}

int np_serve(int socket_fd, struct np_table_source *source, const struct np_decoder *decoder)
{
	struct answer_sink sink = { { send_runs }, socket_fd };
	struct np_request request = { 0 };
	int pagemap_fd = -1, result;

	while ((result = receive_request(socket_fd, &request, &pagemap_fd)) > 0) {
		struct np_walk_stats stats = { 0 };

		result = np_walk(source, decoder, pagemap_fd, request.start, request.end, &sink.sink, &stats);
		close(pagemap_fd);
		if (result == -EPIPE || result == -ECONNRESET)
			return result;
		result = send_end(socket_fd, -result, stats.retries);
		if (result)
			return result;
	}
	return result;
}
