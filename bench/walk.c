// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * np-bench-walk PID [ROUNDS]: walks one process's page tables again and again, as numaprobe does, through
 * numaprobe-walk, and in turn copies as many bytes as these tables have, once from single pages in no order, as page
 * tables lie in memory, and once from one piece. Before each of them the caches are filled with something else.
 * One line of JSON, times in ns, medians.
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
#define CACHE_BYTES (128UL << 20) /* more than the last cache of one processor holds, mostly */

struct round {
	uint64_t wall_ns, client_ns, walker_ns, scattered_ns, contiguous_ns;
};

struct counter {
	struct np_run_taker taker; /* first: cast back */
	uint64_t runs, pages;
};

/* What the tables are compared with: as many bytes, and the order that their pages are copied in. */
struct copy {
	char *scattered, *contiguous, *other;
	uint64_t bytes;
	uint32_t *order;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now))
		return 0;
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

static ssize_t read_file(const char *path, char *text, size_t room)
{
	ssize_t length;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	length = read(fd, text, room - 1);
	close(fd);
	text[length < 0 ? 0 : length] = '\0';
	return length;
}

/* What this program's children have used so far. */
static uint64_t children_ns(void)
{
	char text[4096], *at = text, *end;
	uint64_t sum = 0;

	if (read_file("/proc/thread-self/children", text, sizeof(text)) <= 0)
		errx(1, "this kernel does not list children");
	for (long pid; pid = strtol(at, &end, 10), end != at; at = end) {
		clockid_t clock;

		if (clock_getcpuclockid((pid_t)pid, &clock) == 0)
			sum += clock_ns(clock);
	}
	return sum;
}

/* The page tables of the lowest level; the upper ones are a five-hundredth of it. */
static uint64_t table_bytes(const char *pid)
{
	char path[64], text[8192];
	const char *at;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	if (read_file(path, text, sizeof(text)) <= 0 || !(at = strstr(text, "VmPTE:")))
		errx(1, "%s: no VmPTE", path);
	return strtoull(at + strlen("VmPTE:"), NULL, 10) * 1024 & ~(uint64_t)(PAGE_BYTES - 1);
}

static char *map(uint64_t bytes, int advice)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		err(1, "memory");
	madvise(memory, bytes, advice);
	memset(memory, 1, bytes);
	return memory;
}

static void copy_init(struct copy *copy, uint64_t bytes)
{
	size_t pages = bytes / PAGE_BYTES;
	uint64_t random = 88172645463325252ULL; /* the same at each run */

	copy->bytes = bytes;
	copy->scattered = map(bytes, MADV_NOHUGEPAGE);
	copy->contiguous = map(bytes, MADV_HUGEPAGE);
	copy->other = map(CACHE_BYTES, MADV_HUGEPAGE);
	copy->order = calloc(pages, sizeof(*copy->order));
	if (!copy->order)
		err(1, "memory");
	for (size_t i = 0; i < pages; i++) {
		size_t k;

		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		k = random % (i + 1);
		copy->order[i] = copy->order[k];
		copy->order[k] = (uint32_t)i;
	}
}

static void fill_caches(const struct copy *copy)
{
	static volatile char sink;
	char sum = 0;

	for (size_t at = 0; at < CACHE_BYTES; at += 64)
		sum = (char)(sum + copy->other[at]);
	sink = sum;
	(void)sink;
}

/* Into a buffer that stays in the cache: what is measured is reading. order: NULL for one page after the other. */
static uint64_t copy_ns(const struct copy *copy, const char *memory, const uint32_t *order)
{
	static char buffer[64 * PAGE_BYTES];
	uint64_t before = clock_ns(CLOCK_MONOTONIC);

	for (uint64_t i = 0; i < copy->bytes / PAGE_BYTES; i++) {
		memcpy(buffer + i * PAGE_BYTES % sizeof(buffer), memory + (order ? order[i] : i) * PAGE_BYTES, PAGE_BYTES);
		__asm__ volatile("" : : "r"(buffer) : "memory");
	}
	return clock_ns(CLOCK_MONOTONIC) - before;
}

