/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chance that can be had again: what is drawn depends on a seed alone. Good for experiments, not for secrets. */
#ifndef NUMAPROBE_CHANCE_H
#define NUMAPROBE_CHANCE_H

#include <stddef.h>
#include <stdint.h>

/* One that nobody chose, below 2^52: a number that JSON readers keep. */
uint64_t np_chance_seed(void);

/* An index below limit, which is not 0; all are as likely, as nearly as 64 bits can tell. *state starts as a seed. */
size_t np_chance_below(size_t limit, uint64_t *state);

/* Puts indices in random order: so many of the first, drawn from all of them. */
void np_chance_draw(size_t *indices, size_t count, size_t drawn, uint64_t *state);

#endif
