/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF side of numaprobe-walk: load the program, find the direct map, learn what decoding needs, run. */
#ifndef NUMAPROBE_READER_H
#define NUMAPROBE_READER_H

#include "protocol.h"
#include "walk.h"

/* The kernel's BTF, which stays mapped, and what only its functions' names tell: see np_btf_swap_layout(). */
struct np_reader_btf {
	struct np_late_states late; /* first: cast back */
	const void *blob;
	size_t length;
	bool searched;
	uint8_t swap_states[NP_SWAP_TYPES];
};

struct np_reader {
	struct np_table_source source; /* first: a source is cast back to its reader */
	int program_fd;		       /* np_copy_tables */
	int self_pagemap_fd;
	const struct np_tables *tables; /* mapped from BPF, read-only */
	struct np_reader_btf btf;
};

/*
 * Loads the program and finds the direct map; needs CAP_BPF and CAP_PERFMON, and takes no input but the
 * kernel's own BTF and a random number. What was loaded works without any capability, except that up to 5.18 each
 * run wants CAP_BPF where unprivileged BPF is off (c8644cd0efe7, "bpf: refine kernel.unprivileged_bpf_disabled
 * behaviour", 5.19): np_reader_try() tells.
 * Fills *ret and decoder's part that depends on BTF. NP_WALK_READY, or what failed with *ret_error an errno.
 */
enum np_walk_ready np_reader_open(struct np_reader *ret, struct np_decoder *decoder, int *ret_error);

/* One run on the walker's own tables: 0, or -errno of the system call. */
int np_reader_try(struct np_reader *reader);

/*
 * Learns frames of the zero page and the huge zero page, and the marker's swap type, from memory of its own.
 * What can't be learnt stays unknown. NP_WALK_READY, or NP_WALK_NO_SELF.
 */
enum np_walk_ready np_reader_learn(struct np_reader *reader, struct np_decoder *decoder);

#endif
