// SPDX-License-Identifier: GPL-2.0-or-later
/* Both sides of walk/protocol.h, each against a peer that sends what the input says. */
#include "targets.h"

#include <string.h>

#include "helpers/memory.h"
#include "walk/serve.h"

/* The client's checks are not to be had from outside without starting a program, so its source is part of this. */
#include "../../src/walker.c"

static void pair(int sockets[2])
{
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0);
}

/* The next message: a length of two bytes, and so many. false: there is none. */
static bool next_message(const uint8_t **data, size_t *size, size_t *ret_length)
{
	if (*size < 2)
		return false;
	*ret_length = (size_t)((*data)[0] | (*data)[1] << 8);
	*data += 2;
	*size -= 2;
	if (*ret_length > *size)
		*ret_length = *size;
	return true;
}

static void send_with_descriptors(int socket_fd, const void *bytes, size_t length, unsigned count)
{
	union {
		char bytes[CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr aligned;
	} control = { 0 };
	struct iovec part = { (void *)bytes, length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (count) {
		struct cmsghdr *header;

		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(count * sizeof(int));
		for (unsigned i = 0; i < count; i++)
			memcpy(CMSG_DATA(header) + i * sizeof(int), &socket_fd, sizeof(int));
	}
	(void)!sendmsg(socket_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static struct np_frame_range ranges[] = { { 0, 0x400, 0 } };
static const struct np_frames frames = { 1, ranges };
static struct np_decoder decoder;
static struct memory memory;

#define SPACE_END (1ULL << (12 + 4 * NP_TABLE_BITS - 1))

static void make_memory(void)
{
	if (memory.used) /* nothing changes it */
		return;
	decoder = (struct np_decoder){ .arch = &np_arch_x86_64, .frame_mask = np_arch_x86_64.frame, .frames = &frames,
				       .zero_frame = UINT64_MAX, .huge_zero_frame = UINT64_MAX };
	memory_init(&memory, &decoder, 4);
	for (uint64_t i = 0; i < NP_TABLE_ENTRIES; i += 2)
		*memory_entry(&memory, (3ULL << 30) + (i << 12), 1) = 1 | i << 12;
}

/*
 * What came back is runs and ends, and nothing else. Inputs: messages; the upper two bits of the length say how
 * many descriptors go with it; the first byte makes some well-formed but for the range.
 */
void fuzz_serve(const uint8_t *data, size_t size)
{
	static struct np_answer answer;
	int sockets[2], result;
	size_t length;
	ssize_t received;

	make_memory();
	pair(sockets);
	for (int i = 0; i < 4 && next_message(&data, &size, &length); i++) {
		unsigned kind = length ? data[0] : 0;

		if (length > 16 && kind & 1) {
			struct np_request request = { NP_PROTOCOL_MAGIC, NP_PROTOCOL_VERSION, 0, 0, 0 };

			memcpy(&request.start, data + 1, sizeof(request.start));
			memcpy(&request.end, data + 9, sizeof(request.end));
			if (kind & 2) {
				request.start &= ~4095ULL & (SPACE_END - 1);
				request.end &= ~4095ULL & (2 * SPACE_END - 1);
			}
			send_with_descriptors(sockets[0], &request, sizeof(request), kind & 4 ? kind >> 6 : 1);
		} else {
			send_with_descriptors(sockets[0], data, length, kind >> 6);
		}
		data += length;
		size -= length;
	}
	shutdown(sockets[0], SHUT_WR);
	result = np_serve(sockets[1], &memory.source, &decoder);
	FUZZ_CHECK(result <= 0);
	close(sockets[1]);
	while ((received = recv(sockets[0], &answer, sizeof(answer), MSG_TRUNC)) > 0) {
		FUZZ_CHECK((size_t)received >= NP_ANSWER_HEADER && (size_t)received <= sizeof(answer) && !answer.unused);
		FUZZ_CHECK(answer.kind == NP_ANSWER_END ||
			   (answer.kind == NP_ANSWER_RUNS && answer.count && !answer.error && !answer.retries));
		FUZZ_CHECK((size_t)received == NP_ANSWER_HEADER + answer.count * sizeof(struct np_run));
	}
	close(sockets[0]);
}

struct counting_taker {
	struct np_run_taker taker; /* first: cast back */
	uint64_t pages;
};

static int count_pages(struct np_run_taker *self, const struct np_run *runs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		FUZZ_CHECK(np_code_state((np_code)runs[i].code) < NP_WALKED_STATES && runs[i].pages);
		((struct counting_taker *)self)->pages += runs[i].pages;
	}
	return 0;
}

/* A message as it is, or, with a first byte of 1 to 3, a hello, runs, or an end that are well-formed in part. */
static void send_answer(int socket_fd, const uint8_t *data, size_t length)
{
	static struct np_answer answer;
	struct np_hello hello = { NP_PROTOCOL_MAGIC, NP_PROTOCOL_VERSION, NP_WALK_READY, 0, 4 };
	size_t runs = length > 2 ? (length - 2) / sizeof(struct np_run) : 0;

	if (!length || data[0] > 3 || !data[0]) {
		send_with_descriptors(socket_fd, data, length, 0);
	} else if (data[0] == 1) {
		hello.ready = length > 1 ? data[1] : 0;
		hello.levels = length > 2 ? data[2] : 4;
		send_with_descriptors(socket_fd, &hello, sizeof(hello), 0);
	} else if (data[0] == 2) {
		answer = (struct np_answer){ .kind = NP_ANSWER_RUNS, .count = (uint32_t)runs };
		memcpy(answer.runs, data + 2, runs * sizeof(struct np_run));
		send_with_descriptors(socket_fd, &answer, NP_ANSWER_HEADER + runs * sizeof(struct np_run), 0);
	} else {
		answer = (struct np_answer){ .kind = NP_ANSWER_END, .error = length > 1 ? data[1] : 0 };
		send_with_descriptors(socket_fd, &answer, NP_ANSWER_HEADER, 0);
	}
}

/* Success means that every page that was asked for was told of, and none twice. */
void fuzz_answers(const uint8_t *data, size_t size)
{
	struct np_walker walker = { .pid = -1 };
	struct counting_taker taker = { { count_pages }, 0 };
	uint64_t space_end = 0, retries = 0, pages = size ? 1ULL << (data[0] & 31) : 1;
	int sockets[2], result;
	char *why = NULL;
	size_t length;

	pair(sockets);
	walker.socket_fd = sockets[0];
	for (int i = 0; i < 6 && next_message(&data, &size, &length); i++) {
		send_answer(sockets[1], data, length);
		data += length;
		size -= length;
	}
	shutdown(sockets[1], SHUT_WR);
	result = np_walker_wait(&walker, &space_end, &why);
	FUZZ_CHECK((result == 0) == (space_end != 0) && (result == 0) == (why == NULL));
	free(why);
	if (result == 0)
		result = np_walker_walk(&walker, sockets[0], 0, pages << 12, &taker.taker, &retries);
	FUZZ_CHECK(result <= 0 && taker.pages <= pages && (result || taker.pages == pages));
	close(sockets[0]);
	close(sockets[1]);
}
