/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report back to the snapshot that it was written from. */
#ifndef NUMAPROBE_REPLAY_H
#define NUMAPROBE_REPLAY_H

#include "snapshot.h"

/* A report of more bytes, unpacked, is refused; in memory it takes some ten times as much. */
#define NP_REPLAY_LIMIT_BYTES ((size_t)256 << 20)

/*
 * The snapshot of a report's text, or of a file ("-": standard input), packed by zstd or not, that may have been
 * damaged or made up: whatever it holds, the snapshot is one that the renderers can print. Nothing of this
 * machine is asked. The caller destroys it.
 * 0, -ENOMEM, or -EINVAL with one line in *ret_error, which the caller frees; it may quote bytes of the report.
 */
int np_replay_text(const char *text, size_t length, struct np_snapshot **ret, char **ret_error);
int np_replay_file(const char *path, struct np_snapshot **ret, char **ret_error);

#endif
