/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks the page tables of one address space: tables in, runs of page states out. Knows nothing of BPF. */
#ifndef NUMAPROBE_WALK_H
#define NUMAPROBE_WALK_H

#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "../bpf/walk_abi.h"
#include "arch.h"

/* Where tables come from: the BPF program, or simulated memory in tests. */
struct np_table_source {
	/* One np_copy_tables run: fills copy's out members and *tables. 0 or -errno of the call itself. */
	int (*copy)(struct np_table_source *self, struct np_copy *copy);
	const struct np_tables *tables;
	unsigned levels;
};

/* Takes runs in the order of addresses; a return value other than 0 ends the walk with it. */
struct np_run_sink {
	int (*take)(struct np_run_sink *self, const struct np_run *runs, size_t count);
};

struct np_walk_stats {
	uint64_t retries; /* tables read again because they changed meanwhile */
};

/*
 * The states of [start, end), page-aligned addresses below the end of user space, as runs without a gap.
 * 0; -ESRCH where the process has exited, -EBADF where the descriptor is no pagemap, -EINVAL for a range that
 * no process can have; what the source or the sink returned.
 */
int np_walk(struct np_table_source *source, const struct np_decoder *decoder, int pagemap_fd, uint64_t start,
	    uint64_t end, struct np_run_sink *sink, struct np_walk_stats *ret);

#endif
