/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far the counters of a process's resident pages (VmRSS, statm) may be behind the truth on this kernel. Before
 * 6.2 every thread counts up to 64 faults on its own (SPLIT_RSS_COUNTING); since f1a7941243c1 ("mm: convert mm's rss
 * stats into percpu_counter", 6.2) every CPU keeps less than a batch; since 82241a83cd15 ("mm: fix the inaccurate
 * memory statistics issue for users", 6.16) the files add all of that up. Found out on numaprobe's own memory.
 */
#ifndef NUMAPROBE_LAG_H
#define NUMAPROBE_LAG_H

#include <stdint.h>

enum np_lag_kind {
	NP_LAG_NONE,	  /* every page was in statm at once */
	NP_LAG_BY_CPU,
	NP_LAG_BY_THREAD, /* or not told from by CPU */
	NP_LAG_UNKNOWN,	  /* the test could not be made: taken for the worst */
};

/* A millisecond; touches 256 pages of this process's own. */
enum np_lag_kind np_lag_test(int root_fd);

/* Pages that a counter may be off at most, for a process of so many threads. */
uint64_t np_lag_pages(enum np_lag_kind kind, uint64_t threads, uint64_t cpus);

#endif
