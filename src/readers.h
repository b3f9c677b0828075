/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one table of readers: every way in which a program may look at another one's memory, and what that costs the
 * one that is looked at. --compare asks them what they say, --check-kernel and --experiment what they disturb.
 */
#ifndef NUMAPROBE_READERS_H
#define NUMAPROBE_READERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "files.h"
#include "walker.h"

/* [start, end) of an address space, whole pages. */
struct np_span_addr {
	uint64_t start, end;
};

/* What the readers read. Nothing here is owned by a reader. */
struct np_reading {
	pid_t pid;
	int dir_fd;		  /* /proc/PID */
	struct np_walker *walker; /* for numaprobe; NULL: that one is -ENOTSUP */
	int pagemap_fd;		  /* for numaprobe, kept open, since it asks nothing of the target's memory */
	uint64_t space_end;	  /* of the walker */
	/* For those that are told where to look, ascending: pagemap, pagemap_scan, move_pages, process_vm_readv. */
	const struct np_span_addr *spans;
	size_t span_count;
	unsigned page_bytes;
	/* Called between parts of a long reading, may be NULL. Not 0: the reading ends with that error. */
	int (*interrupt)(void *argument);
	void *interrupt_argument;
};

/* What one full reading said. Zero-initialised by the caller; np_read_free(). */
struct np_read {
	struct np_text text; /* of a file that is text, whole */
	bool counted;	     /* pages means something */
	uint64_t pages;	     /* how many pages of the spans the reader found */
	uint64_t *by_span;   /* the same by span; the caller's, of span_count, or NULL: not asked for */
	uint64_t bytes_read; /* 0 where nothing was read at all: an exited target's files are empty */
};

enum np_reader_kind {
	NP_READER_FILE,	   /* a file of /proc/PID, text */
	NP_READER_CALL,	   /* a system call, or pagemap */
	NP_READER_WALK,	   /* numaprobe's own */
	NP_READER_CONTROL, /* reads nothing of the target */
};

struct np_reader {
	const char *name; /* as the user names it */
	enum np_reader_kind kind;
	const char *source; /* "/proc/PID/smaps", "move_pages(2)", for humans */
	const char *cost;   /* what it locks and holds, for humans */
	bool counts;	    /* it can say how many pages are resident */
	bool takes_reference; /* it holds the address space while it reads: mm_users, see cost */
	/*
	 * One full reading, from opening to the end, as a monitoring program does it. 0; -ENOTSUP: this kernel or this
	 * run lacks it; -ESRCH: the target has exited; or another -errno. What was said is in *ret.
	 */
	int (*read)(const struct np_reader *reader, const struct np_reading *reading, struct np_read *ret);
};

/* Ends with a row whose name is NULL. */
extern const struct np_reader np_readers[];

/* By name, of so many bytes; NULL: there is none. */
const struct np_reader *np_reader_find(const char *name, size_t length);

void np_read_free(struct np_read *read);

#endif
