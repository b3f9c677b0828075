// SPDX-License-Identifier: GPL-2.0-or-later
/* Decoding of page-table entries: every encoding of every architecture's row, and the layout of swap types. */
#include "unit.h"

#include "walk/arch.h"

#define BIT(n) (1ULL << (n))
#define FRAME 0x12345ULL
#define ZERO_FRAME 0x777ULL
#define HUGE_ZERO_FRAME (0x12ULL << 9)

static struct np_frame_range ranges[] = { { 0x10, 0x20000, 3 }, { 0x40000, 0x80000, 1023 } };
static const struct np_frames frames = { 2, ranges };

static struct np_decoder decoder_of(const struct np_arch *arch)
{
	struct np_decoder decoder = { .arch = arch, .frame_mask = arch->frame, .frames = &frames,
				      .zero_frame = ZERO_FRAME, .huge_zero_frame = HUGE_ZERO_FRAME };

	memset(decoder.swap_states, NP_SWAPPED, sizeof(decoder.swap_states));
	decoder.swap_states[31] = NP_POISONED;
	decoder.swap_states[29] = NP_MIGRATING;
	decoder.swap_states[28] = NP_DEVICE;
	decoder.swap_states[27] = NP_MARKER;
	decoder.swap_states[26] = NP_UNKNOWN;
	return decoder;
}

struct row {
	const char *what;
	uint64_t entry;
	unsigned level;
	int code; /* or NP_ENTRY_... */
};

/* As np_code_make(), but constant. */
#define CODE(state, size, node) ((int)((unsigned)(state) | (unsigned)(size) << 4 | (unsigned)(node) << 6))

static void check_rows(const struct np_arch *arch, const struct row *rows, size_t count)
{
	struct np_decoder decoder = decoder_of(arch);

	for (size_t i = 0; i < count; i++) {
		const struct np_frame_range *near = NULL;
		int code = np_decode(&decoder, rows[i].entry, rows[i].level, &near);

		if (code != rows[i].code)
			print_error("%s: %s: got %#x, expected %#x\n", arch->name, rows[i].what, (unsigned)code,
				    (unsigned)rows[i].code);
		assert_int_equal(code, rows[i].code);
	}
}

/* x86-64: accessed, dirty, soft-dirty, write, user, no-execute, protection key: none of them tells anything. */
#define X86_NOISE (BIT(1) | BIT(2) | BIT(5) | BIT(6) | BIT(10) | BIT(11) | BIT(58) | BIT(63) | BIT(59))
#define X86_P BIT(0)
#define X86_PSE BIT(7)
#define X86_G BIT(8)
#define X86_MASK ((BIT(52) - 1) & ~(BIT(12) - 1))
#define X86_FRAME(pfn) ((uint64_t)(pfn) << 12)
#define X86_INVERTED(pfn) (~X86_FRAME(pfn) & X86_MASK)
#define X86_SWAP(type, offset) ((uint64_t)(type) << 59 | (~(uint64_t)(offset) << 14 >> 5 & ~BIT(8)))

