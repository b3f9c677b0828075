/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client of numaprobe-walk: starts it, asks for ranges, hands on runs of page states. */
#ifndef NUMAPROBE_WALKER_H
#define NUMAPROBE_WALKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "state.h"

struct np_walker;

/*
 * Starts numaprobe-walk: the one beside this program (a build tree), or in ../libexec, else the one that it was
 * configured with; a set-user-ID numaprobe takes only the latter. Does not wait for it. 0 or -errno; -ENOTSUP: this
 * program was built without one.
 */
int np_walker_start(struct np_walker **ret);
/* Ends it and waits for its end. NULL is fine. */
void np_walker_stop(struct np_walker *walker);

/* Its process ID; 0 for NULL. */
pid_t np_walker_pid(const struct np_walker *walker);

/*
 * Waits until it can serve; further calls return at once. 0 and *ret_space_end, the first address beyond user
 * space; or -errno with one line in *ret_why, which the caller frees.
 */
int np_walker_wait(struct np_walker *walker, uint64_t *ret_space_end, char **ret_why);

/* Takes runs that follow each other from the asked start on. 0, or an error that ends the walk. */
struct np_run_taker {
	int (*take)(struct np_run_taker *self, const struct np_run *runs, size_t count);
};

/*
 * The page states of [start, end) of the process behind a pagemap descriptor. 0 and the number of tables that
 * had to be read again; -ESRCH: the process has exited, or exec'd; -EPROTO or -EPIPE: the walker misbehaved or
 * died, and can't be asked again; what the taker returned, after which it can't either.
 */
int np_walker_walk(struct np_walker *walker, int pagemap_fd, uint64_t start, uint64_t end,
		   struct np_run_taker *taker, uint64_t *ret_retries);

/* The two halves of that, for who asks several walkers, or for several ranges, before it hears the first answer. */
int np_walker_ask(struct np_walker *walker, int pagemap_fd, uint64_t start, uint64_t end);
/* The answer to the first range asked for that was not heard yet, which these are. */
int np_walker_hear(struct np_walker *walker, uint64_t start, uint64_t end, struct np_run_taker *taker,
		   uint64_t *ret_retries);

#endif