static void walk(struct np_walker *walker, int pagemap_fd, uint64_t end, struct counter *counter, struct round *ret)
{
	uint64_t retries, walker_before = children_ns();
	uint64_t wall_before = clock_ns(CLOCK_MONOTONIC), client_before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	int result;

	*counter = (struct counter){ { count }, 0, 0 };
	result = np_walker_walk(walker, pagemap_fd, 4096, end, &counter->taker, &retries);
	if (result)
		errx(1, "walk: %s", strerror(-result));
	ret->client_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - client_before;
	ret->wall_ns = clock_ns(CLOCK_MONOTONIC) - wall_before;
	ret->walker_ns = children_ns() - walker_before;
}

static int compare(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return (one > other) - (one < other);
}

static void print_median(const char *name, const struct round *rounds, size_t round_count, size_t offset)
{
	uint64_t values[ROUNDS_MOST] = { 0 };

	for (size_t i = 0; i < round_count; i++)
		memcpy(&values[i], (const char *)&rounds[i] + offset, sizeof(values[i]));
	qsort(values, round_count, sizeof(*values), compare);
	printf(",\"%s\":%" PRIu64, name, values[round_count / 2]);
}

static struct np_walker *start_walker(uint64_t *ret_end, uint64_t *ret_start_ns)
{
	struct np_walker *walker;
	char *why = NULL;
	int result = np_walker_start(&walker);

	if (result)
		errx(1, "numaprobe-walk: %s", strerror(-result));
	if (np_walker_wait(walker, ret_end, &why))
		errx(1, "%s", why ? why : "no memory");
	*ret_start_ns = children_ns();
	return walker;
}

int main(int argc, char **argv)
{
	static struct round rounds[ROUNDS_MOST];
	size_t round_count = argc > 2 ? strtoul(argv[2], NULL, 10) : 11;
	uint64_t end, start_ns;
	struct np_walker *walker;
	struct counter counter;
	struct copy copy;
	char path[64];
	int pagemap_fd;

	if (argc < 2 || !round_count || round_count > ROUNDS_MOST)
		errx(2, "usage: np-bench-walk PID [ROUNDS]");
	walker = start_walker(&end, &start_ns);
	snprintf(path, sizeof(path), "/proc/%s/pagemap", argv[1]);
	pagemap_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (pagemap_fd < 0)
		err(1, "%s", path);
	copy_init(&copy, table_bytes(argv[1]));
	walk(walker, pagemap_fd, end, &counter, &rounds[0]);
	for (size_t i = 0; i < round_count; i++) {
		fill_caches(&copy);
		walk(walker, pagemap_fd, end, &counter, &rounds[i]);
		fill_caches(&copy);
		rounds[i].scattered_ns = copy_ns(&copy, copy.scattered, copy.order);
		fill_caches(&copy);
		rounds[i].contiguous_ns = copy_ns(&copy, copy.contiguous, NULL);
	}
	printf("{\"table_bytes\":%" PRIu64 ",\"runs\":%" PRIu64 ",\"pages\":%" PRIu64 ",\"walker_start_ns\":%" PRIu64,
	       copy.bytes, counter.runs, counter.pages, start_ns);
	print_median("wall_ns", rounds, round_count, offsetof(struct round, wall_ns));
	print_median("client_ns", rounds, round_count, offsetof(struct round, client_ns));
	print_median("walker_ns", rounds, round_count, offsetof(struct round, walker_ns));
	print_median("scattered_ns", rounds, round_count, offsetof(struct round, scattered_ns));
	print_median("contiguous_ns", rounds, round_count, offsetof(struct round, contiguous_ns));
	printf("}\n");
	np_walker_stop(walker);
	return 0;
}
