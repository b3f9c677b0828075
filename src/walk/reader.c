// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs with privilege until the direct map is found; reads nothing that anyone else could have written. */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../files.h"
#include "btf.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion" /* generated */
#include "walk.skel.h"
#pragma GCC diagnostic pop

#define PAGE_BYTES 4096UL
#define HUGE_BYTES (2UL << 20)
#define X86_WRITABLE (1ULL << 1)
#define X86_DIRTY (1ULL << 6)
#define GIGABYTE (1ULL << 30)
#define BTF_LARGEST (256UL << 20)

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* 6.13 */
#endif

static const struct np_swap_layout unknown_layout = { -1, -1, -1, -1, -1 };

/*
 * The kernel's BTF: mapped where it can be (since 6.16, a539e2a6d51d "btf: Allow mmap of vmlinux btf"), else
 * read, which sysfs does a page at a time.
 */
static void *map_btf(size_t *ret_length, int *ret_error)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	struct stat status;
	size_t length, have = 0;
	char *blob;

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size <= 0 || (size_t)status.st_size > BTF_LARGEST) {
		*ret_error = fd < 0 ? errno : EFBIG;
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	length = (size_t)status.st_size;
	blob = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
	if (blob == MAP_FAILED) {
		blob = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		while (blob != MAP_FAILED && have < length) {
			ssize_t n = read(fd, blob + have, length - have);

			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				break;
			have += (size_t)n;
		}
		if (blob != MAP_FAILED && have < length) {
			munmap(blob, length);
			blob = MAP_FAILED;
			errno = EIO;
		}
	}
	*ret_error = blob == MAP_FAILED ? errno : 0;
	close(fd);
	*ret_length = length;
	return blob == MAP_FAILED ? NULL : blob;
}

/*
 * Which swap type is what. Most are plain swap whatever the kernel's options; the others are worth a millisecond
 * for all names of the kernel only where an entry has one, which is after privilege is gone: this makes no call.
 */
static enum np_state late_state(struct np_late_states *late, unsigned swap_type)
{
	struct np_reader_btf *btf = (struct np_reader_btf *)late;
	struct np_swap_layout layout = unknown_layout;

	if (!btf->searched) {
		btf->searched = true;
		if (np_btf_swap_layout(btf->blob, btf->length, &layout) < 0)
			layout = unknown_layout;
		np_swap_states(&layout, btf->swap_states);
	}
	return btf->swap_states[swap_type];
}

static enum np_walk_ready read_btf(struct np_reader_btf *btf, struct np_offsets *offsets, int *ret_error)
{
	int result;

	btf->blob = map_btf(&btf->length, ret_error);
	if (!btf->blob)
		return NP_WALK_NO_BTF;
	result = np_btf_offsets(btf->blob, btf->length, offsets);
	*ret_error = -result;
	return result ? NP_WALK_NO_TYPES : NP_WALK_READY;
}

static int run(int program_fd, void *context, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = context, .ctx_size_in = (__u32)size);

	return bpf_prog_test_run_opts(program_fd, &options);
}

static int copy_tables(struct np_table_source *source, struct np_copy *copy)
{
	struct np_reader *reader = (struct np_reader *)source;

	return run(reader->program_fd, copy, sizeof(*copy));
}

/*
 * The files in a program's /proc/self are root's while it is not dumpable. One with file capabilities is not
 * root, so it becomes dumpable for this one call, which takes nothing from anyone; the capabilities that it
 * holds keep its user's ptrace away (security/commoncap.c: cap_ptrace_access_check()).
 */
static int open_self_pagemap(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	prctl(PR_SET_DUMPABLE, 1);
	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	prctl(PR_SET_DUMPABLE, 0);
	return fd;
}

static bool try_base(int program_fd, struct np_find *find, uint64_t base, unsigned levels)
{
	find->base = base;
	find->levels = levels;
	return run(program_fd, find, sizeof(*find)) == 0 && find->status == NP_RUN_DONE;
}

/*
 * The base of the direct map is not exported, and KASLR moves it by whole gigabytes (arch/x86/mm/kaslr.c:
 * kernel_randomize_memory() aligns to PUD_SIZE). The top table's address lies in it, so the base is some whole
 * number of gigabytes below: the right one is where walking our own tables ends at our own nonce. A wrong one
 * reads other memory, or none, and the read that the BPF helper makes cannot fault.
 */
