/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An experiment, with every sample of it, as a part of a report. */
#ifndef NUMAPROBE_JSON_EXPERIMENT_H
#define NUMAPROBE_JSON_EXPERIMENT_H

#include <jansson.h>

#include "experiment.h"

/* A new value; NULL where memory is short. */
json_t *np_json_experiment(const struct np_experiment *experiment);

#endif
