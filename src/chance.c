// SPDX-License-Identifier: GPL-2.0-or-later
/* Splitmix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014), and the shuffle of R. A. Fisher and F. Yates. */
#include "chance.h"

#include <sys/random.h>
#include <time.h>

uint64_t np_chance_seed(void)
{
	struct timespec now;
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) == (ssize_t)sizeof(seed))
		return seed >> 12;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec) >> 12;
}

static uint64_t next(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15ULL;
	uint64_t mixed = (*state ^ (*state >> 30)) * 0xbf58476d1ce4e5b9ULL;

	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
	return mixed ^ (mixed >> 31);
}

size_t np_chance_below(size_t limit, uint64_t *state)
{
	return (size_t)(next(state) % limit);
}

void np_chance_draw(size_t *indices, size_t count, size_t drawn, uint64_t *state)
{
	for (size_t i = 0; i < drawn && i + 1 < count; i++) {
		size_t other = i + np_chance_below(count - i, state), index = indices[i];

		indices[i] = indices[other];
		indices[other] = index;
	}
}
