/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of one page slot, as the page tables have it: the code that the walker answers with. */
#ifndef NUMAPROBE_STATE_H
#define NUMAPROBE_STATE_H

#include <stdint.h>

enum np_state {
	NP_ABSENT,	 /* nothing was ever here, or it was given back */
	NP_PRESENT,	 /* a page that the next touch finds without a fault */
	NP_INACCESSIBLE, /* resident, entry made inaccessible: NUMA-hinted, or PROT_NONE; the mapping's permissions decide */
	NP_ZERO,	 /* the shared zero page, or the huge one: no memory of the process */
	NP_SPECIAL,	 /* present, but without a counted page behind it: vvar, device memory, a raw frame */
	NP_SWAPPED,
	NP_MIGRATING,	 /* on its way between two places; still counted as resident by the kernel */
	NP_DEVICE,	 /* held in device memory that the CPU cannot reach */
	NP_POISONED,	 /* lost to a memory error */
	NP_MARKER,	 /* no memory: a note of the kernel (userfaultfd, swap error) */
	NP_GUARD,	 /* no memory: a guard region (MADV_GUARD_INSTALL, Linux 6.13) */
	NP_UNKNOWN,	 /* the entry changed while it was read, again and again, or its meaning is not known */
	NP_WALKED_STATES,

	/* Never in a walker's answer; made from NP_INACCESSIBLE, or by the pagemap source. */
	NP_HINTED = NP_WALKED_STATES,
	NP_PROTNONE,
	NP_ACCESSIBLE, /* resident in an accessible mapping: present or hinted, and the source cannot tell which */
	NP_STATES,
};

enum np_size { NP_SIZE_BASE, NP_SIZE_PMD, NP_SIZE_PUD };

#define NP_MAX_NODES 1024 /* the kernel's own limit: MAX_NUMNODES, NODES_SHIFT <= 10 */

/* A code is state | size << 4 | node << 6; the node is 0 where the state has none. */
typedef uint16_t np_code;

static inline np_code np_code_make(enum np_state state, enum np_size size, unsigned node)
{
	return (np_code)((unsigned)state | (unsigned)size << 4 | node << 6);
}

static inline enum np_state np_code_state(np_code code)
{
	return (enum np_state)(code & 15);
}

static inline enum np_size np_code_size(np_code code)
{
	return (enum np_size)(code >> 4 & 3);
}

static inline unsigned np_code_node(np_code code)
{
	return code >> 6;
}

#define NP_RUN_PAGES_MOST ((1ULL << 48) - 1) /* more than any address space has */

/* Equal codes of consecutive pages. */
struct np_run {
	uint64_t code : 16;
	uint64_t pages : 48; /* base pages */
};

#endif
