/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot that may be shown to strangers (--redact). */
#ifndef NUMAPROBE_REDACT_H
#define NUMAPROBE_REDACT_H

#include "snapshot.h"

/*
 * Replaces paths and command names by "path-1", "command-1" and so on, numbered in the order in which they come
 * up: the same text has the same token all over the snapshot, and nothing of the text is in the token, so that no
 * dictionary leads back. Names that the kernel itself gives, [heap] or /proc/4711/maps, stay. A mapping's
 * addresses become offsets from its start, and those of pictures as np_grains_pack() has them. Nothing else changes.
 * Redacting twice changes nothing more.
 * 0 or -ENOMEM, after which the snapshot is good for nothing but its destruction.
 */
int np_redact(struct np_snapshot *snapshot);

#endif
