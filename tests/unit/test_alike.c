// SPDX-License-Identifier: GPL-2.0-or-later
/* How far entries go on alike: against the same question asked entry by entry. */
#include "unit.h"

#include "walk/alike.h"

#define ADDRESS (((1ULL << 52) - 1) & ~4095ULL)

static __u64 entries[NP_TABLE_ENTRIES] __attribute__((aligned(4096)));

static size_t count_simply(const struct np_alike *alike, size_t from, size_t count)
{
	size_t n = 0;

	while (n < count && (entries[from + n] & alike->key_mask) == alike->key &&
	       ((entries[from + n] ^ alike->invert) & alike->address_mask) - alike->start < alike->length)
		n++;
	return n;
}

static void assert_as_simply(const struct np_alike *alike)
{
	for (size_t from = 0; from < NP_TABLE_ENTRIES; from += 7) {
		size_t count = NP_TABLE_ENTRIES - from, wanted = count_simply(alike, from, count);

		if (wanted)
			assert_int_equal(np_alike_count(alike, entries + from, count), wanted);
	}
}

static struct np_common fill(uint64_t invert, uint64_t flags, uint64_t start)
{
	for (size_t i = 0; i < NP_TABLE_ENTRIES; i++)
		entries[i] = (((start + i * 4096) ^ invert) & ADDRESS) | flags;
	return np_common_bits(entries, NP_TABLE_ENTRIES);
}

static void test_range(void **state)
{
	static const uint64_t inverts[] = { 0, ~0ULL };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct np_alike alike = { 0x301, 1, inverts[i], ADDRESS, 0x700000, 0x200000 };
		struct np_common bits = fill(inverts[i], 0x67, 0x700000);

		/* All are in, though the bits that any of them has are not. */
		assert_false(np_alike_all(&alike, &bits));
		assert_int_equal(np_alike_count(&alike, entries, NP_TABLE_ENTRIES), NP_TABLE_ENTRIES);
		alike.length -= 4096;
		assert_as_simply(&alike);
		alike.start += 4096;
		assert_int_equal(np_alike_count(&alike, entries + 1, NP_TABLE_ENTRIES - 1), NP_TABLE_ENTRIES - 1);
		alike = (struct np_alike){ 0x301, 1, inverts[i], ADDRESS, 0, 1ULL << 40 };
		assert_true(np_alike_all(&alike, &bits));
	}
}

/* One entry that differs, at every place, in every way. */
static void test_one_other(void **state)
{
	static const uint64_t changes[] = { 1, 0x200, 1ULL << 40 };
	const struct np_alike alike = { 0x301, 1, 0, ADDRESS, 0, 1ULL << 40 };

	(void)state;
	for (size_t place = 0; place < NP_TABLE_ENTRIES; place++)
		for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
			struct np_common bits;

			fill(0, 0x67, 0x700000);
			entries[place] ^= changes[i];
			bits = np_common_bits(entries, NP_TABLE_ENTRIES);
			assert_false(np_alike_all(&alike, &bits));
			assert_as_simply(&alike);
		}
}

static void test_empty(void **state)
{
	struct np_common bits = fill(0, 0x67, 0x700000);

	(void)state;
	assert_false(np_table_has_empty(entries, &bits));
	/* No bit in common, and none empty. */
	entries[3] = 1ULL << 62;
	bits = np_common_bits(entries, NP_TABLE_ENTRIES);
	assert_int_equal(bits.in_all, 0);
	assert_false(np_table_has_empty(entries, &bits));
	for (size_t place = 0; place < NP_TABLE_ENTRIES; place += 73) {
		fill(0, 0x67, 0x700000);
		entries[place] = 0;
		bits = np_common_bits(entries, NP_TABLE_ENTRIES);
		assert_true(np_table_has_empty(entries, &bits));
	}
}

/* Nothing but whole entries counts: the zero page, and nothing at all. */
static void test_equal(void **state)
{
	const struct np_alike empty = { ~0ULL, 0, 0, 0, 0, 1 }, zero = { ~0ULL, 0x8000000000077225, 0, 0, 0, 1 };

	(void)state;
	for (size_t i = 0; i < NP_TABLE_ENTRIES; i++)
		entries[i] = i < 200 ? 0 : 0x8000000000077225;
	assert_as_simply(&empty);
	assert_as_simply(&zero);
	assert_int_equal(np_alike_count(&empty, entries, NP_TABLE_ENTRIES), 200);
	assert_int_equal(np_alike_count(&zero, entries + 200, NP_TABLE_ENTRIES - 200), NP_TABLE_ENTRIES - 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_one_other),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
