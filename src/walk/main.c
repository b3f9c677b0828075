// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * numaprobe-walk: reads page tables for numaprobe. The only program of the project that may have privilege, and
 * it has given it up before it reads its first request.
 */
#include <errno.h>
#include <unistd.h>

#include "../files.h"
#include "privilege.h"
#include "reader.h"
#include "serve.h"

#define CLIENT 0 /* the socket is standard input */

static struct np_reader reader;
static struct np_decoder decoder;
static struct np_frames frames;

/* With privilege, without input. */
static enum np_walk_ready load(int *ret_error)
{
	int result = np_privilege_narrow();

	if (result) {
		*ret_error = -result;
		return NP_WALK_NO_DROP;
	}
	return np_reader_open(&reader, &decoder, ret_error);
}

/* Whatever loading came to, privilege ends here. */
static enum np_walk_ready drop(enum np_walk_ready ready, int *ret_error)
{
	bool keep_bpf = false;
	int result = np_privilege_suspend(), dropped;

	if (!result && ready == NP_WALK_READY)
		keep_bpf = np_reader_try(&reader) == -EPERM;
	dropped = np_privilege_drop(keep_bpf); /* whatever went wrong before */
	if (!result)
		result = dropped;
	if (!result)
		return ready;
	*ret_error = -result;
	return NP_WALK_NO_DROP;
}

/* Without privilege, still without input: what the kernel tells anyone. */
static enum np_walk_ready learn(int *ret_error)
{
	enum np_walk_ready ready = np_reader_learn(&reader, &decoder);
	np_cleanup_close int root_fd = -1;
	int result;

	if (ready != NP_WALK_READY)
		return ready;
	result = np_root_open("/", &root_fd);
	if (!result)
		result = np_frames_read(root_fd, &frames);
	decoder.frames = &frames;
	*ret_error = -result;
	return result ? NP_WALK_NO_FRAMES : NP_WALK_READY;
}

int main(void)
{
	enum np_walk_ready ready;
	int error = 0;

	np_privilege_start();
	if (!np_serve_has_client(CLIENT)) {
		static const char why[] = "numaprobe-walk: only numaprobe can use this program, and starts it itself\n";

		/* What standard error is was the caller's choice: nothing is written there with privilege. */
		if (np_privilege_drop(false) < 0 || write(STDERR_FILENO, why, sizeof(why) - 1) < 0)
			return 1;
		return 2;
	}
	ready = drop(load(&error), &error);
	if (ready == NP_WALK_READY)
		ready = learn(&error);
	if (ready == NP_WALK_READY && (error = -np_privilege_filter_calls()) != 0)
		ready = NP_WALK_NO_DROP;
	if (np_serve_hello(CLIENT, ready, error, reader.source.levels) < 0 || ready != NP_WALK_READY)
		return 1;
	return np_serve(CLIENT, &reader.source, &decoder) == 0 ? 0 : 1;
}
