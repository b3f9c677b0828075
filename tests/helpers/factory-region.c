// SPDX-License-Identifier: GPL-2.0-or-later
/* np-factory: place, touch and protect memory, and ask the kernel about it. */
#include "factory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <numaif.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MASK_BITS (8 * sizeof(unsigned long))
#define MASK_WORDS (MAX_NODES / MASK_BITS)
#define PAGEMAP_SWAPPED (1ULL << 62)

static volatile sig_atomic_t sink; /* where reads go, so that the compiler keeps them */

/*
 * Every mapping gets 2-MiB-aligned room of its own, far from the next: the kernel would merge neighbours
 * of equal kind into one mapping. From 1 TiB up nothing else lives, to where the program itself is loaded.
 */
static char *place(size_t bytes)
{
	static uintptr_t next_addr = 1UL << 40;
	char *here = (char *)next_addr;

	next_addr += (bytes + 2 * HUGE_BYTES) & ~(HUGE_BYTES - 1);
	return here;
}

const char *map_region(struct region *region, int prot, int flags, int fd)
{
	char *start = mmap(place(region->bytes), region->bytes, prot, flags | MAP_FIXED_NOREPLACE, fd, 0);

	if (start == MAP_FAILED)
		return strerror(errno);
	region->start = start;
	return NULL;
}

/* Base pages only: neither the huge ones nor the sizes between, which one touch would map several pages of. */
void only_base_pages(const struct region *region)
{
	if (madvise(region->start, region->bytes, MADV_NOHUGEPAGE) && errno != EINVAL)
		die("MADV_NOHUGEPAGE");
}

void protect(const struct region *region, int prot)
{
	if (mprotect(region->start, region->bytes, prot))
		die("mprotect %s", region->spec);
}

uint64_t write_pages(struct region *region, size_t from, size_t to, size_t step)
{
	uint64_t pages = 0;

	for (size_t at = from; at < to; at += step, pages++)
		region->start[at] = 1;
	region->step = step;
	return pages;
}

void read_pages(const struct region *region, size_t from, size_t to)
{
	for (size_t at = from; at < to; at += page_bytes)
		sink = *(volatile char *)(region->start + at);
}

/* What the kernel says of memory just built, while no report of the kernel has a reason to be wrong. */

uint64_t huge_pages_in_smaps(const struct region *region)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	uintptr_t start, end, first = (uintptr_t)region->start;
	uint64_t kib, sum_kib = 0;
	bool inside = false;
	char line[8192];

	if (!smaps)
		die("smaps");
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &start, &end) == 2)
			inside = start >= first && start < first + region->bytes;
		else if (inside && sscanf(line, "AnonHugePages: %" SCNu64, &kib) == 1)
			sum_kib += kib;
	}
	fclose(smaps);
	return sum_kib * 1024 / page_bytes;
}

uint64_t swapped_pages(const struct region *region)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry, pages = 0;

	if (fd < 0)
		die("pagemap");
	for (size_t at = 0; at < region->bytes; at += page_bytes) {
		off_t offset = (off_t)((uintptr_t)(region->start + at) / page_bytes * sizeof(entry));

		if (pread(fd, &entry, sizeof(entry), offset) != sizeof(entry))
			die("pagemap");
		pages += !!(entry & PAGEMAP_SWAPPED);
	}
	close(fd);
	return pages;
}

/*
 * Ask move_pages(2) where the touched pages are. Done before anything is put under PROT_NONE: kernels
 * with 474098edac26 ("mm/gup: replace FOLL_NUMA by gup_can_follow_protnone()", v6.1) don't find those.
 */
void ask_nodes(struct region *region)
{
	if (!region->step)
		return;
	region->on_node = calloc(MAX_NODES, sizeof(*region->on_node));
	if (!region->on_node)
		die("memory");
	for (size_t at = 0; at < region->bytes; at += region->step) {
		void *page = region->start + at;
		int node;

		if (move_pages(0, 1, &page, NULL, &node, 0) == 0 && node >= 0 && node < MAX_NODES)
			region->on_node[node]++;
	}
}

unsigned allowed_nodes(int ret[MAX_NODES])
{
	unsigned long mask[MASK_WORDS] = { 0 };
	unsigned count = 0;

	if (get_mempolicy(NULL, mask, MAX_NODES, NULL, MPOL_F_MEMS_ALLOWED))
		return 0; /* a kernel without NUMA */
	for (unsigned node = 0; node < MAX_NODES; node++)
		if (mask[node / MASK_BITS] >> node % MASK_BITS & 1)
			ret[count++] = (int)node;
	return count;
}

const char *set_policy(char *start, size_t bytes, int policy, int node)
{
	unsigned long mask[MASK_WORDS] = { 0 };

	mask[(size_t)node / MASK_BITS] = 1UL << (size_t)node % MASK_BITS;
	return mbind(start, bytes, policy, mask, MAX_NODES, 0) ? strerror(errno) : NULL;
}
