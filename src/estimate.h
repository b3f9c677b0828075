/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statistics of few samples: exact tests, and intervals that claim no more than the samples can bear. */
#ifndef NUMAPROBE_ESTIMATE_H
#define NUMAPROBE_ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>

/* The size of an effect. */
struct np_estimate {
	bool known;
	double value, low, high; /* the interval holds the true value with 95 % confidence */
	double p;		 /* the chance of so much of a difference, or more, where there is none */
};

/*
 * Exact one-sided permutation test: the share of all ways to choose a_count of all samples whose sum is at least
 * that of a. 1 where there are more ways than can be tried (choose fewer samples), or a is empty.
 */
double np_permutation_p(const double *a, size_t a_count, const double *b, size_t b_count);

/*
 * The mean of shares, each from 0 to 1, with an interval after Clopper and Pearson: exact for shares that are 0 or
 * 1, as those of a scan nearly are, and wider than needed for others. Shares of nothing are not known.
 */
struct np_estimate np_estimate_share(const double *shares, size_t count);

/*
 * How many times as large a is as b, by their logarithms, with Welch's interval. Not known below two samples of
 * each, or where one is not positive.
 */
struct np_estimate np_estimate_ratio(const double *a, size_t a_count, const double *b, size_t b_count);

#endif
