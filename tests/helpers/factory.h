/* SPDX-License-Identifier: GPL-2.0-or-later */
/* np-factory: what its parts share. */
#ifndef NUMAPROBE_FACTORY_H
#define NUMAPROBE_FACTORY_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* memfd_create, RUSAGE_THREAD, MAP_ANONYMOUS, so this header comes first */
#endif

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HUGE_BYTES (2UL << 20)
#define MAX_NODES 1024
#define UNUSED __attribute__((unused))

/* RESIDENT: present or under PROT_NONE, and it changes all the time. */
enum state { PRESENT, PROTNONE, RESIDENT, ZERO, SWAPPED, GUARD, STATES };

/* One mapping, or several without a gap, and the truth about it. */
struct region {
	const char *spec;
	char *start;
	size_t bytes;
	size_t step; /* distance of the pages that were touched; 0: none, or not by this program's hand */
	uint64_t pages[STATES];
	uint64_t thp, hugetlb;	/* resident base pages in huge pages */
	uint64_t *on_node;	/* resident pages by node; NULL: not asked, or not known */
	const char *why_skipped;
};

extern size_t page_bytes;

/* factory.c */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void start_thread(void *(*run)(void *), void *argument);

/* factory-region.c: answers of type const char * are NULL, or why it can't be done here. */
const char *map_region(struct region *region, int prot, int flags, int fd);
void only_base_pages(const struct region *region);
void protect(const struct region *region, int prot);
/* Write one byte at every step from start + from to start + to; the number of pages. */
uint64_t write_pages(struct region *region, size_t from, size_t to, size_t step);
void read_pages(const struct region *region, size_t from, size_t to);
uint64_t huge_pages_in_smaps(const struct region *region);
uint64_t swapped_pages(const struct region *region);
void ask_nodes(struct region *region);
unsigned allowed_nodes(int ret[MAX_NODES]);
const char *set_policy(char *start, size_t bytes, int policy, int node);

/* factory-kinds.c */
struct kind {
	const char *name;
	/* Fill *region, of which spec and bytes are set, or answer why that can't be done here. */
	const char *(*build)(struct region *region, const char *argument);
	const char *usage;
};

extern const struct kind kinds[]; /* the last has no name */
extern pid_t child;		  /* of the last "fork", or 0 */

#endif