static enum np_walk_ready find_direct_map(int program_fd, int pagemap_fd, unsigned *ret_levels, int *ret_error)
{
	const uint64_t farthest = 64ULL * 1024; /* 64 TiB: all that 46 bits of physical address hold */
	static volatile uint64_t nonce __attribute__((aligned(4096)));
	struct np_find find = { .nonce_addr = (uintptr_t)&nonce, .pagemap_fd = pagemap_fd };
	uint64_t base;

	if (getrandom(&find.nonce, sizeof(find.nonce), 0) != sizeof(find.nonce)) {
		*ret_error = errno;
		return NP_WALK_NO_DIRECT_MAP;
	}
	nonce = find.nonce;
	if (run(program_fd, &find, sizeof(find)) < 0) { /* where the top table is */
		*ret_error = errno;
		return NP_WALK_NO_RUN;
	}
	base = find.pgd & ~(GIGABYTE - 1);
	for (uint64_t i = 0; base >> 63 && i < farthest; i++, base -= GIGABYTE) {
		for (*ret_levels = 4; *ret_levels <= 5; ++*ret_levels) {
			if (!try_base(program_fd, &find, base, *ret_levels))
				continue;
			nonce = 0;
			return NP_WALK_READY;
		}
	}
	*ret_error = 0;
	return NP_WALK_NO_DIRECT_MAP;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

static void set_format(struct walk_bpf *bpf, const struct np_decoder *decoder, const struct np_offsets *offsets)
{
	/* rodata is const for the program; before loading it is ours to set. */
	memcpy((void *)&bpf->rodata->offsets, offsets, sizeof(*offsets));
	bpf->rodata->format.table_mask = decoder->arch->table.mask;
	bpf->rodata->format.table_value = decoder->arch->table.value;
	bpf->rodata->format.address_mask = decoder->frame_mask;
}

/* What outlives the loading: the program that copies, and the memory it copies to. */
static enum np_walk_ready keep(struct np_reader *reader, const struct walk_bpf *bpf, int *ret_error)
{
	void *tables = mmap(NULL, sizeof(struct np_tables), PROT_READ, MAP_SHARED,
			    bpf_map__fd(bpf->maps.tables_map), 0);

	if (tables == MAP_FAILED) {
		*ret_error = errno;
		return NP_WALK_NO_LOAD;
	}
	reader->program_fd = fcntl(bpf_program__fd(bpf->progs.np_copy_tables), F_DUPFD_CLOEXEC, 3);
	if (reader->program_fd < 0) {
		*ret_error = errno;
		return NP_WALK_NO_LOAD;
	}
	reader->tables = tables;
	return NP_WALK_READY;
}

/*
 * Whether the kernel knows the type of our programs (79a7f8bdb159, "bpf: Introduce bpf_sys_bpf() helper and program
 * type.", 5.14). Asked only when loading failed: before 5.11 the first thing that fails is the memory of a map, which
 * is still charged to RLIMIT_MEMLOCK (EPERM), and no privilege would mend what comes after.
 */
static bool has_program_type(void)
{
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = BPF_F_SLEEPABLE);
	np_cleanup_close int fd = bpf_prog_load(BPF_PROG_TYPE_SYSCALL, "np_nothing", "GPL", nothing,
						sizeof(nothing) / sizeof(*nothing), &options);

	return fd != -EINVAL;
}

static enum np_walk_ready why_not_loaded(int error, int *ret_error)
{
	*ret_error = has_program_type() ? error : 0;
	return *ret_error ? NP_WALK_NO_LOAD : NP_WALK_NO_PROGRAM_TYPE;
}

enum np_walk_ready np_reader_open(struct np_reader *ret, struct np_decoder *decoder, int *ret_error)
{
	struct np_offsets offsets;
	enum np_walk_ready ready;
	struct walk_bpf *bpf;
	int result;

	decoder->arch = np_arch_native();
	*ret_error = 0;
	if (!decoder->arch)
		return NP_WALK_NO_ARCH;
	decoder->frame_mask = decoder->arch->frame & ~np_arch_encryption_mask();
	decoder->zero_frame = decoder->huge_zero_frame = UINT64_MAX;

	ready = read_btf(&ret->btf, &offsets, ret_error);
	if (ready != NP_WALK_READY)
		return ready;
	np_swap_states(&unknown_layout, decoder->swap_states);
	ret->btf.late.state = late_state;
	decoder->late = &ret->btf.late;

