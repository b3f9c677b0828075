/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The snapshot as a report: see schema/numaprobe-report-1.schema.json, which every report keeps to. */
#ifndef NUMAPROBE_JSON_H
#define NUMAPROBE_JSON_H

#include <stdio.h>

#include "snapshot.h"

#define NP_JSON_SCHEMA 1 /* version of the report's shape */

/*
 * Print the report, indented, keys always in the same order, and a newline. Text that somebody else
 * chose is escaped as np_escape() does for UTF-8, so np_unescape() gives its bytes back.
 * 0, -ENOMEM, or -EIO where the stream has an error.
 */
int np_json_write(const struct np_snapshot *snapshot, FILE *out);

/* The same as one line. */
int np_json_write_line(const struct np_snapshot *snapshot, FILE *out);

#endif
