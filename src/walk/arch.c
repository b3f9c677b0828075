// SPDX-License-Identifier: GPL-2.0-or-later
/* Page-table entries of each architecture, decoded. */
#include "arch.h"

#include <stddef.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define BIT(n) (1ULL << (n))
#define BITS(high, low) ((~0ULL >> (63 - (high))) & (~0ULL << (low)))

/*
 * arch/x86/include/asm/pgtable_types.h, pgtable-invert.h, pgtable_64.h (the same in 6.1, 6.12, 7.2). Bit 8 is
 * GLOBAL in a present entry and PROTNONE in one that is not; bit 7 makes an entry of an upper level a leaf.
 * The frame of an entry that is not present is inverted on every CPU, against L1TF (6b28baca9b1f,
 * "x86/speculation/l1tf: Protect PROT_NONE PTEs against speculation", 4.19).
 * Neither bit 1 (write) nor NX tells anything here: up to 6.2 a hinted entry keeps its write bit.
 */
const struct np_arch np_arch_x86_64 = {
	.name = "x86_64",
	.present = { BIT(0), BIT(0) },
	.table = { BIT(0) | BIT(7), BIT(0) },
	.huge = { BIT(0) | BIT(7), BIT(0) | BIT(7) },
	.inaccessible = { BIT(0) | BIT(8), BIT(8) },
	.inaccessible_huge = { BIT(0) | BIT(7) | BIT(8), BIT(7) | BIT(8) },
	.transient = { BIT(0) | BIT(7) | BIT(8), BIT(7) },
	.swap = { BIT(0) | BIT(7) | BIT(8), 0 },
	.special = BIT(9),
	.frame = BITS(51, 12),
	.inaccessible_inverted = true,
	.swap_type = { 59, 5 },
	.swap_offset = { 9, 50 },
	.swap_offset_inverted = true,
};

/*
 * arch/arm64/include/asm/pgtable-prot.h and pgtable.h since 6.10: an entry that is not valid but has bit 11
 * (PTE_PRESENT_INVALID) is present; it is PROT_NONE where it is not for EL0 (bit 6) and never executable there
 * (bit 54), else a huge entry on its way. Read in source, not run.
 */
const struct np_arch np_arch_arm64 = {
	.name = "arm64",
	.present = { BIT(0), BIT(0) },
	.table = { BIT(0) | BIT(1), BIT(0) | BIT(1) },
	.huge = { BIT(0) | BIT(1), BIT(0) },
	.inaccessible = { BIT(0) | BIT(6) | BIT(11) | BIT(54), BIT(11) | BIT(54) },
	.inaccessible_huge = { BIT(0) | BIT(6) | BIT(11) | BIT(54), BIT(11) | BIT(54) },
	.transient = { BIT(0) | BIT(11), BIT(11) },
	.swap = { BIT(0) | BIT(1) | BIT(11), 0 },
	.special = BIT(56),
	.frame = BITS(47, 12),
	.swap_type = { 6, 5 },
	.swap_offset = { 12, 50 },
};

/* Up to 6.9: PTE_PROT_NONE is bit 58, a huge entry on its way has bit 59 (PMD_PRESENT_INVALID). */
const struct np_arch np_arch_arm64_old = {
	.name = "arm64",
	.present = { BIT(0), BIT(0) },
	.table = { BIT(0) | BIT(1), BIT(0) | BIT(1) },
	.huge = { BIT(0) | BIT(1), BIT(0) },
	.inaccessible = { BIT(0) | BIT(58), BIT(58) },
	.inaccessible_huge = { BIT(0) | BIT(58), BIT(58) },
	.transient = { BIT(0) | BIT(58) | BIT(59), BIT(59) },
	.swap = { BIT(0) | BIT(1) | BIT(58), 0 },
	.special = BIT(56),
	.frame = BITS(47, 12),
	.swap_type = { 3, 5 },
	.swap_offset = { 8, 50 },
};

const struct np_arch *np_arch_native(void)
{
#if defined(__x86_64__)
	return &np_arch_x86_64;
#else
	/* The decoder has arm64's rows, but telling its two encodings apart on a running kernel was never tried. */
	return NULL;
#endif
}

/* AMD APM volume 3, CPUID Fn8000_001F: EAX bits 0 and 1 say SME and SEV, EBX[5:0] where the C-bit is. */
uint64_t np_arch_encryption_mask(void)
{
#if defined(__x86_64__)
	unsigned eax, ebx, ecx, edx;

	if (__get_cpuid_count(0x8000001f, 0, &eax, &ebx, &ecx, &edx) && (eax & 3))
		return BIT(ebx & 63);
#endif
	return 0;
}

static enum np_state swap_state_in(const struct np_swap_layout *layout, int type)
{
	const struct {
		int count;
		enum np_state state;
	} from_the_top[] = {
		{ layout->swapin_error, NP_POISONED },
		{ layout->marker, NP_MARKER },
		{ layout->device, NP_DEVICE },
		{ layout->migration, NP_MIGRATING },
		{ layout->hwpoison, NP_POISONED },
	};
	int lowest = NP_SWAP_TYPES;

	for (size_t i = 0; i < sizeof(from_the_top) / sizeof(*from_the_top); i++) {
		lowest -= from_the_top[i].count;
		if (type >= lowest)
			return from_the_top[i].state;
	}
	return NP_SWAPPED;
}