static void test_x86_64(void **state)
{
	static const struct row rows[] = {
		{ "nothing", 0, 1, CODE(NP_ABSENT, 0, 0) },
		{ "nothing, of a gigabyte", 0, 3, CODE(NP_ABSENT, 0, 0) },
		{ "present", X86_P | X86_FRAME(FRAME), 1, CODE(NP_PRESENT, 0, 3) },
		{ "present, all else set", X86_P | X86_G | X86_PSE | X86_NOISE | X86_FRAME(FRAME), 1,
		  CODE(NP_PRESENT, 0, 3) },
		{ "the largest node", X86_P | X86_FRAME(0x7ffff), 1, CODE(NP_PRESENT, 0, 1023) },
		{ "a frame of no node", X86_P | X86_FRAME(0x20000), 1, CODE(NP_UNKNOWN, 0, 0) },
		{ "the zero page", X86_P | X86_FRAME(ZERO_FRAME), 1, CODE(NP_ZERO, 0, 0) },
		{ "the zero page, special", X86_P | BIT(9) | X86_FRAME(ZERO_FRAME), 1, CODE(NP_ZERO, 0, 0) },
		{ "special", X86_P | BIT(9) | X86_FRAME(FRAME), 1, CODE(NP_SPECIAL, 0, 0) },
		{ "hinted", X86_G | X86_INVERTED(FRAME), 1, CODE(NP_INACCESSIBLE, 0, 3) },
		{ "hinted, write bit kept as up to 6.2", X86_G | X86_NOISE | X86_INVERTED(FRAME), 1,
		  CODE(NP_INACCESSIBLE, 0, 3) },
		{ "hinted, PAT", X86_G | X86_PSE | X86_INVERTED(FRAME), 1, CODE(NP_INACCESSIBLE, 0, 3) },
		{ "hinted, and the frame not inverted", X86_G | X86_FRAME(FRAME), 1, CODE(NP_UNKNOWN, 0, 0) },
		{ "zero page under PROT_NONE", X86_G | X86_INVERTED(ZERO_FRAME), 1, CODE(NP_ZERO, 0, 0) },
		{ "swapped", X86_SWAP(0, 5), 1, CODE(NP_SWAPPED, 0, 0) },
		{ "swapped, soft-dirty, exclusive", X86_SWAP(25, 5) | BIT(1) | BIT(3), 1, CODE(NP_SWAPPED, 0, 0) },
		{ "migrating", X86_SWAP(29, FRAME), 1, CODE(NP_MIGRATING, 0, 0) },
		{ "device", X86_SWAP(28, FRAME), 1, CODE(NP_DEVICE, 0, 0) },
		{ "poisoned", X86_SWAP(31, FRAME), 1, CODE(NP_POISONED, 0, 0) },
		{ "type of no known meaning", X86_SWAP(26, 1), 1, CODE(NP_UNKNOWN, 0, 0) },
		{ "a table", X86_P | X86_FRAME(FRAME), 2, NP_ENTRY_TABLE },
		{ "a table, all else set", X86_P | X86_NOISE | X86_G | X86_FRAME(FRAME), 5, NP_ENTRY_TABLE },
		{ "huge", X86_P | X86_PSE | X86_FRAME(0x400), 2, CODE(NP_PRESENT, NP_SIZE_PMD, 3) },
		{ "huge, PAT is bit 12", X86_P | X86_PSE | BIT(12) | X86_NOISE | X86_FRAME(0x400), 2,
		  CODE(NP_PRESENT, NP_SIZE_PMD, 3) },
		{ "a gigabyte", X86_P | X86_PSE | X86_FRAME(0x40000), 3, CODE(NP_PRESENT, NP_SIZE_PUD, 1023) },
		{ "the huge zero page", X86_P | X86_PSE | X86_FRAME(HUGE_ZERO_FRAME), 2,
		  CODE(NP_ZERO, NP_SIZE_PMD, 0) },
		{ "huge hinted", X86_PSE | X86_G | X86_INVERTED(0x400), 2, CODE(NP_INACCESSIBLE, NP_SIZE_PMD, 3) },
		{ "huge hinted, all else set", X86_PSE | X86_G | X86_NOISE | BIT(12) | X86_INVERTED(0x400), 2,
		  CODE(NP_INACCESSIBLE, NP_SIZE_PMD, 3) },
		{ "a gigabyte under PROT_NONE", X86_PSE | X86_G | X86_INVERTED(0x40000), 3,
		  CODE(NP_INACCESSIBLE, NP_SIZE_PUD, 1023) },
		{ "huge, being split", X86_PSE | X86_NOISE | X86_FRAME(0x400), 2, NP_ENTRY_TRANSIENT },
		{ "huge, migrating", X86_SWAP(29, 0x400), 2, CODE(NP_MIGRATING, NP_SIZE_PMD, 0) },
		{ "inaccessible without being huge", X86_G | X86_INVERTED(0x400), 2, CODE(NP_UNKNOWN, NP_SIZE_PMD, 0) },
		{ "a leaf of half a terabyte", X86_P | X86_PSE | X86_FRAME(0x40000), 4, CODE(NP_UNKNOWN, 0, 0) },
	};

	(void)state;
	check_rows(&np_arch_x86_64, rows, UNIT_COUNT(rows));
}

