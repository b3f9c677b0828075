/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the bits of a page-table entry mean, as one table for all architectures.
 *
 * Hinted and PROT_NONE entries look the same: the mapping's permissions decide (include/linux/pgtable.h: in an
 * accessible mapping pte_protnone() means NUMA hinting).
 */
#ifndef NUMAPROBE_ARCH_H
#define NUMAPROBE_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "../frames.h"
#include "../state.h"

/* (entry & mask) == value; a mask of 0 never matches. */
struct np_bits {
	uint64_t mask, value;
};

struct np_bit_field {
	unsigned shift, width;
};

struct np_arch {
	const char *name;
	struct np_bits present;		  /* base page */
	struct np_bits table;		  /* levels 2 and up */
	struct np_bits huge;		  /* present leaf of levels 2 and up */
	struct np_bits inaccessible;	  /* base page: hinted or PROT_NONE */
	struct np_bits inaccessible_huge;
	struct np_bits transient;	  /* levels 2 and up: invalid for a moment, read again */
	struct np_bits swap;		  /* neither present nor inaccessible: a swap entry, if not 0 */
	uint64_t special;		  /* no counted page behind it */
	uint64_t frame;			  /* address bits of a leaf or table */
	bool inaccessible_inverted;	  /* the frame of an entry that is not present is stored inverted */
	struct np_bit_field swap_type, swap_offset;
	bool swap_offset_inverted;
};

extern const struct np_arch np_arch_x86_64;
extern const struct np_arch np_arch_arm64;	/* since 6.10 */
extern const struct np_arch np_arch_arm64_old;	/* up to 6.9 */

/* This machine's; NULL: not known. */
const struct np_arch *np_arch_native(void);

/* Bits of an address that are no address, because memory encryption uses them (AMD SME and SEV); else 0. */
uint64_t np_arch_encryption_mask(void);

#define NP_SWAP_TYPES 32

/* States of swap types that are found out only when an entry has one of them: hardly any process does. */
struct np_late_states {
	enum np_state (*state)(struct np_late_states *self, unsigned swap_type);
};

/* Everything that decoding needs to know of the running kernel. */
struct np_decoder {
	const struct np_arch *arch;
	uint64_t frame_mask;		      /* arch->frame without encryption bits */
	const struct np_frames *frames;
	uint64_t zero_frame, huge_zero_frame; /* UINT64_MAX: not known */
	uint8_t swap_states[NP_SWAP_TYPES];   /* enum np_state by swap type */
	struct np_late_states *late;	      /* asked where swap_states says NP_UNKNOWN; NULL: nobody knows more */
};

/*
 * What a kernel keeps at the upper end of the swap types, as far as is known. include/linux/swap.h counts them
 * from the top: [hwpoison] [migration] [device] [marker] [swap-in error].
 */
struct np_swap_layout {
	int hwpoison, migration, device, marker, swapin_error; /* how many types; -1: not known */
};

/*
 * States by swap type. A type whose meaning differs between the layouts that are still possible is
 * NP_UNKNOWN, never a guess.
 */
void np_swap_states(const struct np_swap_layout *layout, uint8_t ret[NP_SWAP_TYPES]);

#define NP_ENTRY_TABLE (-1)
#define NP_ENTRY_TRANSIENT (-2)

/*
 * The code of an entry at a level (1: base pages), NP_ENTRY_TABLE or NP_ENTRY_TRANSIENT. hint is the caller's
 * cache of the last range of frames, 0 at first.
 */
int np_decode(const struct np_decoder *decoder, uint64_t entry, unsigned level,
	      const struct np_frame_range **hint);

#endif
