// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * np-bench-victim MIB: holds so much memory in base pages, then maps, touches and unmaps 64 KiB as fast as it can.
 * For each line on standard input it prints how often it did since the last one, and in how many ns: what a reader
 * that takes the locks of its memory costs it shows in this rate.
 */
#include <err.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>

#define CHURN_BYTES (64UL << 10)

static atomic_ulong rounds;

static char *map(size_t bytes)
{
	char *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (start == MAP_FAILED)
		err(1, "mmap");
	madvise(start, bytes, MADV_NOHUGEPAGE);
	return start;
}

static void *churn(void *unused)
{
	for (;; atomic_fetch_add(&rounds, 1)) {
		char *start = map(CHURN_BYTES);

		memset(start, 1, CHURN_BYTES);
		munmap(start, CHURN_BYTES);
	}
	return unused;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int main(int argc, char **argv)
{
	size_t bytes = argc == 2 ? strtoul(argv[1], NULL, 10) << 20 : 0;
	uint64_t before = now_ns(), now;
	unsigned long done = 0, all;
	pthread_t thread;
	char line[64];

	if (!bytes)
		errx(2, "usage: np-bench-victim MIB");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	memset(map(bytes), 1, bytes);
	if (pthread_create(&thread, NULL, churn, NULL))
		errx(1, "pthread_create");
	while (fgets(line, sizeof(line), stdin)) {
		now = now_ns();
		all = atomic_load(&rounds);
		printf("%lu %" PRIu64 "\n", all - done, now - before);
		fflush(stdout);
		done = all;
		before = now;
	}
	return 0;
}
