// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copies page tables of the process behind a /proc/PID/pagemap descriptor, through the kernel's direct map.
 *
 * Every address that is read starts at that process's own top table and goes down by entries read here: the
 * caller names an address of user space and a level, never a kernel address. Whatever was copied is believed
 * only if the way down is still the same after the copy, since a table may be freed while it is read.
 *
 * pagemap_open() keeps the mm_struct in private_data and holds mm_count, not mm_users (fs/proc/task_mmu.c,
 * proc_mem_open(), since v3.17; read in 6.1, 6.12, 7.2), so the top table outlives every run.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>

#include "walk_abi.h"

const volatile struct np_offsets offsets = {};
const volatile struct np_table_format format = {};

/* What finding the direct map has settled; user space can't write it: its descriptor is closed before serving. */
struct trust {
	__u64 base;
	__u64 pagemap_f_op;
	__u32 levels;
	__u32 found;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct trust);
} trust_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct np_tables);
} tables_map SEC(".maps");

static const __u32 first = 0;

static __always_inline bool read_u64(__u64 addr, __u64 *ret)
{
	return bpf_probe_read_kernel(ret, sizeof(*ret), (const void *)addr) == 0;
}

static __always_inline bool read_u32(__u64 addr, __u32 *ret)
{
	return bpf_probe_read_kernel(ret, sizeof(*ret), (const void *)addr) == 0;
}

/* The struct file behind a descriptor of the calling process. */
static __always_inline bool file_of(__s32 fd, __u64 *ret)
{
	__u64 files, fdt, fds;
	__u32 max_fds;

	return read_u64(bpf_get_current_task() + offsets.task_files, &files) &&
	       read_u64(files + offsets.files_fdt, &fdt) &&
	       read_u32(fdt + offsets.fdtable_max_fds, &max_fds) &&
	       (__u32)fd < max_fds &&
	       read_u64(fdt + offsets.fdtable_fd, &fds) &&
	       read_u64(fds + (__u64)(__u32)fd * 8, ret) && *ret;
}

static __always_inline bool is_table(__u64 entry)
{
	return (entry & format.table_mask) == format.table_value;
}

static __always_inline __u64 slot_of(__u64 table, __u64 addr, __u32 level)
{
	return table + ((addr >> (12 + 9 * (level - 1))) & (NP_TABLE_ENTRIES - 1)) * 8;
}

struct way {
	__u64 table; /* kernel address of the table at the wanted level */
	__u64 entry; /* where it stopped: the last entry read */
	__u32 level; /* where it stopped */
	__u32 status;
};

/* From the top table down to the table at this level. */
static __always_inline void descend(__u64 pgd, __u64 base, __u32 levels, __u64 addr, __u32 level, struct way *ret)
{
	ret->table = pgd;
	ret->entry = 0;
	ret->status = NP_RUN_DONE;
#pragma unroll
	for (__u32 at = NP_MAX_LEVELS; at > 1; at--) {
		if (at > levels || at <= level || ret->status != NP_RUN_DONE)
			continue;
		ret->level = at;
		if (!read_u64(slot_of(ret->table, addr, at), &ret->entry))
			ret->status = NP_RUN_FAULT;
		else if (!is_table(ret->entry))
			ret->status = NP_RUN_STOPPED;
		else
			ret->table = base + (ret->entry & format.address_mask);
	}
}

/*
 * One candidate for the base of the direct map: right if walking the caller's own tables with it reaches the
 * caller's nonce. Works once.
 */
SEC("syscall")
int np_find_direct_map(struct np_find *ctx)
{
	struct trust *trust = bpf_map_lookup_elem(&trust_map, &first);
	__u64 mm, pgd, file, entry, nonce, f_op;
	struct way way = {};

	ctx->status = NP_RUN_REFUSED;
	if (!trust || trust->found)
		return 0;
	ctx->status = NP_RUN_FAULT;
	if (!read_u64(bpf_get_current_task() + offsets.task_mm, &mm) || !mm ||
	    !read_u64(mm + offsets.mm_pgd, &pgd))
		return 0;
	ctx->pgd = pgd;
	if (!ctx->base)
		return 0;
	descend(pgd, ctx->base, ctx->levels, ctx->nonce_addr, 1, &way);
	if (way.status != NP_RUN_DONE || !read_u64(slot_of(way.table, ctx->nonce_addr, 1), &entry) ||
	    !read_u64(ctx->base + (entry & format.address_mask) + (ctx->nonce_addr & 4095), &nonce) ||
	    nonce != ctx->nonce)
		return 0;
	if (!file_of(ctx->pagemap_fd, &file) || !read_u64(file + offsets.file_f_op, &f_op))
		return 0;
	trust->pagemap_f_op = f_op;
	trust->base = ctx->base;
	trust->levels = ctx->levels;
	trust->found = 1;
	ctx->status = NP_RUN_DONE;
	return 0;
}

