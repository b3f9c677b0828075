// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * np-bench-walk PID [ROUNDS]: walks one process's page tables again and again, as numaprobe does, through
 * numaprobe-walk, and copies as many bytes as these tables have, in turn. One line of JSON, times in ns, medians.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "walker.h"

#define ROUNDS_MOST 1000
#define PAGE_BYTES 4096

struct round {
	uint64_t wall_ns, client_ns, walker_ns, copy_ns;
};

struct counter {
	struct np_run_taker taker; /* first: cast back */
	uint64_t runs, pages;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int count(struct np_run_taker *self, const struct np_run *runs, size_t run_count)
{
	struct counter *counter = (struct counter *)self;

	counter->runs += run_count;
	for (size_t i = 0; i < run_count; i++)
		if (np_code_state((np_code)runs[i].code) != NP_ABSENT)
			counter->pages += runs[i].pages;
	return 0;
}

/* The first number after a word in a small file of /proc; 0: there is none. */
static uint64_t number_in(const char *path, const char *word)
{
	char text[8192];
	const char *at;
	ssize_t length;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	at = strstr(text, word);
	return at ? strtoull(at + strlen(word), NULL, 10) : 0;
}

/* What the scheduler has given it so far, in ns: exact, while utime and stime are rounded. */
static uint64_t cpu_ns(uint64_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%" PRIu64 "/schedstat", pid);
	return number_in(path, "");
}

/* Page by page from scattered places, as page tables lie in memory, into a buffer that stays in the cache. */
static uint64_t copy_ns(const char *memory, uint64_t bytes)
{
	static char buffer[64 * PAGE_BYTES];
	uint64_t before = clock_ns(CLOCK_MONOTONIC);

	for (uint64_t at = 0; at < bytes; at += PAGE_BYTES) {
		memcpy(buffer + at % sizeof(buffer), memory + at, PAGE_BYTES);
		__asm__ volatile("" : : "r"(buffer) : "memory");
	}
	return clock_ns(CLOCK_MONOTONIC) - before;
}

static void walk(struct np_walker *walker, uint64_t walker_pid, int pagemap_fd, uint64_t end, struct counter *counter,
		 struct round *ret)
{
	uint64_t retries, walker_before = cpu_ns(walker_pid);
	uint64_t wall_before = clock_ns(CLOCK_MONOTONIC), client_before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	int result;

	*counter = (struct counter){ { count }, 0, 0 };
	result = np_walker_walk(walker, pagemap_fd, 4096, end, &counter->taker, &retries);
	if (result)
		errx(1, "walk: %s", strerror(-result));
	ret->client_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - client_before;
	ret->wall_ns = clock_ns(CLOCK_MONOTONIC) - wall_before;
	ret->walker_ns = cpu_ns(walker_pid) - walker_before;
}

static int compare(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return (one > other) - (one < other);
}

static uint64_t median(const struct round *rounds, size_t round_count, size_t offset)
{
	uint64_t values[ROUNDS_MOST];

	for (size_t i = 0; i < round_count; i++)
		memcpy(&values[i], (const char *)&rounds[i] + offset, sizeof(values[i]));
	qsort(values, round_count, sizeof(*values), compare);
	return values[round_count / 2];
}

static struct np_walker *start_walker(uint64_t *ret_end, uint64_t *ret_pid)
{
	struct np_walker *walker;
	char *why = NULL;
	int result = np_walker_start(&walker);

	if (result)
		errx(1, "numaprobe-walk: %s", strerror(-result));
	if (np_walker_wait(walker, ret_end, &why))
		errx(1, "%s", why ? why : "no memory");
	*ret_pid = number_in("/proc/thread-self/children", "");
	if (!*ret_pid)
		errx(1, "this kernel does not list children");
	return walker;
}

int main(int argc, char **argv)
{
	static struct round rounds[ROUNDS_MOST];
	size_t round_count = argc > 2 ? strtoul(argv[2], NULL, 10) : 11;
	uint64_t end, walker_pid, table_bytes;
	struct counter counter;
	struct np_walker *walker;
	char path[64], *memory;
	int pagemap_fd;

	if (argc < 2 || !round_count || round_count > ROUNDS_MOST)
		errx(2, "usage: np-bench-walk PID [ROUNDS]");
	walker = start_walker(&end, &walker_pid);
	snprintf(path, sizeof(path), "/proc/%s/pagemap", argv[1]);
	pagemap_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (pagemap_fd < 0)
		err(1, "%s", path);
	snprintf(path, sizeof(path), "/proc/%s/status", argv[1]);
	table_bytes = number_in(path, "VmPTE:") * 1024 & ~(uint64_t)(PAGE_BYTES - 1);
	memory = mmap(NULL, table_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		err(1, "memory");
	madvise(memory, table_bytes, MADV_NOHUGEPAGE); /* page tables are single pages too */
	memset(memory, 1, table_bytes);
	walk(walker, walker_pid, pagemap_fd, end, &counter, &rounds[0]);
	for (size_t i = 0; i < round_count; i++) {
		walk(walker, walker_pid, pagemap_fd, end, &counter, &rounds[i]);
		rounds[i].copy_ns = copy_ns(memory, table_bytes);
	}
	printf("{\"table_bytes\":%" PRIu64 ",\"runs\":%" PRIu64 ",\"pages\":%" PRIu64 ",\"wall_ns\":%" PRIu64
	       ",\"client_ns\":%" PRIu64 ",\"walker_ns\":%" PRIu64 ",\"memcpy_ns\":%" PRIu64 "}\n",
	       table_bytes, counter.runs, counter.pages, median(rounds, round_count, offsetof(struct round, wall_ns)),
	       median(rounds, round_count, offsetof(struct round, client_ns)),
	       median(rounds, round_count, offsetof(struct round, walker_ns)),
	       median(rounds, round_count, offsetof(struct round, copy_ns)));
	np_walker_stop(walker);
	return 0;
}
