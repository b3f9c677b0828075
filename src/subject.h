/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A subject: a child process of numaprobe's own whose memory's truth numaprobe made, for tests of the kernel on
 * something that belongs to nobody else. It obeys commands over a socket, and dies with numaprobe, however that
 * dies, even while it is stopped (PR_SET_PDEATHSIG with SIGKILL).
 */
#ifndef NUMAPROBE_SUBJECT_H
#define NUMAPROBE_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Private anonymous memory, all of it resident and local. */
struct np_area {
	uint64_t start; /* address */
	uint64_t pages; /* base pages; 0: could not be had */
};

struct np_subject_plan {
	uint64_t base_pages; /* pages of base size */
	uint64_t huge_pages; /* base pages, a multiple of 512, to be mapped in huge pages */
	bool second_thread;  /* one more thread, which sleeps: the balancer hints local pages of such a process */
	int cpu;	     /* where it runs and where its memory is; -1: wherever the kernel puts it */
};

/* Zero-initialised it may be stopped; so may one whose start failed. */
struct np_subject {
	bool started;
	pid_t pid; /* 0: it has ended by itself */
	int socket_fd, dir_fd, pagemap_fd;
	struct np_area base, huge;
};

enum np_subject_command {
	NP_SUBJECT_BUILD,	/* (base pages, huge pages, second thread, cpu): the areas' addresses */
	NP_SUBJECT_PROTECT,	/* (start, pages, prot) */
	NP_SUBJECT_TOUCH,	/* (start, pages): minor faults of reading each page once */
	NP_SUBJECT_BURN,	/* (scans, nanoseconds): burns until so many scans of the balancer, or so long; what it was */
	NP_SUBJECT_CHURN,	/* (scans, nanoseconds): the same beside a thread that maps and unmaps; that, and its waits */
	NP_SUBJECT_MINCORE,	/* (start, pages): pages that mincore(2) calls resident */
	NP_SUBJECT_READ_VM,	/* (start, pages): reads itself by process_vm_readv(2) */
	NP_SUBJECT_READ_MEM,	/* (start, pages): reads itself through /proc/self/mem */
	NP_SUBJECT_POPULATE,	/* (start, pages): madvise(MADV_POPULATE_READ) */
	NP_SUBJECT_RUN_GUEST,	/* (start, pages): reads the pages from a KVM guest */
	NP_SUBJECT_COMMANDS,
};

/* The answer to a command. */
struct np_subject_answer {
	int64_t error;	/* 0 or -errno */
	uint64_t values[6];
};

/* Indices of values: after NP_SUBJECT_BURN and NP_SUBJECT_CHURN. Times in nanoseconds. */
enum {
	NP_BURN_SCANS,	     /* scans that ended meanwhile */
	NP_BURN_SCANS_KNOWN, /* 0: this kernel doesn't count them for a process */
	NP_BURN_CPU_NS,	     /* processor time of the thread that burns */
	NP_CHURN_MAPS,	     /* pairs of mmap(2) and munmap(2) */
	NP_CHURN_WAIT_NS,    /* spent in them */
	NP_CHURN_WORST_NS,   /* the longest of them */
};

/* Starts it and builds its memory. 0 or -errno; in either case *ret is for np_subject_stop(). */
int np_subject_start(const struct np_subject_plan *plan, struct np_subject *ret);
/* Kills it and waits for its end. */
void np_subject_stop(struct np_subject *subject);

/* One command, to its end. 0 or -errno: the subject's own, or -EPIPE where it has died. ret may be NULL. */
int np_subject_do(struct np_subject *subject, enum np_subject_command command, const uint64_t arguments[4],
		  struct np_subject_answer *ret);
/* The same in two parts. np_subject_poll() does not wait: -EAGAIN while there is no answer. */
int np_subject_begin(struct np_subject *subject, enum np_subject_command command, const uint64_t arguments[4]);
int np_subject_poll(struct np_subject *subject, struct np_subject_answer *ret);

/* Stops all threads (SIGSTOP) and waits until they are; lets them go on. 0 or -errno. */
int np_subject_freeze(struct np_subject *subject);
int np_subject_thaw(struct np_subject *subject);

#endif
