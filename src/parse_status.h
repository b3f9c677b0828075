/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/PID/status, statm and stat: a process's own counters. */
#ifndef NUMAPROBE_PARSE_STATUS_H
#define NUMAPROBE_PARSE_STATUS_H

#include "snapshot.h"

/* Each fact is unknown where the file has no such line: a kernel thread has no memory of its own. */
struct np_status {
	struct np_fact rss_bytes, rss_anon_bytes, rss_file_bytes, rss_shmem_bytes; /* without hugetlbfs */
	struct np_fact swap_bytes;
	struct np_fact hugetlb_bytes;
	struct np_fact table_bytes; /* page tables, of all levels */
	struct np_fact threads;
	struct np_fact real_uid; /* as the reader's user namespace has it */
	struct np_fact state;	 /* a letter: 'R', 'S', 'Z' */
};

/* In pages. The kernel reads the same counters for status and for statm (task_mem(), task_statm()). */
struct np_statm {
	uint64_t size_pages, resident_pages, shared_pages;
};

struct np_stat {
	char state;	       /* 'R', 'S', 'T' */
	uint64_t minor_faults; /* of all threads, those that exited too, but not of children */
	uint64_t major_faults;
	uint64_t threads;
	uint64_t start_ticks;	  /* since boot, in clock ticks */
	struct np_fact processor; /* the CPU that it ran on last */
};

/* 0, -EINVAL, -ERANGE; *ret is untouched on failure. */
int np_parse_status(const char *text, size_t length, struct np_status *ret);
int np_parse_statm(const char *text, size_t length, struct np_statm *ret);

/* The command in stat is written as it is: it may have blanks, parentheses and newlines. */
int np_parse_stat(const char *text, size_t length, struct np_stat *ret);

#endif
