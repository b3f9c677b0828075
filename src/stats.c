// SPDX-License-Identifier: GPL-2.0-or-later
/* E. J. G. Pitman's test of 1937, S. Holm's correction of 1979. */
#include "stats.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define NUMBERS_MOST 64
#define ORDERS_MOST 20000
#define HALVINGS 50

/* Both groups in one, those of with first. */
struct pool {
	double numbers[NUMBERS_MOST];
	size_t count, with_count;
	double orders; /* ways to choose with_count of count */
};

static double mean(const double *numbers, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += numbers[i];
	return sum / (double)count;
}

static double choices(size_t count, size_t chosen)
{
	double ways = 1;

	for (size_t i = 1; i <= chosen; i++)
		ways = ways * (double)(count - chosen + i) / (double)i;
	return round(ways);
}

/* The next choice of indices in their order; false after the last. */
static bool next_choice(size_t *chosen, size_t chosen_count, size_t count)
{
	size_t i = chosen_count;

	while (i > 0 && chosen[i - 1] == count - chosen_count + i - 1)
		i--;
	if (i == 0)
		return false;
	chosen[i - 1]++;
	for (; i < chosen_count; i++)
		chosen[i] = chosen[i - 1] + 1;
	return true;
}

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* The first chosen_count indices of a shuffle. */
static void random_choice(size_t *order, size_t chosen_count, size_t count, uint64_t *state)
{
	for (size_t i = 0; i < chosen_count && i < count; i++) {
		size_t other = i + (size_t)(random_next(state) % (count - i)), index = order[i];

		order[i] = order[other];
		order[other] = index;
	}
}

static double chosen_sum(const struct pool *pool, const size_t *chosen)
{
	double sum = 0;

	for (size_t i = 0; i < pool->with_count; i++)
		sum += pool->numbers[chosen[i]];
	return sum;
}

/*
 * The share of orders whose sum of the first group is as great as it was, or greater (upper), or as small or smaller.
 * The means' difference grows with that sum, since the sum of all is the same.
 */
static double tail(const struct pool *pool, bool upper)
{
	size_t chosen[NUMBERS_MOST] = { 0 };
	double seen, slack, orders = 0, extreme = 0, scale = 0;
	bool exact = pool->orders <= ORDERS_MOST, more = true;
	uint64_t state = 0x9e3779b97f4a7c15ULL;

	for (size_t i = 0; i < pool->count; i++) {
		chosen[i] = i;
		scale += fabs(pool->numbers[i]);
	}
	seen = chosen_sum(pool, chosen);
	slack = scale * 1e-12; /* sums of the same numbers in another order */
	while (more) {
		double sum = chosen_sum(pool, chosen);

		orders++;
		extreme += upper ? sum >= seen - slack : sum <= seen + slack;
		if (exact)
			more = next_choice(chosen, pool->with_count, pool->count);
		else
			random_choice(chosen, pool->with_count, pool->count, &state);
		more = more && (exact || orders < ORDERS_MOST);
	}
	return extreme / orders;
}

/* The same if the difference were taken away from the first group. */
static double shifted_tail(const struct pool *pool, double difference, bool upper)
{
	struct pool shifted = *pool;

	for (size_t i = 0; i < pool->with_count; i++)
		shifted.numbers[i] -= difference;
	return tail(&shifted, upper);
}

static double least_of(const double *numbers, size_t count)
{
	double least = numbers[0];

	for (size_t i = 1; i < count; i++)
		least = numbers[i] < least ? numbers[i] : least;
	return least;
}

static double most_of(const double *numbers, size_t count)
{
	double most = numbers[0];

	for (size_t i = 1; i < count; i++)
		most = numbers[i] > most ? numbers[i] : most;
	return most;
}

/* The end of the interval: where the test begins to reject. The upper tail grows with the difference taken away. */
static double interval_end(const struct pool *pool, double rejected_below, bool low_end)
{
	const double *with = pool->numbers, *without = pool->numbers + pool->with_count;
	size_t without_count = pool->count - pool->with_count;
	double least = least_of(with, pool->with_count) - most_of(without, without_count);
	double most = most_of(with, pool->with_count) - least_of(without, without_count);
	double rejected = low_end ? least - 1 : most + 1, kept = low_end ? most + 1 : least - 1;

	if (shifted_tail(pool, rejected, low_end) > rejected_below)
		return low_end ? -INFINITY : INFINITY;
	for (int i = 0; i < HALVINGS; i++) {
		double middle = (rejected + kept) / 2;

		if (shifted_tail(pool, middle, low_end) > rejected_below)
			kept = middle;
		else
			rejected = middle;
	}
	return kept;
}

static double superiority(const double *with, size_t with_count, const double *without, size_t without_count)
{
	double greater = 0;

	for (size_t i = 0; i < with_count; i++)
		for (size_t k = 0; k < without_count; k++)
			greater += with[i] > without[k] ? 1 : with[i] == without[k] ? 0.5 : 0;
	return greater / (double)(with_count * without_count);
}

void np_permutation_test(const double *with, size_t with_count, const double *without, size_t without_count,
			 double confidence, struct np_difference *ret)
{
	struct pool pool = { .count = with_count + without_count, .with_count = with_count };
	double upper, lower;

	memcpy(pool.numbers, with, with_count * sizeof(*with));
	memcpy(pool.numbers + with_count, without, without_count * sizeof(*without));
	pool.orders = choices(pool.count, with_count);
	upper = tail(&pool, true);
	lower = tail(&pool, false);
	*ret = (struct np_difference){ .with_mean = mean(with, with_count),
				       .without_mean = mean(without, without_count) };
	ret->difference = ret->with_mean - ret->without_mean;
	ret->p = fmin(1, 2 * fmin(upper, lower));
	ret->more_p = upper;
	ret->less_p = lower;
	ret->least_p = fmin(1, 2 / fmin(pool.orders, ORDERS_MOST));
	ret->superiority = superiority(with, with_count, without, without_count);
	ret->low = interval_end(&pool, (1 - confidence) / 2, true);
	ret->high = interval_end(&pool, (1 - confidence) / 2, false);
	ret->detectable = fmax(fmax(fabs(ret->high), fabs(ret->low)), fmax(ret->difference - ret->low,
									    ret->high - ret->difference));
}

void np_holm(const double *p, size_t count, double *ret)
{
	double most = 0;

	for (size_t i = 0; i < count; i++)
		ret[i] = -1;
	for (size_t rank = 0; rank < count; rank++) {
		size_t least = count;

		for (size_t i = 0; i < count; i++)
			if (ret[i] < 0 && (least == count || p[i] < p[least]))
				least = i;
		most = fmax(most, fmin(1, p[least] * (double)(count - rank)));
		ret[least] = most;
	}
}