static void test_x86_64_markers(void **state)
{
	static const struct row rows[] = {
		{ "userfaultfd", X86_SWAP(27, 1), 1, CODE(NP_MARKER, 0, 0) },
		{ "poisoned", X86_SWAP(27, 2), 1, CODE(NP_POISONED, 0, 0) },
		{ "guard", X86_SWAP(27, 4), 1, CODE(NP_GUARD, 0, 0) },
		{ "guard, userfaultfd", X86_SWAP(27, 5), 1, CODE(NP_GUARD, 0, 0) },
		{ "unheard of", X86_SWAP(27, 8), 1, CODE(NP_UNKNOWN, 0, 0) },
	};

	(void)state;
	check_rows(&np_arch_x86_64, rows, UNIT_COUNT(rows));
}

/* The encryption bit is no address. */
static void test_encryption(void **state)
{
	struct np_decoder decoder = decoder_of(&np_arch_x86_64);
	const struct np_frame_range *near = NULL;

	(void)state;
	assert_int_equal(np_decode(&decoder, X86_P | BIT(51) | X86_FRAME(FRAME), 1, &near), CODE(NP_UNKNOWN, 0, 0));
	decoder.frame_mask &= ~BIT(51);
	assert_int_equal(np_decode(&decoder, X86_P | BIT(51) | X86_FRAME(FRAME), 1, &near), CODE(NP_PRESENT, 0, 3));
	assert_int_equal(np_decode(&decoder, X86_G | X86_INVERTED(FRAME), 1, &near), CODE(NP_INACCESSIBLE, 0, 3));
	assert_int_equal(np_decode(&decoder, (X86_G | X86_INVERTED(FRAME)) & ~BIT(51), 1, &near),
			 CODE(NP_INACCESSIBLE, 0, 3));
}

/* arm64: AF, SH, nG in a valid entry, DBM, contiguous, PXN. */
#define ARM_NOISE (BIT(10) | BIT(8) | BIT(9) | BIT(51) | BIT(52) | BIT(53))
#define ARM_VALID BIT(0)
#define ARM_TABLE BIT(1)
#define ARM_USER BIT(6)
#define ARM_NG BIT(11)
#define ARM_UXN BIT(54)

static void test_arm64(void **state)
{
	static const struct row rows[] = {
		{ "nothing", 0, 1, CODE(NP_ABSENT, 0, 0) },
		{ "present", ARM_VALID | ARM_TABLE | ARM_USER | ARM_NG | ARM_UXN | ARM_NOISE | X86_FRAME(FRAME), 1,
		  CODE(NP_PRESENT, 0, 3) },
		{ "special", ARM_VALID | ARM_TABLE | BIT(56) | X86_FRAME(FRAME), 1, CODE(NP_SPECIAL, 0, 0) },
		{ "hinted", ARM_NG | ARM_UXN | ARM_NOISE | ARM_TABLE | X86_FRAME(FRAME), 1,
		  CODE(NP_INACCESSIBLE, 0, 3) },
		{ "swapped", 1ULL << 6 | 77ULL << 12, 1, CODE(NP_SWAPPED, 0, 0) },
		{ "migrating", 29ULL << 6 | 77ULL << 12, 1, CODE(NP_MIGRATING, 0, 0) },
		{ "a table", ARM_VALID | ARM_TABLE | X86_FRAME(FRAME), 2, NP_ENTRY_TABLE },
		{ "huge", ARM_VALID | ARM_USER | ARM_NOISE | X86_FRAME(0x400), 2, CODE(NP_PRESENT, NP_SIZE_PMD, 3) },
		{ "huge hinted", ARM_NG | ARM_UXN | ARM_NOISE | X86_FRAME(0x400), 2,
		  CODE(NP_INACCESSIBLE, NP_SIZE_PMD, 3) },
		{ "huge, being split", ARM_NG | ARM_USER | ARM_UXN | X86_FRAME(0x400), 2, NP_ENTRY_TRANSIENT },
		{ "a gigabyte", ARM_VALID | ARM_USER | X86_FRAME(0x40000), 3, CODE(NP_PRESENT, NP_SIZE_PUD, 1023) },
	};

	(void)state;
	check_rows(&np_arch_arm64, rows, UNIT_COUNT(rows));
}

