// SPDX-License-Identifier: GPL-2.0-or-later
/* The methods that the header names, as they are written down there. */
#include "stats.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "chance.h"

#define NUMBERS_MOST (2 * (size_t)NP_GROUP_MOST)
#define ORDERS_MOST 20000
#define HALVINGS 50
#define SEED 1937 /* the same numbers give the same answer */
#define TAIL ((1 - NP_CONFIDENCE) / 2) /* of an interval, at each end */

/* Both groups in one, those of with first. */
struct pool {
	double numbers[NUMBERS_MOST];
	size_t count, with_count;
	double orders; /* ways to choose with_count of count */
};

double np_mean(const double *numbers, size_t count)
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
	return ways < 1e15 ? round(ways) : ways;
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
	uint64_t state = SEED;

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
			np_chance_draw(chosen, pool->count, pool->with_count, &state);
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
static double interval_end(const struct pool *pool, bool low_end, double level)
{
	const double *with = pool->numbers, *without = pool->numbers + pool->with_count;
	size_t without_count = pool->count - pool->with_count;
	double least = least_of(with, pool->with_count) - most_of(without, without_count);
	double most = most_of(with, pool->with_count) - least_of(without, without_count);
	double rejected = low_end ? least - 1 : most + 1, kept = low_end ? most + 1 : least - 1;

	if (shifted_tail(pool, rejected, low_end) > level)
		return low_end ? -INFINITY : INFINITY;
	for (int i = 0; i < HALVINGS; i++) {
		double middle = (rejected + kept) / 2;

		if (shifted_tail(pool, middle, low_end) > level)
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

static void make_pool(const double *with, size_t with_count, const double *without, size_t without_count,
		      struct pool *ret)
{
	ret->count = with_count + without_count;
	ret->with_count = with_count;
	memcpy(ret->numbers, with, with_count * sizeof(*with));
	memcpy(ret->numbers + with_count, without, without_count * sizeof(*without));
	ret->orders = choices(ret->count, with_count);
}

double np_permutation_more_p(const double *with, size_t with_count, const double *without, size_t without_count)
{
	struct pool pool;

	make_pool(with, with_count, without, without_count, &pool);
	return tail(&pool, true);
}

void np_permutation_test(const double *with, size_t with_count, const double *without, size_t without_count,
			 struct np_difference *ret)
{
	struct pool pool;
	double upper, lower;

	make_pool(with, with_count, without, without_count, &pool);
	upper = tail(&pool, true);
	lower = tail(&pool, false);
	*ret = (struct np_difference){ .with_mean = np_mean(with, with_count),
				       .without_mean = np_mean(without, without_count) };
	ret->difference = ret->with_mean - ret->without_mean;
	ret->p = fmin(1, 2 * fmin(upper, lower));
	ret->more_p = upper;
	ret->less_p = lower;
	ret->least_p = fmin(1, 2 / fmin(pool.orders, ORDERS_MOST));
	ret->superiority = superiority(with, with_count, without, without_count);
	ret->low = interval_end(&pool, true, TAIL);
	ret->high = interval_end(&pool, false, TAIL);
}

double np_detectable(const double *with, size_t with_count, const double *without, size_t without_count, bool upwards,
		     double level)
{
	double difference = np_mean(with, with_count) - np_mean(without, without_count), low, high;
	struct pool pool;

	make_pool(with, with_count, without, without_count, &pool);
	if (least_of(pool.numbers, pool.count) == most_of(pool.numbers, pool.count))
		return INFINITY;
	low = interval_end(&pool, true, level);
	high = interval_end(&pool, false, level);
	if (upwards)
		return fmax(high, fmax(difference - low, -low));
	return fmax(-low, fmax(high - difference, high));
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

/*
 * How likely a sample's distribution is above the true one by so much or more, somewhere (Birnbaum and Tingey). It
 * falls as the distance grows from 0 to 1.
 */
static double band_exceeded(double distance, size_t count)
{
	double n = (double)count, sum = 0;

	for (size_t i = 0; (double)i <= n * (1 - distance) && i <= count; i++) {
		double at = distance + (double)i / n;

		sum += choices(count, i) * pow(at, (double)i - 1) * pow(fmax(1 - at, 0), n - (double)i);
	}
	return distance * sum;
}

/* The half width of a band that holds the true distribution on one side. */
static double band(size_t count)
{
	double low = 0, high = 1;

	for (int i = 0; i < HALVINGS; i++) {
		double middle = (low + high) / 2;

		if (band_exceeded(middle, count) > TAIL)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/*
 * The least mean, that of the distribution which lies above the sample's by the band everywhere: so much of the weight
 * of the largest numbers goes to 0.
 */
static double least_mean(const double *shares, size_t count, double band_width)
{
	double sorted[NP_GROUP_MOST], weight = 1.0 / (double)count, lost = band_width, sum = 0;

	memcpy(sorted, shares, count * sizeof(*shares));
	for (size_t i = 1; i < count; i++)
		for (size_t k = i; k > 0 && sorted[k] > sorted[k - 1]; k--) {
			double larger = sorted[k];

			sorted[k] = sorted[k - 1];
			sorted[k - 1] = larger;
		}
	for (size_t i = 0; i < count; i++) { /* the largest first */
		sum += sorted[i] * fmax(weight - lost, 0);
		lost = fmax(lost - weight, 0);
	}
	return sum;
}

struct np_estimate np_estimate_share(const double *shares, size_t count)
{
	struct np_estimate ret = { .known = count > 0 && count <= NP_GROUP_MOST, .p = 1 };
	double others[NP_GROUP_MOST], width;

	if (!ret.known)
		return ret;
	width = band(count);
	for (size_t i = 0; i < count; i++)
		others[i] = 1 - shares[i];
	ret.value = np_mean(shares, count);
	ret.low = least_mean(shares, count, width);
	ret.high = 1 - least_mean(others, count, width);
	return ret;
}

static bool take_logarithms(const double *numbers, size_t count, double *ret)
{
	for (size_t i = 0; i < count; i++) {
		if (!(numbers[i] > 0))
			return false;
		ret[i] = log(numbers[i]);
	}
	return count > 0 && count <= NP_GROUP_MOST;
}

struct np_estimate np_estimate_ratio(const double *a, size_t a_count, const double *b, size_t b_count)
{
	struct np_estimate ret = { .p = 1 };
	struct np_difference difference;
	double a_logs[NP_GROUP_MOST], b_logs[NP_GROUP_MOST];

	if (!take_logarithms(a, a_count, a_logs) || !take_logarithms(b, b_count, b_logs))
		return ret;
	np_permutation_test(a_logs, a_count, b_logs, b_count, &difference);
	if (isinf(difference.low) || isinf(difference.high))
		return ret;
	return (struct np_estimate){ true, exp(difference.difference), exp(difference.low), exp(difference.high),
				     difference.more_p };
}
