/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What numaprobe and numaprobe-walk say to each other, over a SOCK_SEQPACKET pair that is the walker's
 * descriptor 0: one hello, then for each request runs of page states and an end. Both ends are of one build;
 * the version is checked all the same.
 */
#ifndef NUMAPROBE_PROTOCOL_H
#define NUMAPROBE_PROTOCOL_H

#include <stdint.h>

#include "../state.h"

#define NP_PROTOCOL_VERSION 1
#define NP_PROTOCOL_MAGIC 0x65626f7270616d75ULL /* "umaprobe" */

/* How far the walker's start got; the first that failed is the reason why there is no page-table source. */
enum np_walk_ready {
	NP_WALK_READY,
	NP_WALK_NO_ARCH,	/* page tables of this machine are not known */
	NP_WALK_NO_BPF,		/* built without BPF */
	NP_WALK_NO_BTF,		/* /sys/kernel/btf/vmlinux can't be read */
	NP_WALK_NO_TYPES,	/* BTF lacks a structure or member that is needed */
	NP_WALK_NO_PROGRAM_TYPE, /* the kernel has no BPF programs that a system call runs */
	NP_WALK_NO_LOAD,	/* the kernel refused the BPF program */
	NP_WALK_NO_RUN,		/* it was loaded, and the kernel won't run it */
	NP_WALK_NO_SELF,	/* the walker can't read its own page tables */
	NP_WALK_NO_DIRECT_MAP,
	NP_WALK_NO_FRAMES,	/* which frame is on which node is not known */
	NP_WALK_NO_DROP,	/* privileges could not be given up, so nothing is served */
	NP_WALK_READY_COUNT,
};

struct np_hello {
	uint64_t magic;
	uint32_t version;
	uint32_t ready; /* enum np_walk_ready */
	int32_t error;	/* errno of it, or 0 */
	uint32_t levels; /* of the page tables: 4 or 5 */
};

/* Comes with the pagemap descriptor as SCM_RIGHTS. */
struct np_request {
	uint64_t magic;
	uint32_t version;
	uint32_t unused; /* 0 */
	uint64_t start, end; /* addresses, page-aligned, start < end */
};

enum np_answer_kind { NP_ANSWER_RUNS, NP_ANSWER_END };

/* Enough for one system call a megabyte of address space at worst; fits the default socket buffer. */
#define NP_ANSWER_RUNS_MAX 4000

/* The runs of all answers, in order, cover [start, end) without a gap. */
struct np_answer {
	uint32_t kind;	/* enum np_answer_kind */
	uint32_t count; /* NP_ANSWER_RUNS: of runs */
	int32_t error;	/* NP_ANSWER_END: 0; ESRCH the process has exited; EBADF no pagemap descriptor; ... */
	uint32_t unused;
	uint64_t retries; /* NP_ANSWER_END: tables read again because they changed */
	struct np_run runs[NP_ANSWER_RUNS_MAX];
};

#define NP_ANSWER_HEADER offsetof(struct np_answer, runs)

#endif
