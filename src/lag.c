// SPDX-License-Identifier: GPL-2.0-or-later
/* Touch a page, ask the counter, and again. */
#include "lag.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"
#include "parse_status.h"

#define PAGES 256
#define WARM_UP 32
#define THREAD_EVENTS 65	/* TASK_RSS_EVENTS_THRESH is 64, and more than that is added up */
#define FAULT_AROUND_PAGES 16	/* a fault of a file maps so many at once, and counts as one event */
#define KINDS 3			/* file, anonymous and shared memory are counted apart, each with its lag */

static bool resident_pages(int fd, int64_t *ret)
{
	char text[128];
	ssize_t length = pread(fd, text, sizeof(text), 0);
	struct np_statm statm;

	if (length <= 0 || np_parse_statm(text, (size_t)length, &statm) < 0)
		return false;
	*ret = (int64_t)statm.resident_pages;
	return true;
}

/* How far the counter's distance from the truth wanders while pages are touched one by one. false: it can't be read. */
static bool measure(int fd, volatile char *area, size_t page_bytes, int64_t *ret)
{
	int64_t least = 0, most = 0, first = 0;

	for (int i = 0; i < PAGES; i++) {
		int64_t resident;

		area[(size_t)i * page_bytes] = 1;
		if (!resident_pages(fd, &resident))
			return false;
		if (i < WARM_UP) {
			first = resident - i;
			continue;
		}
		least = resident - i - first < least ? resident - i - first : least;
		most = resident - i - first > most ? resident - i - first : most;
	}
	*ret = most - least;
	return true;
}

static uint64_t batch_pages(uint64_t cpus)
{
	return 2 * cpus > 32 ? 2 * cpus : 32; /* compute_batch_value(), lib/percpu_counter.c */
}

enum np_lag_kind np_lag_test(int root_fd)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t batch = batch_pages((uint64_t)sysconf(_SC_NPROCESSORS_CONF));
	np_cleanup_close int fd = -1;
	int64_t wander;
	bool measured;
	char *area;

	if (np_open(root_fd, "proc/self/statm", O_RDONLY, &fd) < 0)
		return NP_LAG_UNKNOWN;
	area = mmap(NULL, PAGES * page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return NP_LAG_UNKNOWN;
	madvise(area, PAGES * page_bytes, MADV_NOHUGEPAGE);
	measured = measure(fd, area, page_bytes, &wander);
	munmap(area, PAGES * page_bytes);
	if (!measured)
		return NP_LAG_UNKNOWN;
	if (wander == 0)
		return NP_LAG_NONE;
	return wander <= (int64_t)batch && batch < THREAD_EVENTS - 1 ? NP_LAG_BY_CPU : NP_LAG_BY_THREAD;
}

uint64_t np_lag_pages(enum np_lag_kind kind, uint64_t threads, uint64_t cpus)
{
	uint64_t by_cpu = KINDS * cpus * batch_pages(cpus), by_thread = threads * THREAD_EVENTS * FAULT_AROUND_PAGES;

	switch (kind) {
	case NP_LAG_NONE:
		return 0;
	case NP_LAG_BY_CPU:
		return by_cpu;
	default:
		return by_cpu > by_thread ? by_cpu : by_thread;
	}
}
