/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two groups of numbers: do they differ, by how much, and what difference would have been seen? No I/O. */
#ifndef NUMAPROBE_STATS_H
#define NUMAPROBE_STATS_H

#include <stdbool.h>
#include <stddef.h>

struct np_difference {
	double with_mean, without_mean;
	double difference; /* with less without */
	double low, high;  /* an interval of that confidence; infinite where there are too few numbers for one */
	double p;	   /* both sides: how likely so great a difference is by the labels' chance alone */
	double more_p, less_p; /* of one side: so great a difference upwards, or downwards */
	double least_p;	   /* the least that so many numbers can give, of both sides */
	double superiority; /* how often a number of with is the greater one, ties by half; 0.5 is no difference */
	double detectable; /* a difference that would have been seen, had it been there; infinite as above */
};

/*
 * The permutation test of the difference of two means: what the labels' random order alone would bring about. Exact
 * over all orders where there are at most 20000; else over so many drawn at random, always the same. The interval is
 * the test inverted: the differences that it would not reject at 1 - confidence. Nothing is assumed about how the
 * numbers are distributed. Each group has 1 number at least, and both 64 at most.
 */
void np_permutation_test(const double *with, size_t with_count, const double *without, size_t without_count,
			 double confidence, struct np_difference *ret);

/* Holm's correction: p values of count tests, so that any of them is below x by chance with probability x at most. */
void np_holm(const double *p, size_t count, double *ret);

#endif
