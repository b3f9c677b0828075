/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the BPF program and its loader agree on. Both include it; only fixed-size types. */
#ifndef NUMAPROBE_WALK_ABI_H
#define NUMAPROBE_WALK_ABI_H

#define NP_TABLE_ENTRIES 512 /* 4-KiB tables of 8-byte entries: x86-64, and arm64 with 4-KiB pages */
#define NP_TABLE_BYTES 4096
#define NP_MAX_LEVELS 5 /* level 1 holds base pages, level 2 huge pages or level-1 tables, ... */
/*
 * Level-1 tables copied by one run: 32 of them are 64 MiB of address space. The verifier walks the loop
 * once a table, so more would cost start-up time; their parents' 32 entries use half of a BPF stack.
 */
#define NP_WINDOW 32
#define NP_WINDOW_ALL 0xffffffffULL

#define NP_NO_OFFSET 0xffffffffU

/* Where the kernel's structures keep what the program needs, in bytes; from BTF, set before loading. */
struct np_offsets {
	__u32 task_mm, task_files;
	__u32 files_fdt;
	__u32 fdtable_max_fds, fdtable_fd;
	__u32 file_f_op, file_private_data;
	__u32 mm_pgd, mm_users;
	/* NP_NO_OFFSET: this kernel's locks look otherwise (PREEMPT_RT), and each is taken for held */
	__u32 mm_mmap_lock, rwsem_count;
};

/* How a table entry is told from a leaf, and where its address is; set before loading. */
struct np_table_format {
	__u64 table_mask, table_value;
	__u64 address_mask;
};

enum np_run_status {
	NP_RUN_DONE,
	NP_RUN_STOPPED,	    /* no table at the wanted level: stop_level and stop_entry say what is there instead */
	NP_RUN_CHANGED,	    /* the tables above changed meanwhile: nothing of the copy may be believed */
	NP_RUN_NOT_PAGEMAP, /* the descriptor is no /proc/PID/pagemap */
	NP_RUN_EXITED,	    /* the process has given its memory back */
	NP_RUN_FAULT,	    /* the kernel could not read there */
	NP_RUN_REFUSED,	    /* the direct map was not found yet, or was found already */
};

/* Finding the direct map. */
struct np_find {
	__u64 nonce_addr, nonce; /* a page of the caller that holds the nonce */
	__u64 base;		 /* candidate; 0: only tell where the page table is */
	__u32 levels;
	__s32 pagemap_fd; /* the caller's own /proc/self/pagemap */
	__u64 pgd;	  /* out: kernel address of the top table. It never leaves the loader. */
	__u32 status;	  /* out: NP_RUN_DONE where the nonce was found: base and levels are kept */
	__u32 unused;
};

/* Copying tables. */
struct np_copy {
	__u64 addr;	  /* any address below the wanted table */
	__u32 level;	  /* of the table; 1: up to NP_WINDOW level-1 tables, around addr */
	__s32 pagemap_fd;
	__u32 status;	  /* out */
	__u32 stop_level; /* out */
	__u64 stop_entry; /* out */
	__u64 leaves;	  /* in, level 1: bit i: copy window entry i and its table; the others are left as they are */
	__u64 changed;	  /* out, level 1: bit i: window entry i changed while its table was copied */
	__u64 failed;	  /* out, level 1: bit i: its table could not be read */
	__u64 lock_held;  /* out: 0: the mmap lock was free just before and just after, as far as can be seen */
};

/* Where the copies go. Mapped by the loader alone. */
struct np_tables {
	__u64 entries[NP_TABLE_ENTRIES]; /* the table; level 1: in the first NP_WINDOW places, the parents' entries */
	__u64 leaves[NP_WINDOW][NP_TABLE_ENTRIES];
};

#endif
