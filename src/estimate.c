// SPDX-License-Identifier: GPL-2.0-or-later
/* Small numbers of samples, so that exact methods are cheap. */
#include "estimate.h"

#include <math.h>
#include <stdint.h>

#define WAYS_MOST 2000000.0
#define SAMPLES_MOST 64
#define HALVINGS 60 /* of an interval: to the last digit of a double */

static double ways(size_t of, size_t choose)
{
	double ret = 1;

	for (size_t i = 1; i <= choose; i++)
		ret = ret * (double)(of - choose + i) / (double)i;
	return ret;
}

struct permutation {
	const double *all;
	size_t count, chosen;
	double at_least;
	uint64_t tried, reached;
};

/* All ways to choose so many more from the samples from index on. */
static void permute(struct permutation *permutation, size_t index, size_t left, double sum)
{
	if (left == 0) {
		permutation->tried++;
		permutation->reached += sum >= permutation->at_least;
		return;
	}
	for (size_t i = index; i + left <= permutation->count; i++)
		permute(permutation, i + 1, left - 1, sum + permutation->all[i]);
}

double np_permutation_p(const double *a, size_t a_count, const double *b, size_t b_count)
{
	double all[SAMPLES_MOST], sum = 0;
	struct permutation permutation = { .all = all, .count = a_count + b_count };

	if (!a_count || !b_count || permutation.count > SAMPLES_MOST || ways(permutation.count, a_count) > WAYS_MOST)
		return 1;
	for (size_t i = 0; i < permutation.count; i++)
		all[i] = i < a_count ? a[i] : b[i - a_count];
	for (size_t i = 0; i < a_count; i++)
		sum += a[i];
	permutation.at_least = sum - fabs(sum) * 1e-12; /* the same samples in another order may round otherwise */
	permute(&permutation, 0, a_count, 0);
	return (double)permutation.reached / (double)permutation.tried;
}

/* The chance of at most so many of count successes, of which each has the chance p. */
static double binomial_at_most(size_t successes, size_t count, double p)
{
	double sum = 0;

	for (size_t i = 0; i <= successes && i <= count; i++)
		sum += ways(count, i) * pow(p, (double)i) * pow(1 - p, (double)(count - i));
	return sum;
}

/* The p at which at most so many successes have the chance: it falls as p grows. */
static double binomial_bound(size_t successes, size_t count, double chance)
{
	double low = 0, high = 1;

	for (int i = 0; i < HALVINGS; i++) {
		double middle = (low + high) / 2;

		if (binomial_at_most(successes, count, middle) > chance)
			low = middle;
		else
			high = middle;
	}
	return low;
}

struct np_estimate np_estimate_share(const double *shares, size_t count)
{
	struct np_estimate ret = { .known = count > 0, .p = 1 };
	double sum = 0;
	size_t at_least, at_most;

	if (!count)
		return ret;
	for (size_t i = 0; i < count; i++)
		sum += shares[i] < 0 ? 0 : shares[i] > 1 ? 1 : shares[i];
	at_least = (size_t)floor(sum + 1e-9);
	at_most = (size_t)ceil(sum - 1e-9);
	ret.value = sum / (double)count;
	ret.low = at_least == 0 ? 0 : binomial_bound(at_least - 1, count, 0.975);
	ret.high = at_most >= count ? 1 : binomial_bound(at_most, count, 0.025);
	return ret;
}

struct moments {
	double mean, variance; /* the variance of the mean */
};

static bool log_moments(const double *samples, size_t count, struct moments *ret)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < count; i++) {
		if (samples[i] <= 0)
			return false;
		sum += log(samples[i]);
	}
	ret->mean = sum / (double)count;
	for (size_t i = 0; i < count; i++)
		squares += (log(samples[i]) - ret->mean) * (log(samples[i]) - ret->mean);
	ret->variance = squares / (double)(count - 1) / (double)count;
	return true;
}

/* The 97.5th percentile of Student's t, by degrees of freedom; beyond the table the normal one is near enough. */
static double student(double freedom)
{
	static const double table[] = { 12.71, 12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
					2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086 };
	size_t last = sizeof(table) / sizeof(table[0]) - 1;

	if (!(freedom > 1))
		return table[1];
	return freedom > (double)last ? table[last] : table[(size_t)freedom]; /* fewer: wider */
}

struct np_estimate np_estimate_ratio(const double *a, size_t a_count, const double *b, size_t b_count)
{
	struct np_estimate ret = { .p = 1 };
	struct moments first, second;
	double variance, freedom, width;

	if (a_count < 2 || b_count < 2 || !log_moments(a, a_count, &first) || !log_moments(b, b_count, &second))
		return ret;
	variance = first.variance + second.variance;
	freedom = variance * variance / (first.variance * first.variance / (double)(a_count - 1) +
					 second.variance * second.variance / (double)(b_count - 1));
	width = variance > 0 ? student(freedom) * sqrt(variance) : 0;
	ret.known = true;
	ret.value = exp(first.mean - second.mean);
	ret.low = exp(first.mean - second.mean - width);
	ret.high = exp(first.mean - second.mean + width);
	ret.p = np_permutation_p(a, a_count, b, b_count);
	return ret;
}
