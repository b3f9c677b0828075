// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * specimen - a process with one mapping of every kind worth recording
 *
 * Prints a line for each mapping it built, "NAME START-END RESIDENT_KB", or
 * "NAME - REASON" where this machine cannot have it, then "ready", and sleeps
 * until it is killed.  Files are made in the current directory and stay there.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define KIB 1024ul
#define MIB (1024 * KIB)
#define HUGE_BYTES (2 * MIB)

/* Newer than some C libraries: 5.14, 5.15 and 5.17. */
#ifndef MPOL_F_NUMA_BALANCING
#define MPOL_F_NUMA_BALANCING (1 << 13)
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif
enum { PREFERRED_MANY = 5 };

struct region {
	const char *name;
	size_t size_bytes;
	/* Maps, touches and shapes it; returns 0 or -errno. */
	int (*build)(struct region *region);
	int policy; /* for build_policy() */
	unsigned int node_choice;
	char *addr; /* the rest is what build() tells */
	size_t resident_bytes;
};

enum { FIRST_NODE, LAST_NODE, ALL_NODES };

/* The nodes whose memory this process may use. */
static unsigned long allowed_nodes;

static void touch(struct region *region, size_t size_bytes)
{
	memset(region->addr, 0x5a, size_bytes);
	region->resident_bytes = size_bytes;
}

/*
 * An anonymous mapping aligned for huge pages, with a hole on either side, so
 * that the kernel merges it with no neighbour.
 */
static int map_apart(struct region *region, int prot)
{
	size_t total_bytes = region->size_bytes + 2 * HUGE_BYTES;
	char *start, *end;

	start = mmap(NULL, total_bytes, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED)
		return -errno;
	end = start + total_bytes;
	region->addr = start + HUGE_BYTES - (unsigned long)start % HUGE_BYTES;
	munmap(start, (size_t)(region->addr - start));
	start = region->addr + region->size_bytes;
	munmap(start, (size_t)(end - start));
	return 0;
}

static int map_small_pages(struct region *region)
{
	int r = map_apart(region, PROT_READ | PROT_WRITE);

	if (!r && madvise(region->addr, region->size_bytes, MADV_NOHUGEPAGE))
		r = -errno;
	return r;
}

static int make_inaccessible(struct region *region)
{
	return mprotect(region->addr, region->size_bytes, PROT_NONE) ? -errno : 0;
}

static int build_heap(struct region *region)
{
	void *addr = sbrk((intptr_t)region->size_bytes);

	if (addr == (void *)-1)
		return -errno;
	region->addr = addr;
	touch(region, region->size_bytes);
	return 0;
}

static int build_half_touched(struct region *region)
{
	int r = map_small_pages(region);

	if (!r)
		touch(region, region->size_bytes / 2);
	return r;
}

/* Pages that were only read are the zero page, which no file counts. */
static int build_only_read(struct region *region)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	int r = map_small_pages(region);

	for (size_t i = 0; !r && i < region->size_bytes; i += page_bytes)
		(void)*(volatile char *)(region->addr + i);
	return r;
}

static int build_huge(struct region *region)
{
	int r = map_apart(region, PROT_READ | PROT_WRITE);

	if (!r && madvise(region->addr, region->size_bytes, MADV_HUGEPAGE))
		r = -errno;
	if (!r)
		touch(region, region->size_bytes);
	return r;
}

static int build_huge_none(struct region *region)
{
	int r = build_huge(region);

	return r ? r : make_inaccessible(region);
}

static int build_small_none(struct region *region)
{
	int r = map_small_pages(region);

	if (r)
		return r;
	touch(region, region->size_bytes);
	return make_inaccessible(region);
}

static int build_empty_none(struct region *region)
{
	return map_apart(region, PROT_NONE);
}

static int build_locked(struct region *region)
{
	int r = map_small_pages(region);

	if (r)
		return r;
	touch(region, region->size_bytes);
	return mlock(region->addr, region->size_bytes) ? -errno : 0;
}

static int build_named(struct region *region)
{
	int r = map_small_pages(region);

	if (r)
		return r;
	touch(region, region->size_bytes);
	if (prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, region->addr,
		  region->size_bytes, "a name: of our own"))
		return -errno;
	return 0;
}

static int map_fd(struct region *region, int fd, int flags)
{
	void *addr = mmap(NULL, region->size_bytes, PROT_READ | PROT_WRITE,
			  flags, fd, 0);

	if (addr == MAP_FAILED)
		return -errno;
	region->addr = addr;
	touch(region, region->size_bytes);
	return 0;
}

static int build_shared_anon(struct region *region)
{
	return map_fd(region, -1, MAP_SHARED | MAP_ANONYMOUS);
}

static int build_hugetlb(struct region *region)
{
	return map_fd(region, -1, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
}

static int build_memfd(struct region *region)
{
	int fd = memfd_create("a memfd", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)region->size_bytes))
		return -errno;
	return map_fd(region, fd, MAP_SHARED);
}

static int map_new_file(struct region *region, const char *path, int flags)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int r;

	if (fd < 0 || ftruncate(fd, (off_t)region->size_bytes))
		return -errno;
	r = map_fd(region, fd, flags);
	close(fd);
	return r;
}

static int build_file(struct region *region)
{
	return map_new_file(region, "private file", MAP_PRIVATE);
}

