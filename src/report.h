/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that others read: a report (--report), metrics (--openmetrics=FILE). */
#ifndef NUMAPROBE_REPORT_H
#define NUMAPROBE_REPORT_H

#include <stdio.h>

#include "snapshot.h"

/* What prints it: np_json_write() and the like. 0 or -errno. */
typedef int np_writer(const struct np_snapshot *snapshot, FILE *out);

/*
 * Write to a file of this name, with this mode whatever the umask; packed by zstd where the name ends in ".zst"; "-":
 * standard output. A regular file is replaced as a whole or not at all: the new one is written beside it and renamed
 * when it is on the disk. What is no regular file (a terminal, a pipe) is written to.
 * 0 or -errno: -ELOOP for a symbolic link to a regular file, which somebody else may have laid.
 */
int np_report_write(const struct np_snapshot *snapshot, np_writer *writer, const char *path, mode_t mode);

#endif
