/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes there are. The only file that knows libproc2. */
#ifndef NUMAPROBE_PROCESSES_H
#define NUMAPROBE_PROCESSES_H

#include <stddef.h>
#include <sys/types.h>

#include "files.h"

struct np_pids {
	size_t count, room;
	pid_t *pids; /* ascending; owned: np_pids_free() */
};

/* One more at the end, whatever the order. 0 or -ENOMEM. */
int np_pids_add(struct np_pids *pids, pid_t pid);
/*
 * Those of a list of the kernel's (parse_pids.h), but for this program itself; *foreign counts on those of which this
 * PID namespace has no number. 0, -ENOMEM, or the parser's error.
 */
int np_pids_add_listed(struct np_pids *pids, const struct np_text *text, size_t *foreign);
/* Ascending, each once. */
void np_pids_sort(struct np_pids *pids);

/*
 * Every process, kernel threads included, but not this program itself. 0, -ENOMEM, or -errno of /proc. *ret,
 * untouched then, is for np_pids_free().
 */
int np_pids_all(int root_fd, struct np_pids *ret);

/*
 * Adds the descendants of every process that is in the list already. A child that comes while they are read may be
 * missed; one whose parent has ended belongs to another family. 0, -ENOMEM, or -errno of /proc.
 */
int np_pids_add_descendants(int root_fd, struct np_pids *pids);

/*
 * Processes whose command name (/proc/PID/comm, at most 15 bytes) is exactly this one, or the first 15 bytes of
 * it; not this program itself. 0, -ENOMEM, or -errno of /proc. *ret, untouched then, is for np_pids_free().
 */
int np_pids_by_command(int root_fd, const char *command, struct np_pids *ret);
void np_pids_free(struct np_pids *pids);

#endif
