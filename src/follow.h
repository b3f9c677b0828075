/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One process, looked at again and again without being disturbed. A reference to its memory, which every file of
 * /proc but a few takes when it is read, would make NUMA balancing hint more of a process with one thread
 * (mm_users in change_pte_range(), mm/mprotect.c). So descriptors stay open, mappings are kept, and page tables say
 * when these have changed.
 */
#ifndef NUMAPROBE_FOLLOW_H
#define NUMAPROBE_FOLLOW_H

#include "measure.h"

struct np_follow;

/* Opens a process. 0; -ENOMEM; or -errno with the name of what failed in *ret_what. */
int np_follow_start(struct np_measure *measure, pid_t pid, struct np_follow **ret, const char **ret_what);
/* NULL is fine. */
void np_follow_stop(struct np_follow *follow);
pid_t np_follow_pid(const struct np_follow *follow);

/*
 * Appends the process as it is now to the snapshot, with its rates. It may have exec'd. 0; -ESRCH: it has ended, and
 * nothing was appended; -EAGAIN: it execs faster than it can be looked at; another -errno: likewise, with *ret_what.
 * After all but -ESRCH it can be tried again.
 */
int np_follow_look(struct np_follow *follow, struct np_measure *measure, const char **ret_what);

#endif
