/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a target's pages are, for a picture, as a part of a report. */
#ifndef NUMAPROBE_JSON_GRAINS_H
#define NUMAPROBE_JSON_GRAINS_H

#include <jansson.h>

#include "grains.h"

/* A new value; NULL where memory is short. */
json_t *np_json_grains(const struct np_grains *grains, const struct np_system *system);

#endif
