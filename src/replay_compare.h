/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --compare found of a process, from a report. */
#ifndef NUMAPROBE_REPLAY_COMPARE_H
#define NUMAPROBE_REPLAY_COMPARE_H

#include "replay_field.h"

/* Items of a target's "reports" and "reads". */
np_field_reader np_field_comparison;	    /* struct np_comparison */
extern const struct np_field np_read_fields[]; /* struct np_read_effect */

#endif
