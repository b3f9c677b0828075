/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child's side of a subject. */
#ifndef NUMAPROBE_SUBJECT_CHILD_H
#define NUMAPROBE_SUBJECT_CHILD_H

#include <stdint.h>
#include <sys/types.h>

#include "subject.h"

struct np_subject_request {
	enum np_subject_command command;
	uint64_t arguments[4];
};

/* What a forked child does until its parent is gone: closes all descriptors but the socket, and obeys. */
void np_subject_live(int socket_fd, pid_t parent) __attribute__((noreturn));

#endif
