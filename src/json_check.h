/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --check-kernel found, as the "check" of a report. */
#ifndef NUMAPROBE_JSON_CHECK_H
#define NUMAPROBE_JSON_CHECK_H

#include <jansson.h>

#include "snapshot.h"

/* A new value, of snapshot->kernel_check; NULL where memory is short. */
json_t *np_json_check(const struct np_snapshot *snapshot);

#endif
