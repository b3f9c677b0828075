/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far the entries of a page table go on alike. Nearly all of a walk's time that is not the copying of tables is
 * spent here, and nearly all tables are alike from their first entry to their last: so many entries are looked at
 * at once, in loops that the compiler makes vector instructions of.
 */
#ifndef NUMAPROBE_ALIKE_H
#define NUMAPROBE_ALIKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "../bpf/walk_abi.h"

/* All bits that every one of some entries has, and all that any of them has. */
struct np_common {
	uint64_t in_all, in_any;
};

/* count is a multiple of 8. */
struct np_common np_common_bits(const __u64 *entries, size_t count);

/* Whether an entry is 0; bits are this table's. */
bool np_table_has_empty(const __u64 entries[NP_TABLE_ENTRIES], const struct np_common *bits);

/*
 * Which entries have one state: those with (entry & key_mask) == key and an address in a range. The address is
 * (entry ^ invert) & address_mask; invert is all ones or 0.
 */
struct np_alike {
	uint64_t key_mask, key;
	uint64_t invert, address_mask;
	uint64_t start, length; /* of the range; below 1 << 63 */
};

/* True: all entries with these bits are alike. False says nothing. */
bool np_alike_all(const struct np_alike *alike, const struct np_common *bits);

/* How many of count entries from the first on are alike, the first of which is. */
size_t np_alike_count(const struct np_alike *alike, const __u64 *entries, size_t count);

#endif
