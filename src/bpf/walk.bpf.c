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
	return table + ((addr >> (12 + NP_TABLE_BITS * (level - 1))) & (NP_TABLE_ENTRIES - 1)) * 8;
}

/*
 * The functions below that are not inlined are global: the verifier goes through each of them once, with arguments
 * of any value, and not once for each call and each way to it. That is most of what loading costs.
 */

struct way {
	__u64 table; /* in: the top table. out: the table at the wanted level; kernel addresses */
	__u64 base;
	__u64 addr;
	__u64 entry; /* out: the last entry read */
	__u32 level; /* in: where table is. out: where it stopped */
	__u32 unused;
};

/* From the top table down to the table at this level; enum np_run_status. */
__noinline int descend(struct way *way, __u32 level)
{
	__u64 table, entry;
	__u32 at;

	if (!way)
		return NP_RUN_REFUSED;
	table = way->table;
	at = way->level;
	for (int i = 1; i < NP_MAX_LEVELS && at > level; i++, at--) {
		way->level = at;
		if (!read_u64(slot_of(table, way->addr, at), &entry))
			return NP_RUN_FAULT;
		way->entry = entry;
		if (!is_table(entry))
			return NP_RUN_STOPPED;
		table = way->base + (entry & format.address_mask);
	}
	way->table = table;
	return NP_RUN_DONE;
}

/* Whether walking the caller's own tables with these levels and this base reaches its nonce. */
__noinline int reaches(struct way *way, __u64 nonce)
{
	__u64 entry, found;

	return way && descend(way, 1) == NP_RUN_DONE && read_u64(slot_of(way->table, way->addr, 1), &entry) &&
	       read_u64(way->base + (entry & format.address_mask) + (way->addr & 4095), &found) && found == nonce;
}

/* One candidate for the base of the direct map. Works once. */
SEC("syscall")
int np_find_direct_map(struct np_find *ctx)
{
	struct trust *trust = bpf_map_lookup_elem(&trust_map, &first);
	__u64 mm, file, f_op;
	struct way way = { .base = ctx->base, .addr = ctx->nonce_addr, .level = ctx->levels };

	ctx->status = NP_RUN_REFUSED;
	if (!trust || trust->found)
		return 0;
	ctx->status = NP_RUN_FAULT;
	if (!read_u64(bpf_get_current_task() + offsets.task_mm, &mm) || !mm ||
	    !read_u64(mm + offsets.mm_pgd, &way.table))
		return 0;
	ctx->pgd = way.table;
	if (!ctx->base || !reaches(&way, ctx->nonce) || !file_of(ctx->pagemap_fd, &file) ||
	    !read_u64(file + offsets.file_f_op, &f_op))
		return 0;
	trust->pagemap_f_op = f_op;
	trust->base = ctx->base;
	trust->levels = ctx->levels;
	trust->found = 1;
	ctx->status = NP_RUN_DONE;
	return 0;
}

#define FAILED 1
#define CHANGED (1ULL << 32)

/*
 * The level-1 table behind a slot of a level-2 table, to place i of the window, if that one is wanted. What the table
 * is reached by is read before and after; the accessed bit may come and go, what matters is that it leads to the same
 * table.
 */
__noinline __u64 copy_leaf(__u64 slot, __u64 i, __u64 wanted)
{
	struct trust *trust = bpf_map_lookup_elem(&trust_map, &first);
	struct np_tables *out = bpf_map_lookup_elem(&tables_map, &first);
	__u64 entry, now;

	if (!trust || !out || i >= NP_WINDOW)
		return FAILED;
	if (!(wanted >> i & 1))
		return 0;
	if (!read_u64(slot, &entry))
		return FAILED;
	out->entries[i] = entry;
	if (!is_table(entry))
		return 0;
	if (bpf_probe_read_kernel(out->leaves[i], NP_TABLE_BYTES,
				  (const void *)(trust->base + (entry & format.address_mask))))
		return FAILED;
	if (!read_u64(slot, &now) || ((now ^ entry) & (format.table_mask | format.address_mask)))
		return CHANGED;
	return 0;
}