static int build_odd_file(struct region *region)
{
	return map_new_file(region, "odd\nname \\ 012 of  a fil\xc3\xa9 (deleted)",
			    MAP_SHARED);
}

static int build_deleted_file(struct region *region)
{
	int r = map_new_file(region, "deleted", MAP_SHARED);

	if (!r && unlink("deleted"))
		r = -errno;
	return r;
}

static unsigned long chosen_nodes(unsigned int node_choice)
{
	unsigned int last = 8 * (unsigned)sizeof(long) - 1 - (unsigned)__builtin_clzl(allowed_nodes);

	switch (node_choice) {
	case FIRST_NODE:
		return allowed_nodes & -allowed_nodes;
	case LAST_NODE:
		return 1ul << last;
	default:
		return allowed_nodes;
	}
}

static int build_policy(struct region *region)
{
	unsigned long nodes = chosen_nodes(region->node_choice);
	int r = map_small_pages(region);

	if (r)
		return r;
	if (region->policy == MPOL_LOCAL)
		nodes = 0;
	if (syscall(SYS_mbind, region->addr, region->size_bytes, region->policy,
		    &nodes, 8 * sizeof(nodes), 0))
		return -errno;
	touch(region, region->size_bytes);
	return 0;
}

static struct region regions[] = {
	{ .name = "heap", .size_bytes = 256 * KIB, .build = build_heap },
	{ .name = "half-touched", .size_bytes = MIB, .build = build_half_touched },
	{ .name = "only-read", .size_bytes = 64 * KIB, .build = build_only_read },
	{ .name = "huge", .size_bytes = 4 * MIB, .build = build_huge },
	{ .name = "huge-none", .size_bytes = 4 * MIB, .build = build_huge_none },
	{ .name = "small-none", .size_bytes = 256 * KIB, .build = build_small_none },
	{ .name = "empty-none", .size_bytes = MIB, .build = build_empty_none },
	{ .name = "locked", .size_bytes = 16 * KIB, .build = build_locked },
	{ .name = "named", .size_bytes = 64 * KIB, .build = build_named },
	{ .name = "hugetlb", .size_bytes = HUGE_BYTES, .build = build_hugetlb },
	{ .name = "shared-anon", .size_bytes = 128 * KIB, .build = build_shared_anon },
	{ .name = "memfd", .size_bytes = 128 * KIB, .build = build_memfd },
	{ .name = "private-file", .size_bytes = 64 * KIB, .build = build_file },
	{ .name = "odd-file", .size_bytes = 64 * KIB, .build = build_odd_file },
	{ .name = "deleted-file", .size_bytes = 64 * KIB, .build = build_deleted_file },
	{ .name = "bind-first", .size_bytes = 512 * KIB, .build = build_policy,
	  .policy = MPOL_BIND, .node_choice = FIRST_NODE },
	{ .name = "bind-last", .size_bytes = 512 * KIB, .build = build_policy,
	  .policy = MPOL_BIND, .node_choice = LAST_NODE },
	{ .name = "bind-static", .size_bytes = 128 * KIB, .build = build_policy,
	  .policy = MPOL_BIND | MPOL_F_STATIC_NODES, .node_choice = LAST_NODE },
	{ .name = "bind-balancing", .size_bytes = 128 * KIB, .build = build_policy,
	  .policy = MPOL_BIND | MPOL_F_NUMA_BALANCING, .node_choice = ALL_NODES },
	{ .name = "interleave", .size_bytes = 512 * KIB, .build = build_policy,
	  .policy = MPOL_INTERLEAVE, .node_choice = ALL_NODES },
	{ .name = "preferred", .size_bytes = 512 * KIB, .build = build_policy,
	  .policy = MPOL_PREFERRED, .node_choice = LAST_NODE },
	{ .name = "preferred-many", .size_bytes = 128 * KIB, .build = build_policy,
	  .policy = PREFERRED_MANY, .node_choice = ALL_NODES },
	{ .name = "local", .size_bytes = 128 * KIB, .build = build_policy,
	  .policy = MPOL_LOCAL, .node_choice = ALL_NODES },
};

static void *sleep_forever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void find_allowed_nodes(void)
{
	unsigned long nodes[16] = { 0 }; /* the kernel wants room for all */

	if (syscall(SYS_get_mempolicy, NULL, nodes, 8 * sizeof(nodes), NULL,
		    MPOL_F_MEMS_ALLOWED))
		err(EXIT_FAILURE, "get_mempolicy");
	allowed_nodes = nodes[0];
}

static void build(struct region *region)
{
	int r = region->build(region);

	if (!r) {
		printf("%s %lx-%lx %zu\n", region->name,
		       (unsigned long)region->addr,
		       (unsigned long)region->addr + region->size_bytes,
		       region->resident_bytes / KIB);
		return;
	}
	printf("%s - %s\n", region->name, strerror(-r));
	if (region->addr) /* built in part */
		munmap(region->addr, region->size_bytes);
}

int main(void)
{
	pthread_t thread;

	find_allowed_nodes();
	for (size_t i = 0; i < ARRAY_SIZE(regions); i++)
		build(&regions[i]);
	if (pthread_create(&thread, NULL, sleep_forever, NULL))
		errx(EXIT_FAILURE, "pthread_create");
	printf("ready\n");
	fflush(stdout);
	sleep_forever(NULL);
}
