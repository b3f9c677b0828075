/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a report that belong to the machine: system, check. */
#ifndef NUMAPROBE_REPLAY_SYSTEM_H
#define NUMAPROBE_REPLAY_SYSTEM_H

#include "replay_field.h"

np_field_reader np_field_system; /* struct np_system */
np_field_reader np_field_check;	 /* struct np_quickcheck */

#endif