/* Eight of them; bit k of the lower half: copy k failed, of the upper half: it changed. */
__noinline __u64 copy_leaves(__u64 slot, __u64 i, __u64 wanted)
{
	__u64 result = 0;

#pragma unroll
	for (__u32 k = 0; k < 8; k++)
		result |= copy_leaf(slot + 8 * k, i + k, wanted) << k;
	return result;
}

/* The level-1 tables of the window around addr; way leads to the level-2 table. */
static __always_inline __u32 copy_window(struct np_copy *ctx, const struct way *way)
{
	__u64 window = slot_of(way->table, way->addr, 2) & ~(__u64)(NP_WINDOW * 8 - 1);
	__u64 changed = 0, failed = 0;

#pragma unroll
	for (__u32 i = 0; i < NP_WINDOW; i += 8) {
		__u64 result = copy_leaves(window + 8 * i, i, ctx->leaves);

		failed |= (result & 0xff) << i;
		changed |= (result >> 32 & 0xff) << i;
	}
	ctx->changed = changed;
	ctx->failed = failed;
	return NP_RUN_DONE;
}

/* The upper half of the top table is the kernel's, and nobody's business. */
static __always_inline __u32 copy_table(const struct way *way, bool top, struct np_tables *out)
{
	if (bpf_probe_read_kernel(out->entries, top ? NP_TABLE_BYTES / 2 : NP_TABLE_BYTES, (const void *)way->table))
		return NP_RUN_FAULT;
	return NP_RUN_DONE;
}

/*
 * 0: nobody held the mmap lock, at this moment. Who rewrites many entries holds it: mprotect() for writing, the NUMA
 * scanner for reading (kernel/sched/fair.c: task_numa_work(); read in 6.1, 6.12, 7.2).
 */
static __always_inline __u64 lock_held(__u64 mm)
{
	__u64 count;

	if (offsets.mm_mmap_lock == NP_NO_OFFSET || offsets.rwsem_count == NP_NO_OFFSET ||
	    !read_u64(mm + offsets.mm_mmap_lock + offsets.rwsem_count, &count))
		return 1;
	return count;
}

SEC("syscall")
int np_copy_tables(struct np_copy *ctx)
{
	struct trust *trust = bpf_map_lookup_elem(&trust_map, &first);
	struct np_tables *out = bpf_map_lookup_elem(&tables_map, &first);
	__u32 level = ctx->level, above = level == 1 ? 2 : level, users;
	__u64 file, f_op, mm, pgd, table;
	struct way way = { .addr = ctx->addr };

	ctx->status = NP_RUN_REFUSED;
	if (!trust || !out || !trust->found || level < 1 || level > trust->levels)
		return 0;
	/* The direct map and everything else of the kernel is above: keep to the half that processes have. */
	if (way.addr >> (12 + NP_TABLE_BITS * trust->levels - 1))
		return 0;
	ctx->status = NP_RUN_NOT_PAGEMAP;
	if (!file_of(ctx->pagemap_fd, &file) || !read_u64(file + offsets.file_f_op, &f_op) ||
	    f_op != trust->pagemap_f_op)
		return 0;
	ctx->status = NP_RUN_EXITED;
	if (!read_u64(file + offsets.file_private_data, &mm) || !mm ||
	    !read_u32(mm + offsets.mm_users, &users) || !users || !read_u64(mm + offsets.mm_pgd, &pgd))
		return 0;

	way.table = pgd;
	way.base = trust->base;
	way.level = trust->levels;
	ctx->status = descend(&way, above);
	ctx->stop_level = way.level;
	ctx->stop_entry = way.entry;
	if (ctx->status != NP_RUN_DONE)
		return 0;
	ctx->lock_held = lock_held(mm);
	ctx->status = level == 1 ? copy_window(ctx, &way) : copy_table(&way, level == trust->levels, out);
	ctx->lock_held = (ctx->lock_held | lock_held(mm)) != 0;
	if (ctx->status != NP_RUN_DONE)
		return 0;
	table = way.table;
	way.table = pgd;
	way.level = trust->levels;
	if (descend(&way, above) != NP_RUN_DONE || way.table != table)
		ctx->status = NP_RUN_CHANGED;
	else if (!read_u32(mm + offsets.mm_users, &users) || !users)
		ctx->status = NP_RUN_EXITED;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
