// SPDX-License-Identifier: GPL-2.0-or-later
/* One full reading of every kind. */
#include "readers.h"

#include <errno.h>
#include <fcntl.h>
#include <numaif.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "i18n.h"
#include "pagemap_scan.h"

#define BATCH 512	  /* pages: what one page table holds */
#define BUSY_NS 5000000	  /* one round of burning: about what reading the files of a small process takes */

static int interrupted(const struct np_reading *reading)
{
	return reading->interrupt ? reading->interrupt(reading->interrupt_argument) : 0;
}

static int read_file(const struct np_reader *reader, const struct np_reading *reading, struct np_read *ret)
{
	int result = np_read_text(reading->dir_fd, reader->name, &ret->text);

	if (!result)
		ret->bytes_read = ret->text.length;
	return result;
}

/* Pages of one batch, [start, end), that the reader finds, added to *ret_found. */
typedef int (*batch_reader)(const struct np_reading *reading, int fd, uint64_t start, uint64_t end,
			    uint64_t *ret_found);

static int read_spans(const struct np_reading *reading, int fd, uint64_t batch_pages, batch_reader read_batch,
		      struct np_read *ret)
{
	uint64_t step = batch_pages * reading->page_bytes;
	int result = 0;

	ret->counted = true;
	ret->pages = 0;
	for (size_t i = 0; i < reading->span_count && !result; i++) {
		const struct np_span_addr *span = &reading->spans[i];
		uint64_t found = 0;

		for (uint64_t start = span->start; start < span->end && !result; start += step) {
			uint64_t end = span->end - start < step ? span->end : start + step;

			result = read_batch(reading, fd, start, end, &found);
			if (!result)
				result = interrupted(reading);
			ret->bytes_read += end - start;
		}
		if (ret->by_span)
			ret->by_span[i] = found;
		ret->pages += found;
	}
	return result;
}

static int pagemap_batch(const struct np_reading *reading, int fd, uint64_t start, uint64_t end, uint64_t *ret_found)
{
	uint64_t entries[BATCH] = { 0 };
	size_t count = (end - start) / reading->page_bytes, have = 0;

	while (have < count * sizeof(*entries)) {
		ssize_t got = pread(fd, (char *)entries + have, count * sizeof(*entries) - have,
				    (off_t)(start / reading->page_bytes * sizeof(*entries) + have));

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			return -ESRCH; /* the address space is gone */
		have += got > 0 ? (size_t)got : 0;
	}
	for (size_t i = 0; i < count; i++) /* bit 63: present */
		*ret_found += entries[i] >> 63;
	return 0;
}

static int read_pagemap(const struct np_reader *reader, const struct np_reading *reading, struct np_read *ret)
{
	np_cleanup_close int fd = -1;
	int result = np_open(reading->dir_fd, reader->name, O_RDONLY, &fd);

	return result ? result : read_spans(reading, fd, BATCH, pagemap_batch, ret);
}

static int move_pages_batch(const struct np_reading *reading, int fd __attribute__((unused)), uint64_t start,
			    uint64_t end, uint64_t *ret_found)
{
	void *addresses[BATCH];
	int status[BATCH];
	unsigned long count = 0;

	for (uint64_t addr = start; addr < end; addr += reading->page_bytes)
		addresses[count++] = (void *)(uintptr_t)addr;
	if (move_pages(reading->pid, count, addresses, NULL, status, 0) < 0)
		return -errno;
	for (unsigned long i = 0; i < count; i++)
		*ret_found += status[i] >= 0;
	return 0;
}

static int read_move_pages(const struct np_reader *reader __attribute__((unused)), const struct np_reading *reading,
			   struct np_read *ret)
{
	return read_spans(reading, -1, BATCH, move_pages_batch, ret);
}

static int scan_batch(const struct np_reading *reading, int fd, uint64_t start, uint64_t end, uint64_t *ret_found)
{
	struct np_page_region regions[64];

	while (start < end) {
		int count = np_pagemap_scan(fd, &start, end, NP_PAGE_IS_PRESENT, 0, regions,
					    sizeof(regions) / sizeof(regions[0]));

		if (count < 0)
			return count;
		for (int i = 0; i < count; i++)
			*ret_found += (regions[i].end - regions[i].start) / reading->page_bytes;
	}
	return 0;
}

static int read_pagemap_scan(const struct np_reader *reader __attribute__((unused)), const struct np_reading *reading,
			     struct np_read *ret)
{
	np_cleanup_close int fd = -1;
	int result = np_open(reading->dir_fd, "pagemap", O_RDONLY, &fd);

	return result ? result : read_spans(reading, fd, (uint64_t)BATCH * BATCH, scan_batch, ret);
}

/* One byte of each page. Where a page can't be read (PROT_NONE), it is passed over. */
static int vm_readv_batch(const struct np_reading *reading, int fd __attribute__((unused)), uint64_t start,
			  uint64_t end, uint64_t *ret_found)
{
	char bytes[BATCH];
	struct iovec local = { bytes, 0 }, remote[BATCH];

	while (start < end) {
		unsigned long count = 0;
		ssize_t got;

		for (uint64_t addr = start; addr < end; addr += reading->page_bytes)
			remote[count++] = (struct iovec){ (void *)(uintptr_t)addr, 1 };
		local.iov_len = count;
		got = process_vm_readv(reading->pid, &local, 1, remote, count, 0);
		if (got < 0 && errno != EFAULT)
			return errno == ENOSYS ? -ENOTSUP : -errno;
		if (got > 0)
			*ret_found += (uint64_t)got;
		start += ((uint64_t)(got > 0 ? got : 0) + ((unsigned long)(got > 0 ? got : 0) < count)) *
			 reading->page_bytes;
	}
	return 0;
}

