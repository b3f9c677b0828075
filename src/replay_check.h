/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --check-kernel found, from a report. */
#ifndef NUMAPROBE_REPLAY_CHECK_H
#define NUMAPROBE_REPLAY_CHECK_H

#include "replay_field.h"

np_field_reader np_field_kernel_check; /* struct np_kernel_check *, allocated */

#endif
