// SPDX-License-Identifier: GPL-2.0-or-later
/* What the BPF program refuses by itself, whoever asks it: np_walk() never does, but a walker that was taken over would. */
#include "unit.h"

#include <unistd.h>

#include "walk/reader.h"

static struct np_reader reader;
static struct np_decoder decoder;

static int setup(void **state)
{
	int error = 0;

	(void)state;
	return geteuid() == 0 && np_reader_open(&reader, &decoder, &error) != NP_WALK_READY ? -1 : 0;
}

static void need_root(void)
{
	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
}

static unsigned status_of_copy(uint64_t addr, unsigned level, int fd)
{
	struct np_copy copy = { .addr = addr, .level = level, .pagemap_fd = fd, .leaves = NP_WINDOW_ALL };

	assert_int_equal(reader.source.copy(&reader.source, &copy), 0);
	return copy.status;
}

static void test_own_tables(void **state)
{
	(void)state;
	need_root();
	for (unsigned level = 1; level <= reader.source.levels; level++)
		assert_int_equal(status_of_copy((uintptr_t)&reader, level, reader.self_pagemap_fd), NP_RUN_DONE);
}

/* The kernel's half of the top table leads to all memory. */
static void test_lower_half_of_the_top(void **state)
{
	size_t used = 0;

	(void)state;
	need_root();
	assert_int_equal(status_of_copy(0, reader.source.levels, reader.self_pagemap_fd), NP_RUN_DONE);
	for (size_t i = 0; i < NP_TABLE_ENTRIES / 2; i++)
		used += reader.tables->entries[i] != 0;
	assert_true(used > 0);
	for (size_t i = NP_TABLE_ENTRIES / 2; i < NP_TABLE_ENTRIES; i++)
		assert_int_equal(reader.tables->entries[i], 0);
}

static void test_addresses(void **state)
{
	static const uint64_t wrong[] = { 0xffff888000000000, 0xffffffff81000000, 1ULL << 56, ~0ULL };

	(void)state;
	need_root();
	for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
		for (unsigned level = 1; level <= reader.source.levels; level++)
			assert_int_equal(status_of_copy(wrong[i], level, reader.self_pagemap_fd), NP_RUN_REFUSED);
	assert_int_equal(status_of_copy(1ULL << (12 + 9 * reader.source.levels - 1), 1, reader.self_pagemap_fd), NP_RUN_REFUSED);
}

/* Level 0 would be the memory itself. */
static void test_levels(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(status_of_copy((uintptr_t)&reader, 0, reader.self_pagemap_fd), NP_RUN_REFUSED);
	assert_int_equal(status_of_copy((uintptr_t)&reader, reader.source.levels + 1, reader.self_pagemap_fd), NP_RUN_REFUSED);
	assert_int_equal(status_of_copy((uintptr_t)&reader, ~0U, reader.self_pagemap_fd), NP_RUN_REFUSED);
}

static void test_descriptors(void **state)
{
	static const int wrong[] = { -1, 1000, 1 << 20, INT32_MAX, INT32_MIN };

	(void)state;
	need_root();
	for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
		assert_int_equal(status_of_copy((uintptr_t)&reader, 1, wrong[i]), NP_RUN_NOT_PAGEMAP);
	assert_int_equal(status_of_copy((uintptr_t)&reader, 1, reader.program_fd), NP_RUN_NOT_PAGEMAP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lower_half_of_the_top), /* first: the memory is still empty */
		cmocka_unit_test(test_own_tables),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_descriptors),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
