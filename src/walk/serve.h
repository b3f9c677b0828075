/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers requests on the socket, one after the other, until the client closes it or sends nonsense. */
#ifndef NUMAPROBE_SERVE_H
#define NUMAPROBE_SERVE_H

#include <stdbool.h>

#include "protocol.h"
#include "walk.h"

/* A packet socket to another process is the only place that anything is sent to. */
bool np_serve_has_client(int socket_fd);

int np_serve_hello(int socket_fd, enum np_walk_ready ready, int error, unsigned levels);

/* 0: the client closed its end. Otherwise -errno: -EPROTO for a request that is none. */
int np_serve(int socket_fd, struct np_table_source *source, const struct np_decoder *decoder);

#endif
