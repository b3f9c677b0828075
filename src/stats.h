/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All statistics of numaprobe: few numbers, of whose distribution nothing is known, so nothing is assumed of it. No
 * I/O.
 *
 * Do two groups differ? The exact permutation test of their means: E. J. G. Pitman, "Significance tests which may be
 * applied to samples from any populations", Suppl. J. R. Stat. Soc. 4 (1937). Where there are too many orders to try
 * them all, random ones, of which that of the numbers as they are is one: B. Phipson, G. K. Smyth, "Permutation
 * p-values should never be zero", Stat. Appl. Genet. Mol. Biol. 9 (2010).
 * By how much? The test inverted: the differences that it would not reject (E. L. Lehmann, "Nonparametrics", 1975).
 * Of many tests, which? S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6 (1979).
 * What is the mean of a share? T. W. Anderson, "Confidence limits for the expected value of an arbitrary bounded random
 * variable with a continuous distribution function", Bull. Int. Stat. Inst. 43 (1969), by the exact band of
 * Z. W. Birnbaum, F. H. Tingey, "One-sided confidence contours for probability distribution functions", Ann. Math.
 * Stat. 22 (1951). Unlike an inverted test it claims no certainty where all numbers happen to be the same.
 */
#ifndef NUMAPROBE_STATS_H
#define NUMAPROBE_STATS_H

#include <stdbool.h>
#include <stddef.h>

#define NP_CONFIDENCE 0.95 /* of all intervals */
#define NP_GROUP_MOST 128  /* numbers in a group */

struct np_difference {
	double with_mean, without_mean;
	double difference; /* with less without */
	double low, high;  /* an interval of NP_CONFIDENCE; infinite where there are too few numbers for one */
	double p;	   /* both sides: how likely so great a difference is by the labels' chance alone */
	double more_p, less_p; /* of one side: so great a difference upwards, or downwards */
	double least_p;	   /* the least that so many numbers can give, of both sides */
	double superiority; /* how often a number of with is the greater one, ties by half; 0.5 is no difference */
};

/*
 * Compares two groups of 1 to NP_GROUP_MOST numbers each. Exact over all orders where there are at most 20000; else
 * over so many drawn at random, always the same.
 */
void np_permutation_test(const double *with, size_t with_count, const double *without, size_t without_count,
			 struct np_difference *ret);

/*
 * How great a difference, upwards or else downwards, would have been found by the test of that side at this level: one
 * that makes up for what chance did the other way, and that the numbers as they are are not compatible with. Infinite
 * where none would be, or where all numbers are the same, which says nothing about how much chance does.
 */
double np_detectable(const double *with, size_t with_count, const double *without, size_t without_count, bool upwards,
		     double level);

/* more_p alone, without the interval, which takes most of the time. */
double np_permutation_more_p(const double *with, size_t with_count, const double *without, size_t without_count);

/* Holm's correction: p values of count tests, so that any of them is below x by chance with probability x at most. */
void np_holm(const double *p, size_t count, double *ret);

/* Not a number, of none. */
double np_mean(const double *numbers, size_t count);

/* The size of an effect, with an interval of NP_CONFIDENCE. */
struct np_estimate {
	bool known;
	double value, low, high;
	double p; /* for the caller: of the test that the effect was found by */
};

/* The mean of shares, each from 0 to 1. Not known of none. p is 1. */
struct np_estimate np_estimate_share(const double *shares, size_t count);

/*
 * How many times as large a is as b: the difference of the means of their logarithms, as a factor. p is of one side:
 * that a is the larger. Not known where a number is not positive, or there are too few for an interval.
 */
struct np_estimate np_estimate_ratio(const double *a, size_t a_count, const double *b, size_t b_count);

#endif
