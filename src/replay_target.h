/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes of a report. */
#ifndef NUMAPROBE_REPLAY_TARGET_H
#define NUMAPROBE_REPLAY_TARGET_H

#include "replay_field.h"

np_field_reader np_field_target; /* struct np_target, an item of "targets" */

#endif