static void test_arm64_old(void **state)
{
	static const struct row rows[] = {
		{ "present", ARM_VALID | ARM_TABLE | ARM_USER | ARM_NG | ARM_NOISE | X86_FRAME(FRAME), 1,
		  CODE(NP_PRESENT, 0, 3) },
		{ "hinted", BIT(58) | ARM_NG | ARM_NOISE | ARM_TABLE | X86_FRAME(FRAME), 1,
		  CODE(NP_INACCESSIBLE, 0, 3) },
		{ "huge hinted", BIT(58) | ARM_NG | ARM_NOISE | X86_FRAME(0x400), 2,
		  CODE(NP_INACCESSIBLE, NP_SIZE_PMD, 3) },
		{ "huge, being split", BIT(59) | ARM_USER | X86_FRAME(0x400), 2, NP_ENTRY_TRANSIENT },
		{ "swapped", 1ULL << 3 | 77ULL << 8, 1, CODE(NP_SWAPPED, 0, 0) },
		{ "migrating", 29ULL << 3 | 77ULL << 8, 1, CODE(NP_MIGRATING, 0, 0) },
		{ "guard", 27ULL << 3 | 4ULL << 8, 1, CODE(NP_GUARD, 0, 0) },
	};

	(void)state;
	check_rows(&np_arch_arm64_old, rows, UNIT_COUNT(rows));
}

/* Any 64 bits decode to something that the client accepts. */
static void test_any_bits(void **state)
{
	static const struct np_arch *const archs[] = { &np_arch_x86_64, &np_arch_arm64, &np_arch_arm64_old };
	uint64_t bits = 0x9e3779b97f4a7c15ULL;

	(void)state;
	for (unsigned i = 0; i < 3000000; i++) {
		struct np_decoder decoder = decoder_of(archs[i % 3]);
		const struct np_frame_range *near = NULL;
		int code;

		bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
		code = np_decode(&decoder, i & 4 ? bits : bits & bits << 1, 1 + i % 5, &near);
		if (code < 0)
			assert_true(i % 5 > 0);
		else
			assert_true(code <= UINT16_MAX && np_code_state((np_code)code) < NP_WALKED_STATES);
	}
}

static void expect_states(const struct np_swap_layout *layout, int first, const char *wanted)
{
	static const char letters[NP_WALKED_STATES + 1] = "     smdpMgu";
	uint8_t states[NP_SWAP_TYPES];
	char got[NP_SWAP_TYPES + 1] = "";

	np_swap_states(layout, states);
	for (int i = first; i < NP_SWAP_TYPES; i++)
		got[i - first] = letters[states[i]];
	assert_string_equal(got, wanted);
	for (int i = 0; i < first; i++)
		assert_int_equal(states[i], NP_SWAPPED);
}

/* s swapped, m migrating, d device, p poisoned, M marker, u unknown. */
static void test_swap_layouts(void **state)
{
	static const struct np_swap_layout nothing = { 0, 0, 0, 0, 0 }, v5_10 = { 1, 2, 2, 0, 0 },
					   v6_1 = { 1, 3, 4, 1, 1 }, v6_12 = { 1, 3, 4, 1, 0 },
					   v6_18 = { 1, 3, 3, 1, 0 }, poison_only = { 1, 0, 0, 0, 0 };

	(void)state;
	expect_states(&nothing, 20, "ssssssssssss");
	expect_states(&poison_only, 20, "sssssssssssp");
	expect_states(&v5_10, 20, "ssssssspmmdd");
	expect_states(&v6_1, 20, "sspmmmddddMp");
	expect_states(&v6_12, 20, "ssspmmmddddM");
	expect_states(&v6_18, 20, "sssspmmmdddM");
}

/* What is not known makes unknown exactly those types whose meaning depends on it. */
static void test_swap_layouts_in_part(void **state)
{
	static const struct np_swap_layout device = { 1, 3, -1, 0, 0 }, marker = { 1, 3, 3, -1, -1 },
					   all = { -1, -1, -1, -1, -1 };

	(void)state;
	expect_states(&device, 20, "ssssuuuuuuuu");
	expect_states(&marker, 20, "sssuuumuuduu");
	expect_states(&all, 20, "ssuuuuuuuuuu");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86_64),	 cmocka_unit_test(test_x86_64_markers),
		cmocka_unit_test(test_encryption), cmocka_unit_test(test_arm64),
		cmocka_unit_test(test_arm64_old),  cmocka_unit_test(test_any_bits),
		cmocka_unit_test(test_swap_layouts), cmocka_unit_test(test_swap_layouts_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