	ret->self_pagemap_fd = open_self_pagemap();
	if (ret->self_pagemap_fd < 0) {
		*ret_error = errno;
		return NP_WALK_NO_SELF;
	}
	libbpf_set_print(quiet);
	bpf = walk_bpf__open();
	if (!bpf) {
		*ret_error = errno;
		return NP_WALK_NO_LOAD;
	}
	set_format(bpf, decoder, &offsets);
	result = walk_bpf__load(bpf);
	if (result < 0) {
		walk_bpf__destroy(bpf);
		return why_not_loaded(-result, ret_error);
	}
	ready = find_direct_map(bpf_program__fd(bpf->progs.np_find_direct_map), ret->self_pagemap_fd,
				&ret->source.levels, ret_error);
	if (ready == NP_WALK_READY)
		ready = keep(ret, bpf, ret_error);
	/* Closes the finding program and the map of what was found: from here on, nothing can change it. */
	walk_bpf__destroy(bpf);
	ret->source.copy = copy_tables;
	ret->source.tables = ret->tables;
	return ready;
}

int np_reader_try(struct np_reader *reader)
{
	struct np_copy copy = { .addr = (uintptr_t)reader, .level = 2, .pagemap_fd = reader->self_pagemap_fd };

	return copy_tables(&reader->source, &copy) < 0 ? -errno : 0;
}

/* The entry that maps an address of this program, and its level; 0: none, or it could not be read. */
static uint64_t own_entry(struct np_reader *reader, const void *at, unsigned *ret_level)
{
	uint64_t addr = (uintptr_t)at;
	struct np_copy copy = { .addr = addr, .level = 1, .pagemap_fd = reader->self_pagemap_fd,
				.leaves = NP_WINDOW_ALL };
	size_t window = addr >> 21 & (NP_WINDOW - 1);

	if (copy_tables(&reader->source, &copy) < 0 || copy.status != NP_RUN_DONE ||
	    ((copy.changed | copy.failed) >> window & 1))
		return 0;
	*ret_level = 1;
	if (reader->tables->entries[window] & 1 && reader->tables->entries[window] >> 7 & 1) {
		*ret_level = 2;
		return reader->tables->entries[window];
	}
	return reader->tables->leaves[window][addr >> 12 & (NP_TABLE_ENTRIES - 1)];
}

static uint64_t own_frame(struct np_reader *reader, const struct np_decoder *decoder, const void *at,
			  unsigned wanted_level)
{
	unsigned level = 0;
	uint64_t entry = own_entry(reader, at, &level);

	/* A page of one's own is mapped writable and dirty. It comes instead where the huge zero page is switched off. */
	if (!entry || level != wanted_level || entry & (X86_WRITABLE | X86_DIRTY))
		return UINT64_MAX;
	return (entry & decoder->frame_mask & (level == 2 ? ~(HUGE_BYTES - 1) : ~0ULL)) >> 12;
}

enum np_walk_ready np_reader_learn(struct np_reader *reader, struct np_decoder *decoder)
{
	volatile char *area = mmap(NULL, 2 * HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile char *huge = (volatile char *)(((uintptr_t)area + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1));
	volatile char *small = (volatile char *)area == huge ? huge + HUGE_BYTES : area;
	uint64_t entry;
	unsigned level;

	if (area == MAP_FAILED)
		return NP_WALK_NO_SELF;
	/*
	 * A read of untouched anonymous memory maps the zero page; in a huge page's place the huge one, if it may
	 * (transparent_hugepage/use_zero_page; do_huge_pmd_anonymous_page() in mm/huge_memory.c).
	 */
	madvise((void *)huge, HUGE_BYTES, MADV_HUGEPAGE);
	(void)*huge;
	decoder->huge_zero_frame = own_frame(reader, decoder, (const void *)huge, 2);
	madvise((void *)small, PAGE_BYTES, MADV_NOHUGEPAGE);
	(void)*small;
	decoder->zero_frame = own_frame(reader, decoder, (const void *)small, 1);
	if (decoder->zero_frame != UINT64_MAX && madvise((void *)small, PAGE_BYTES, MADV_GUARD_INSTALL) == 0) {
		entry = own_entry(reader, (const void *)small, &level);
		/* A guard is a marker, so markers are the type that it has. */
		if (entry && !(entry & 1))
			decoder->swap_states[entry >> decoder->arch->swap_type.shift & (NP_SWAP_TYPES - 1)] = NP_MARKER;
	}
	munmap((void *)area, 2 * HUGE_BYTES);
	return decoder->zero_frame == UINT64_MAX ? NP_WALK_NO_SELF : NP_WALK_READY;
}
