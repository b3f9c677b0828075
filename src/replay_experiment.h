/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --experiment found of a process, from a report. */
#ifndef NUMAPROBE_REPLAY_EXPERIMENT_H
#define NUMAPROBE_REPLAY_EXPERIMENT_H

#include "replay_field.h"

np_field_reader np_field_experiment; /* struct np_experiment *, allocated */

#endif