/* What was ever used for a count that is not known: include/linux/swap.h of 5.14 to 7.2. */
static int candidates(int known, const int *possible, int ret[4])
{
	int count = 0;

	if (known >= 0) {
		ret[0] = known;
		return 1;
	}
	for (; possible[count] >= 0; count++)
		ret[count] = possible[count];
	return count;
}

static void merge_layout(const struct np_swap_layout *layout, bool first_one, uint8_t *states)
{
	for (int type = 0; type < NP_SWAP_TYPES; type++) {
		uint8_t state = (uint8_t)swap_state_in(layout, type);

		if (first_one)
			states[type] = state;
		else if (states[type] != state)
			states[type] = NP_UNKNOWN;
	}
}

void np_swap_states(const struct np_swap_layout *layout, uint8_t ret[NP_SWAP_TYPES])
{
	static const int hwpoisons[] = { 0, 1, -1 }, migrations[] = { 0, 2, 3, -1 }, devices[] = { 0, 2, 3, 4, -1 },
			 markers[] = { 0, 1, -1 }, errors[] = { 0, 1, -1 };
	int h[4], m[4], d[4], k[4], e[4];
	int hs = candidates(layout->hwpoison, hwpoisons, h), ms = candidates(layout->migration, migrations, m);
	int ds = candidates(layout->device, devices, d), ks = candidates(layout->marker, markers, k);
	int es = candidates(layout->swapin_error, errors, e);
	bool first_one = true;

	for (int i = 0; i < hs * ms * ds * ks * es; i++) {
		struct np_swap_layout one = { h[i % hs], m[i / hs % ms], d[i / hs / ms % ds],
					      k[i / hs / ms / ds % ks], e[i / hs / ms / ds / ks] };

		merge_layout(&one, first_one, ret);
		first_one = false;
	}
}

static bool matches(uint64_t entry, struct np_bits bits)
{
	return bits.mask && (entry & bits.mask) == bits.value;
}

static uint64_t field(uint64_t entry, struct np_bit_field at)
{
	return entry >> at.shift & ((1ULL << at.width) - 1);
}

/* swapops.h: PTE_MARKER_UFFD_WP 1, PTE_MARKER_POISONED 2, PTE_MARKER_GUARD 4 (6.13). */
#define MARKER_POISONED 2
#define MARKER_GUARD 4
#define MARKER_LARGEST 7

static enum np_state swap_state(const struct np_decoder *decoder, unsigned type)
{
	enum np_state state = decoder->swap_states[type];

	return state == NP_UNKNOWN && decoder->late ? decoder->late->state(decoder->late, type) : state;
}

static enum np_state decode_swap(const struct np_decoder *decoder, uint64_t entry)
{
	const struct np_arch *arch = decoder->arch;
	enum np_state state = swap_state(decoder, (unsigned)field(entry, arch->swap_type));
	uint64_t offset = field(arch->swap_offset_inverted ? ~entry : entry, arch->swap_offset);

	if (state != NP_MARKER)
		return state;
	if (offset > MARKER_LARGEST)
		return NP_UNKNOWN;
	return offset & MARKER_GUARD ? NP_GUARD : offset & MARKER_POISONED ? NP_POISONED : NP_MARKER;
}

static int decode_leaf(const struct np_decoder *decoder, uint64_t entry, enum np_state state, enum np_size size,
		       const struct np_frame_range **hint)
{
	const struct np_arch *arch = decoder->arch;
	bool inverted = state == NP_INACCESSIBLE && arch->inaccessible_inverted;
	/* The low bits of a huge leaf's address hold flags (bit 12 is PAT on x86-64). */
	uint64_t low = (1ULL << (12 + 9 * (unsigned)size)) - 1;
	uint64_t frame = ((inverted ? ~entry : entry) & decoder->frame_mask & ~low) >> 12;
	uint64_t zero_frame = size == NP_SIZE_BASE ? decoder->zero_frame : decoder->huge_zero_frame;
	int node;

	if (frame == zero_frame)
		return np_code_make(NP_ZERO, size, 0);
	if (entry & arch->special)
		return np_code_make(NP_SPECIAL, size, 0);
	node = np_frames_node_near(decoder->frames, frame, hint);
	return node < 0 ? np_code_make(NP_UNKNOWN, size, 0) : np_code_make(state, size, (unsigned)node);
}

int np_decode(const struct np_decoder *decoder, uint64_t entry, unsigned level,
	      const struct np_frame_range **hint)
{
	const struct np_arch *arch = decoder->arch;
	enum np_size size = (enum np_size)(level - 1 < 3 ? level - 1 : 3);
	bool base = level == 1;

	if (!entry)
		return np_code_make(NP_ABSENT, 0, 0);
	if (!base && matches(entry, arch->table))
		return NP_ENTRY_TABLE;
	if (level > 3) /* no leaf is that large */
		return np_code_make(NP_UNKNOWN, 0, 0);
	if (matches(entry, base ? arch->present : arch->huge))
		return decode_leaf(decoder, entry, NP_PRESENT, size, hint);
	if (matches(entry, base ? arch->inaccessible : arch->inaccessible_huge))
		return decode_leaf(decoder, entry, NP_INACCESSIBLE, size, hint);
	if (!base && matches(entry, arch->transient))
		return NP_ENTRY_TRANSIENT;
	if (matches(entry, arch->swap))
		return np_code_make(decode_swap(decoder, entry), size, 0);
	return np_code_make(NP_UNKNOWN, size, 0);
}
