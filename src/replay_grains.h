/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a target's pages are, for a picture, from a report. */
#ifndef NUMAPROBE_REPLAY_GRAINS_H
#define NUMAPROBE_REPLAY_GRAINS_H

#include "replay_field.h"

np_field_reader np_field_grains; /* struct np_grains *, allocated */

#endif
