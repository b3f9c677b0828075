// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * np-bench-victim MIB CPU: holds so much memory in base pages, then maps, touches and unmaps 64 KiB on that processor
 * as fast as it can. For each line on standard input it prints how often it did since the last one, in how many ns,
 * and how many the longest time took: what a reader that takes the locks of its memory costs it shows in them.
 */
#include <err.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>

#define CHURN_BYTES (64UL << 10)

static atomic_ulong rounds, longest_ns;

static char *map(size_t bytes)
{
	char *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (start == MAP_FAILED)
		err(1, "mmap");
	madvise(start, bytes, MADV_NOHUGEPAGE);
	return start;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void *churn(void *unused)
{
	for (uint64_t before = now_ns();; atomic_fetch_add(&rounds, 1)) {
		char *start = map(CHURN_BYTES);
		uint64_t now;

		memset(start, 1, CHURN_BYTES);
		munmap(start, CHURN_BYTES);
		now = now_ns();
		if (now - before > atomic_load(&longest_ns))
			atomic_store(&longest_ns, now - before);
		before = now;
	}
	return unused;
}

static void churn_on(int cpu)
{
	pthread_attr_t attributes;
	pthread_t thread;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET((size_t)cpu, &cpus);
	if (pthread_attr_init(&attributes) || pthread_attr_setaffinity_np(&attributes, sizeof(cpus), &cpus) ||
	    pthread_create(&thread, &attributes, churn, NULL))
		errx(1, "pthread_create");
}

int main(int argc, char **argv)
{
	size_t bytes = argc == 3 ? strtoul(argv[1], NULL, 10) << 20 : 0;
	uint64_t before = now_ns(), now;
	unsigned long done = 0, all;
	char line[64];

	if (!bytes)
		errx(2, "usage: np-bench-victim MIB CPU");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	memset(map(bytes), 1, bytes);
	churn_on(atoi(argv[2]));
	while (fgets(line, sizeof(line), stdin)) {
		now = now_ns();
		all = atomic_load(&rounds);
		printf("%lu %" PRIu64 " %lu\n", all - done, now - before, atomic_exchange(&longest_ns, 0));
		fflush(stdout);
		done = all;
		before = now;
	}
	return 0;
}