/* The upper half of the top table is the kernel's, and nobody's business. */
static __always_inline __u32 copy_table(const struct way *way, bool top, struct np_tables *out)
{
	if (bpf_probe_read_kernel(out->entries, top ? NP_TABLE_BYTES / 2 : NP_TABLE_BYTES, (const void *)way->table))
		return NP_RUN_FAULT;
	return NP_RUN_DONE;
}

/* The level-1 tables of the window around addr; way leads to the level-2 table. */
static __always_inline __u32 copy_window(struct np_copy *ctx, __u64 base, const struct way *way, struct np_tables *out)
{
	__u64 parents[NP_WINDOW]; /* not in out, which is the loader's too */
	__u64 changed = 0, failed = 0;
	__u64 window = slot_of(way->table, ctx->addr, 2) & ~(__u64)(NP_WINDOW * 8 - 1);

	if (bpf_probe_read_kernel(parents, sizeof(parents), (const void *)window))
		return NP_RUN_FAULT;
	for (__u32 i = 0; i < NP_WINDOW; i++) {
		if (is_table(parents[i]) &&
		    bpf_probe_read_kernel(out->leaves[i], NP_TABLE_BYTES,
					  (const void *)(base + (parents[i] & format.address_mask))))
			failed |= (__u64)1 << i;
		out->entries[i] = parents[i];
	}
	/* The accessed bit may come and go: what matters is that it leads to the same table. */
	for (__u32 i = 0; i < NP_WINDOW; i++) {
		__u64 now = 0;

		if (is_table(parents[i]) &&
		    (!read_u64(window + i * 8, &now) ||
		     ((now ^ parents[i]) & (format.table_mask | format.address_mask))))
			changed |= (__u64)1 << i;
	}
	ctx->changed = changed;
	ctx->failed = failed;
	return NP_RUN_DONE;
}

SEC("syscall")
int np_copy_tables(struct np_copy *ctx)
{
	struct trust *trust = bpf_map_lookup_elem(&trust_map, &first);
	struct np_tables *out = bpf_map_lookup_elem(&tables_map, &first);
	__u32 level = ctx->level, users;
	struct way before = {}, after = {};
	__u64 file, f_op, mm, pgd, addr = ctx->addr;

	ctx->status = NP_RUN_REFUSED;
	if (!trust || !out || !trust->found || level < 1 || level > trust->levels)
		return 0;
	/* The direct map and everything else of the kernel is above: keep to the half that processes have. */
	if (addr >> (12 + 9 * trust->levels - 1))
		return 0;
	ctx->status = NP_RUN_NOT_PAGEMAP;
	if (!file_of(ctx->pagemap_fd, &file) || !read_u64(file + offsets.file_f_op, &f_op) ||
	    f_op != trust->pagemap_f_op)
		return 0;
	ctx->status = NP_RUN_EXITED;
	if (!read_u64(file + offsets.file_private_data, &mm) || !mm ||
	    !read_u32(mm + offsets.mm_users, &users) || !users || !read_u64(mm + offsets.mm_pgd, &pgd))
		return 0;

	descend(pgd, trust->base, trust->levels, addr, level == 1 ? 2 : level, &before);
	ctx->status = before.status;
	ctx->stop_level = before.level;
	ctx->stop_entry = before.entry;
	if (before.status != NP_RUN_DONE)
		return 0;
	ctx->status = level == 1 ? copy_window(ctx, trust->base, &before, out) :
				   copy_table(&before, level == trust->levels, out);
	if (ctx->status != NP_RUN_DONE)
		return 0;
	descend(pgd, trust->base, trust->levels, addr, level == 1 ? 2 : level, &after);
	if (after.status != NP_RUN_DONE || after.table != before.table)
		ctx->status = NP_RUN_CHANGED;
	else if (!read_u32(mm + offsets.mm_users, &users) || !users)
		ctx->status = NP_RUN_EXITED;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