static int read_vm_readv(const struct np_reader *reader __attribute__((unused)), const struct np_reading *reading,
			 struct np_read *ret)
{
	int result = read_spans(reading, -1, BATCH, vm_readv_batch, ret);

	ret->counted = false; /* it makes pages present, so what it found says nothing */
	return result;
}

/* Only the cost of the walk is wanted. */
static int forget_runs(struct np_run_taker *self __attribute__((unused)),
		       const struct np_run *runs __attribute__((unused)), size_t count __attribute__((unused)))
{
	return 0;
}

static int read_numaprobe(const struct np_reader *reader __attribute__((unused)), const struct np_reading *reading,
			  struct np_read *ret)
{
	struct np_run_taker taker = { forget_runs };
	uint64_t retries;

	if (!reading->walker)
		return -ENOTSUP;
	ret->bytes_read = 1;
	return np_walker_walk(reading->walker, reading->pagemap_fd, 0, reading->space_end, &taker, &retries);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Burns as a reader does, in the kernel too, and asks nothing of the target. */
static int read_busy(const struct np_reader *reader __attribute__((unused)),
		     const struct np_reading *reading __attribute__((unused)), struct np_read *ret)
{
	uint64_t start = now_ns();
	char bytes[4096];

	while (now_ns() - start < BUSY_NS) {
		np_cleanup_close int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

		if (fd < 0 || read(fd, bytes, sizeof(bytes)) < 0)
			return -errno;
	}
	ret->bytes_read = 1;
	return 0;
}

static int read_nothing(const struct np_reader *reader __attribute__((unused)),
			const struct np_reading *reading __attribute__((unused)),
			struct np_read *ret __attribute__((unused)))
{
	const struct timespec pause = { 0, BUSY_NS };

	nanosleep(&pause, NULL);
	return 0;
}

/*
 * Costs: kernels up to 6.16 take the mmap lock for all of them; 6.17 reads maps, and 7.2 smaps and numa_maps too,
 * under the lock of one mapping (6772c457a865, "fs/proc/task_mmu: execute PROCMAP_QUERY ioctl under per-vma locks",
 * and its neighbours). The reference to the address space (mm_users) is taken by every kernel.
 */
const struct np_reader np_readers[] = {
	{ "maps", NP_READER_FILE, "/proc/PID/maps",
	  N_("holds the address space; its mmap lock, or that of one mapping, a page of text at a time"), false, true,
	  read_file },
	{ "smaps", NP_READER_FILE, "/proc/PID/smaps",
	  N_("holds the address space and its mmap lock, or that of one mapping, and walks its page tables"), true, true,
	  read_file },
	{ "smaps_rollup", NP_READER_FILE, "/proc/PID/smaps_rollup",
	  N_("holds the address space and its mmap lock throughout, and walks its page tables"), true, true, read_file },
	{ "numa_maps", NP_READER_FILE, "/proc/PID/numa_maps",
	  N_("holds the address space and its mmap lock, or that of one mapping, and walks its page tables"), true, true,
	  read_file },
	{ "pagemap", NP_READER_CALL, "/proc/PID/pagemap",
	  N_("holds the address space; its mmap lock for each 2 MiB, and walks its page tables"), true, true,
	  read_pagemap },
	{ "status", NP_READER_FILE, "/proc/PID/status", N_("holds the address space for a moment; no lock of it"), true,
	  true, read_file },
	{ "statm", NP_READER_FILE, "/proc/PID/statm", N_("holds the address space for a moment; no lock of it"), true,
	  true, read_file },
	{ "stat", NP_READER_FILE, "/proc/PID/stat", N_("holds the address space for a moment; no lock of it"), false,
	  true, read_file },
	{ "move_pages", NP_READER_CALL, "move_pages(2)",
	  N_("holds the address space; its mmap lock for each 16 pages, and looks up each page"), true, true,
	  read_move_pages },
	{ "pagemap_scan", NP_READER_CALL, "PAGEMAP_SCAN of /proc/PID/pagemap",
	  N_("holds the address space; its mmap lock until its buffer is full, and walks its page tables"), true, true,
	  read_pagemap_scan },
	{ "process_vm_readv", NP_READER_CALL, "process_vm_readv(2)",
	  N_("holds the address space and its mmap lock for each page, and faults in what is not there"), false, true,
	  read_vm_readv },
	{ "numaprobe", NP_READER_WALK, N_("the page tables, through numaprobe-walk"),
	  N_("neither holds the address space nor locks it"), true, false, read_numaprobe },
	{ "none", NP_READER_CONTROL, N_("nothing"), N_("waits"), false, false, read_nothing },
	{ "busy", NP_READER_CONTROL, N_("nothing of the target"), N_("burns processor time as a reader does"), false,
	  false, read_busy },
	{ 0 },
};

const struct np_reader *np_reader_find(const char *name, size_t length)
{
	for (const struct np_reader *reader = np_readers; reader->name; reader++)
		if (strlen(reader->name) == length && memcmp(reader->name, name, length) == 0)
			return reader;
	return NULL;
}

void np_read_free(struct np_read *read)
{
	np_text_free(&read->text);
	read->counted = false;
	read->pages = read->bytes_read = 0;
}
