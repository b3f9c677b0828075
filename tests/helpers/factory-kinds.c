// SPDX-License-Identifier: GPL-2.0-or-later
/* np-factory: the kinds of mappings, one builder each. */
#include "factory.h"

#include <errno.h>
#include <fcntl.h>
#include <numaif.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21 /* 1a4e58cce84e, "mm: introduce MADV_PAGEOUT", Linux 5.4 */
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* 7d8faaf15545, "mm/madvise: introduce MADV_COLLAPSE sync hugepage collapse", Linux 6.1 */
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* 662df3e5c376, "mm: madvise: implement lightweight guard page mechanism", Linux 6.13 */
#endif

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#define POPULATE_BYTES (1UL << 30)

static const char *map_anon(struct region *region)
{
	const char *why = map_region(region, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

	if (!why)
		only_base_pages(region);
	return why;
}

static const char *build_anon(struct region *region, const char *argument)
{
	const char *why = map_anon(region);
	bool half = strcmp(argument, "half") == 0;

	if (!why)
		region->pages[PRESENT] = write_pages(region, 0, region->bytes, half ? 2 * page_bytes : page_bytes);
	return why;
}

static const char *build_thp(struct region *region, const char *argument UNUSED)
{
	const char *why = map_region(region, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

	if (why)
		return why;
	if (madvise(region->start, region->bytes, MADV_HUGEPAGE))
		return "no transparent huge pages in this kernel";
	region->pages[PRESENT] = write_pages(region, 0, region->bytes, page_bytes);
	madvise(region->start, region->bytes, MADV_COLLAPSE); /* an older kernel may have made huge pages by itself */
	region->thp = huge_pages_in_smaps(region);
	return region->thp ? NULL : "the kernel made no transparent huge page";
}

static void become_protnone(struct region *region)
{
	ask_nodes(region);
	protect(region, PROT_NONE);
	region->pages[PROTNONE] = region->pages[PRESENT];
	region->pages[PRESENT] = 0;
	region->step = 0;
}

static const char *build_protnone(struct region *region, const char *argument)
{
	const char *why = build_anon(region, argument);

	if (!why)
		become_protnone(region);
	return why;
}

static const char *build_protnone_thp(struct region *region, const char *argument)
{
	const char *why = build_thp(region, argument);

	if (!why)
		become_protnone(region);
	return why;
}

/* Much faster than touching, so that a terabyte of it can be had: 4ca9b3859dac, "mm/madvise: introduce
 * MADV_POPULATE_(READ|WRITE) to prefault page tables", Linux 5.14. */
static void *populate(void *argument)
{
	const struct region *part = argument;

	for (size_t at = 0; at < part->bytes; at += POPULATE_BYTES) {
		size_t bytes = part->bytes - at < POPULATE_BYTES ? part->bytes - at : POPULATE_BYTES;

		if (madvise(part->start + at, bytes, MADV_POPULATE_READ))
			read_pages(part, at, at + bytes);
	}
	return NULL;
}

static const char *build_zero(struct region *region, const char *argument UNUSED)
{
	const char *why = map_anon(region);
	struct region low = *region, high = *region;
	pthread_t thread;

	if (why)
		return why;
	low.bytes = region->bytes / 2 & ~(HUGE_BYTES - 1);
	high.start += low.bytes;
	high.bytes -= low.bytes;
	if (pthread_create(&thread, NULL, populate, &low))
		die("pthread_create");
	populate(&high);
	pthread_join(thread, NULL);
	region->pages[ZERO] = region->bytes / page_bytes;
	return NULL;
}

static const char *build_hugezero(struct region *region, const char *argument UNUSED)
{
	const char *why = map_region(region, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

	if (why)
		return why;
	if (madvise(region->start, region->bytes, MADV_HUGEPAGE))
		return "no transparent huge pages in this kernel";
	for (size_t at = 0; at < region->bytes; at += HUGE_BYTES)
		read_pages(region, at, at + page_bytes);
	/* One touch a huge page was enough only where the kernel has a huge zero page; the others are small ones. */
	read_pages(region, 0, region->bytes);
	region->pages[ZERO] = region->bytes / page_bytes;
	return NULL;
}

static const char *touch_all(struct region *region, int flags, int fd)
{
	const char *why = map_region(region, PROT_READ | PROT_WRITE, flags, fd);

	if (why)
		return why;
	only_base_pages(region);
	region->pages[PRESENT] = write_pages(region, 0, region->bytes, page_bytes);
	return NULL;
}

static const char *build_shared(struct region *region, const char *argument UNUSED)
{
	return touch_all(region, MAP_SHARED | MAP_ANONYMOUS, -1);
}

static const char *build_memfd(struct region *region, const char *argument UNUSED)
{
	int fd = memfd_create("np-factory", MFD_CLOEXEC);
	const char *why;

	if (fd < 0 || ftruncate(fd, (off_t)region->bytes))
		die("memfd");
	why = touch_all(region, MAP_SHARED, fd);
	close(fd);
	return why;
}

/* The first half stays the file's own pages, the second becomes private copies. */
static const char *build_file(struct region *region, const char *argument)
{
	int fd = open(argument, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const char *why;

	if (fd < 0 || ftruncate(fd, (off_t)region->bytes))
		die("%s", argument);
	why = map_region(region, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
	close(fd);
	if (why)
		return why;
	only_base_pages(region);
	read_pages(region, 0, region->bytes / 2);
	write_pages(region, region->bytes / 2, region->bytes, page_bytes);
	region->pages[PRESENT] = region->bytes / page_bytes;
	return NULL;
}

/* Never touches the pool: a test that needs one makes it and puts it back. */
static const char *build_hugetlb(struct region *region, const char *argument UNUSED)
{
	const char *why = map_region(region, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);

	if (why)
		return "the hugetlb pool has too few free pages";
	region->pages[PRESENT] = write_pages(region, 0, region->bytes, page_bytes);
	region->hugetlb = region->pages[PRESENT];
	return NULL;
}

static const char *build_protnone_hugetlb(struct region *region, const char *argument)
{
	const char *why = build_hugetlb(region, argument);

	if (!why)
		become_protnone(region);
	return why;
}

static const char *build_swap(struct region *region, const char *argument)
{
	const char *why = build_anon(region, argument);
	uint64_t total = region->pages[PRESENT];

	/* A page on its way into the LRU lists is passed over the first time. */
	for (int tries = 0; !why && tries < 10 && region->pages[SWAPPED] < total; tries++) {
		if (madvise(region->start, region->bytes, MADV_PAGEOUT))
			return "no MADV_PAGEOUT in this kernel";
		region->pages[SWAPPED] = swapped_pages(region);
	}
	region->pages[PRESENT] = total - region->pages[SWAPPED];
	return why || region->pages[SWAPPED] ? why : "nothing could be swapped out";
}

/* Guards on the first half, ordinary pages on the second. */
static const char *build_guard(struct region *region, const char *argument)
{
	const char *why = build_anon(region, argument);

	if (why)
		return why;
	if (madvise(region->start, region->bytes / 2, MADV_GUARD_INSTALL))
		return "no guard regions in this kernel";
	region->pages[GUARD] = region->bytes / 2 / page_bytes;
	region->pages[PRESENT] -= region->pages[GUARD];
	return NULL;
}

static const char *build_reserve(struct region *region, const char *argument UNUSED)
{
	return map_region(region, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
}

static const char *build_sparse(struct region *region, const char *argument)
{
	const char *why = map_anon(region);
	size_t count = strtoul(argument, NULL, 10);

	if (why)
		return why;
	if (!count)
		die("%s: how many pages?", region->spec);
	region->pages[PRESENT] = write_pages(region, 0, region->bytes, region->bytes / count & ~(page_bytes - 1));
	return NULL;
}

/* The "size" is a number of mappings, one page each: every other one is under PROT_NONE, so none merge. */
static const char *build_many(struct region *region, const char *argument)
{
	const char *why;
	uint64_t count = region->bytes;

	region->bytes *= page_bytes;
	why = build_anon(region, argument);
	if (why)
		return why;
	ask_nodes(region);
	for (uint64_t i = 0; i < count; i += 2)
		if (mprotect(region->start + i * page_bytes, page_bytes, PROT_NONE))
			return "vm.max_map_count is too small";
	region->pages[PROTNONE] = (count + 1) / 2;
	region->pages[PRESENT] = count / 2;
	return NULL;
}

/* Allowed node after allowed node, page after page. */
static const char *build_interleave(struct region *region, const char *argument UNUSED)
{
	int nodes[MAX_NODES];
	unsigned count = allowed_nodes(nodes);
	const char *why = count < 2 ? "needs two nodes" : map_anon(region);

	for (size_t page = 0; !why && page < region->bytes / page_bytes; page++) {
		char *at = region->start + page * page_bytes;

		why = set_policy(at, page_bytes, MPOL_BIND, nodes[page % count]);
		if (!why)
			*at = 1;
		/* Without the policy the one-page mappings merge again; there would soon be too many for one process. */
		if (!why && mbind(at, page_bytes, MPOL_DEFAULT, NULL, 0, 0))
			why = strerror(errno);
	}
	if (why)
		return why;
	region->step = page_bytes;
	region->pages[PRESENT] = region->bytes / page_bytes;
	return NULL;
}

/* The policy alone: with a single node too, where every page is on that one. */
static const char *build_policy(struct region *region, const char *argument UNUSED)
{
	int nodes[MAX_NODES];
	unsigned long mask[MAX_NODES / (8 * sizeof(unsigned long))] = { 0 };
	unsigned count = allowed_nodes(nodes);
	const char *why = count ? map_anon(region) : "a kernel without NUMA";

	for (unsigned i = 0; i < count; i++)
		mask[(size_t)nodes[i] / (8 * sizeof(*mask))] |= 1UL << (size_t)nodes[i] % (8 * sizeof(*mask));
	if (!why && mbind(region->start, region->bytes, MPOL_INTERLEAVE, mask, MAX_NODES, 0))
		why = strerror(errno);
	if (!why)
		region->pages[PRESENT] = write_pages(region, 0, region->bytes, page_bytes);
	return why;
}

static const char *build_node(struct region *region, const char *argument)
{
	int nodes[MAX_NODES], wanted = atoi(argument);
	unsigned count = allowed_nodes(nodes);
	const char *why = "no such node";

	for (unsigned i = 0; i < count; i++)
		if (nodes[i] == wanted)
			why = NULL;
	if (!why)
		why = map_anon(region);
	if (!why)
		why = set_policy(region->start, region->bytes, MPOL_BIND, wanted);
	if (!why)
		region->pages[PRESENT] = write_pages(region, 0, region->bytes, page_bytes);
	return why;
}

static void *toggle(void *argument)
{
	const struct region *region = argument;

	for (;;) {
		protect(region, PROT_NONE);
		protect(region, PROT_READ | PROT_WRITE);
	}
	return NULL;
}

/* Resident all the time, accessible every other moment. */
static const char *build_toggle(struct region *region, const char *argument)
{
	const char *why = build_anon(region, argument);

	if (why)
		return why;
	ask_nodes(region);
	region->step = 0;
	region->pages[RESIDENT] = region->pages[PRESENT];
	region->pages[PRESENT] = 0;
	start_thread(toggle, region);
	return NULL;
}

/* Map, touch, split and unmap as fast as it goes. */
static void *churn(void *argument)
{
	size_t bytes = *(const size_t *)argument;

	for (;;) {
		char *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (start == MAP_FAILED)
			die("churn");
		for (size_t at = 0; at < bytes; at += page_bytes)
			start[at] = 1;
		mprotect(start + bytes / 4, bytes / 4, PROT_NONE);
		munmap(start + bytes / 2, bytes / 4);
		munmap(start, bytes);
	}
	return NULL;
}

/* Its mappings come and go, so the truth has none of them. */
static const char *build_churn(struct region *region, const char *argument UNUSED)
{
	static size_t bytes;

	bytes = region->bytes;
	region->bytes = 0;
	start_thread(churn, &bytes);
	return NULL;
}

pid_t child;

/* Pages shared copy-on-write with a child, which only waits for its parent's end. */
static const char *build_fork(struct region *region, const char *argument)
{
	const char *why = build_anon(region, argument);

	if (why)
		return why;
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return NULL;
}

const struct kind kinds[] = {
	{ "anon", build_anon, "SIZE[:half]  private base pages, all or every other one touched" },
	{ "thp", build_thp, "SIZE  transparent huge pages" },
	{ "protnone", build_protnone, "SIZE[:half]  like anon, then PROT_NONE" },
	{ "protnone-thp", build_protnone_thp, "SIZE  like thp, then PROT_NONE" },
	{ "zero", build_zero, "SIZE  the zero page, everywhere" },
	{ "hugezero", build_hugezero, "SIZE  the huge zero page, where the kernel has one" },
	{ "shared", build_shared, "SIZE  shared anonymous memory" },
	{ "memfd", build_memfd, "SIZE  a memfd, shared" },
	{ "file", build_file, "SIZE:PATH  a private file mapping, half read, half written" },
	{ "hugetlb", build_hugetlb, "SIZE  from the pool that is there" },
	{ "protnone-hugetlb", build_protnone_hugetlb, "SIZE  like hugetlb, then PROT_NONE" },
	{ "swap", build_swap, "SIZE  swapped out" },
	{ "guard", build_guard, "SIZE  half guard region, half present" },
	{ "reserve", build_reserve, "SIZE  PROT_NONE, never touched" },
	{ "sparse", build_sparse, "SIZE:COUNT  so many pages, far from each other" },
	{ "many", build_many, "COUNT  so many mappings of one page" },
	{ "interleave", build_interleave, "SIZE  every page on the next node" },
	{ "policy", build_policy, "SIZE  with the policy to interleave its pages over all allowed nodes" },
	{ "node", build_node, "SIZE:NODE  bound to this node" },
	{ "toggle", build_toggle, "SIZE  a thread switches it to PROT_NONE and back, again and again" },
	{ "churn", build_churn, "SIZE  a thread maps, protects and unmaps so much, again and again" },
	{ "fork", build_fork, "SIZE  shared copy-on-write with a child" },
	{ 0 },
};
