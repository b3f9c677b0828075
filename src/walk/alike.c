// SPDX-License-Identifier: GPL-2.0-or-later
/* Loops without a way out of their middle, so that they can be vectorised. */
#include "alike.h"

#ifndef BLOCK
#define BLOCK 64 /* a multiple of 8 */
#endif

/*
 * Two entries, as many as any x86-64 and any arm64 take at once; and four of these side by side, since one alone
 * would wait for its own last result. Written out, for GCC does not unroll at -O2.
 */
typedef uint64_t pair __attribute__((vector_size(16), aligned(8), may_alias));
#define PAIRS 4

struct np_common np_common_bits(const __u64 *entries, size_t count)
{
	const pair *at = (const pair *)entries;
	pair all0 = at[0], all1 = at[1], all2 = at[2], all3 = at[3];
	pair any0 = all0, any1 = all1, any2 = all2, any3 = all3;

	for (size_t i = PAIRS; i < count / 2; i += PAIRS) {
		all0 &= at[i], any0 |= at[i];
		all1 &= at[i + 1], any1 |= at[i + 1];
		all2 &= at[i + 2], any2 |= at[i + 2];
		all3 &= at[i + 3], any3 |= at[i + 3];
	}
	all0 &= all1 & all2 & all3;
	any0 |= any1 | any2 | any3;
	return (struct np_common){ all0[0] & all0[1], any0[0] | any0[1] };
}

bool np_table_has_empty(const __u64 entries[NP_TABLE_ENTRIES], const struct np_common *bits)
{
	if (bits->in_all) /* the common case: no empty one has these */
		return false;
	for (size_t i = 0; i < NP_TABLE_ENTRIES; i++)
		if (!entries[i])
			return true;
	return false;
}

/*
 * Each address has all the bits of in_all and none that in_any lacks, so it lies between these two. Where both are
 * in the range, all of them are; where one is not, it need not be an entry's.
 */
bool np_alike_all(const struct np_alike *alike, const struct np_common *bits)
{
	uint64_t one = (bits->in_all ^ alike->invert) & alike->address_mask;
	uint64_t other = (bits->in_any ^ alike->invert) & alike->address_mask;

	return !(((bits->in_all ^ alike->key) | (bits->in_any ^ alike->key)) & alike->key_mask) &&
	       one - alike->start < alike->length && other - alike->start < alike->length;
}

static bool one_alike(const struct np_alike *alike, uint64_t entry)
{
	return (entry & alike->key_mask) == alike->key &&
	       ((entry ^ alike->invert) & alike->address_mask) - alike->start < alike->length;
}

/* Bits 63 of the pair: set where a distance is negative, or too large. */
static inline pair outside(const struct np_alike *alike, pair entries)
{
	pair distance = ((entries ^ alike->invert) & alike->address_mask) - alike->start;

	return distance | (alike->length - 1 - distance);
}

static bool block_alike_exactly(const struct np_alike *alike, const __u64 *entries)
{
	const pair *at = (const pair *)entries;
	pair different0 = at[0] ^ alike->key, different1 = at[1] ^ alike->key;
	pair outside0 = outside(alike, at[0]), outside1 = outside(alike, at[1]);

	for (size_t i = 2; i < BLOCK / 2; i += 2) {
		different0 |= at[i] ^ alike->key;
		different1 |= at[i + 1] ^ alike->key;
		outside0 |= outside(alike, at[i]);
		outside1 |= outside(alike, at[i + 1]);
	}
	different0 |= different1;
	outside0 |= outside1;
	return !((different0[0] | different0[1]) & alike->key_mask) && !((outside0[0] | outside0[1]) >> 63);
}

static bool block_alike(const struct np_alike *alike, const __u64 *entries)
{
	struct np_common bits = np_common_bits(entries, BLOCK);

	return np_alike_all(alike, &bits) || block_alike_exactly(alike, entries);
}

size_t np_alike_count(const struct np_alike *alike, const __u64 *entries, size_t count)
{
	size_t n = 0;

	/* Where each entry differs from the next, as in interleaved memory, a block would only cost. */
	if (count > 1 && !one_alike(alike, entries[1]))
		return 1;
	while (count - n >= BLOCK && block_alike(alike, entries + n))
		n += BLOCK;
	while (n < count && one_alike(alike, entries[n]))
		n++;
	return n;
}
