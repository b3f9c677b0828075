/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames: zones apart, zones that overlap with and without memory blocks, recorded machines, made trees. */
#include "unit.h"

#include <unistd.h>

#include "frames.h"
#include "tree.h"

static struct np_frames build(const struct np_zone *zones, size_t zone_count, const struct np_block *blocks,
			      size_t block_count, uint64_t block_frames)
{
	struct np_zone copy[8];
	struct np_zones all = { zone_count, copy };
	struct np_frames frames;

	memcpy(copy, zones, zone_count * sizeof(*zones));
	assert_int_equal(np_frames_build(&all, blocks, block_count, block_frames, &frames), 0);
	return frames;
}

static void assert_range(const struct np_frames *frames, size_t index, uint64_t start, uint64_t end, unsigned node)
{
	assert_true(index < frames->count);
	assert_int_equal(frames->ranges[index].start_pfn, start);
	assert_int_equal(frames->ranges[index].end_pfn, end);
	assert_int_equal(frames->ranges[index].node, node);
}

static void test_apart(void **state)
{
	static const struct np_zone zones[] = {
		{ 1, "Normal", 2000, 500, 500 }, { 0, "DMA", 1, 99, 90 }, { 0, "Normal", 100, 900, 900 },
		{ 7, "Normal", 2500, 1, 1 },
	};
	struct np_frames frames = build(zones, 4, NULL, 0, 0);

	(void)state;
	assert_int_equal(frames.count, 3);
	assert_range(&frames, 0, 1, 1000, 0);
	assert_range(&frames, 1, 2000, 2500, 1);
	assert_range(&frames, 2, 2500, 2501, 7);
	assert_int_equal(np_frames_node(&frames, 0), -1);
	assert_int_equal(np_frames_node(&frames, 1), 0);
	assert_int_equal(np_frames_node(&frames, 999), 0);
	assert_int_equal(np_frames_node(&frames, 1000), -1);
	assert_int_equal(np_frames_node(&frames, 2499), 1);
	assert_int_equal(np_frames_node(&frames, 2500), 7);
	assert_int_equal(np_frames_node(&frames, 2501), -1);
	assert_int_equal(np_frames_node(&frames, UINT64_MAX), -1);
	np_frames_free(&frames);
}

static void test_near(void **state)
{
	static const struct np_zone zones[] = { { 3, "Normal", 10, 10, 10 }, { 5, "Normal", 30, 10, 10 } };
	struct np_frames frames = build(zones, 2, NULL, 0, 0);
	const struct np_frame_range *hint = NULL;

	(void)state;
	for (uint64_t pfn = 0; pfn < 50; pfn++)
		assert_int_equal(np_frames_node_near(&frames, pfn, &hint), np_frames_node(&frames, pfn));
	for (uint64_t pfn = 50; pfn-- > 0;)
		assert_int_equal(np_frames_node_near(&frames, pfn, &hint), np_frames_node(&frames, pfn));
	assert_ptr_equal(hint, &frames.ranges[0]);
	np_frames_free(&frames);
}

static void test_same_node_overlaps(void **state)
{
	static const struct np_zone zones[] = { { 0, "Normal", 100, 900, 900 }, { 0, "Movable", 500, 900, 900 } };
	struct np_frames frames = build(zones, 2, NULL, 0, 0);

	(void)state;
	assert_int_equal(frames.count, 1);
	assert_range(&frames, 0, 100, 1400, 0);
	np_frames_free(&frames);
}

/* Node 0 spans all of node 1: frames [1000, 2000) are claimed by both. */
static const struct np_zone nested[] = { { 0, "Normal", 0, 4000, 3000 }, { 1, "Normal", 1000, 1000, 1000 } };

static void test_overlap_without_blocks(void **state)
{
	struct np_frames frames = build(nested, 2, NULL, 0, 0);

	(void)state;
	assert_int_equal(frames.count, 2);
	assert_range(&frames, 0, 0, 1000, 0);
	assert_range(&frames, 1, 2000, 4000, 0);
	assert_int_equal(np_frames_node(&frames, 1500), -1);
	np_frames_free(&frames);
}

static void test_overlap_with_blocks(void **state)
{
	/* of 300 frames: [900, 1200) and [1800, 2100) reach out of the overlap, [1500, 1800) straddles */
	static const struct np_block blocks[] = { { 6, 0 }, { 5, 1 }, { 3, 1 }, { 4, 0 }, { 5, 0 }, { 0, 0 } };
	struct np_frames frames = build(nested, 2, blocks, 6, 300);

	(void)state;
	assert_int_equal(frames.count, 4);
	assert_range(&frames, 0, 0, 1000, 0);
	assert_range(&frames, 1, 1000, 1200, 1);
	assert_range(&frames, 2, 1200, 1500, 0);
	assert_range(&frames, 3, 1800, 4000, 0);
	assert_int_equal(np_frames_node(&frames, 1700), -1);
	np_frames_free(&frames);
}

static void test_interleaved(void **state)
{
	/* The last block is node 0's, but no zone of node 0 reaches it. */
	static const struct np_zone zones[] = { { 0, "Normal", 0, 1000, 500 }, { 1, "Normal", 100, 1000, 500 } };
	struct np_block blocks[11];
	struct np_frames frames;

	(void)state;
	for (unsigned i = 0; i < 11; i++)
		blocks[i] = (struct np_block){ i, i % 2 };
	frames = build(zones, 2, blocks, 11, 100);
	assert_int_equal(frames.count, 10);
	for (unsigned i = 0; i < 11; i++)
		assert_int_equal(np_frames_node(&frames, 100 * i + 50), i < 10 ? i % 2 : 1);
	np_frames_free(&frames);
}

static void test_none(void **state)
{
	struct np_frames frames = build(nested, 0, NULL, 0, 0);

	(void)state;
	assert_int_equal(frames.count, 0);
	assert_int_equal(np_frames_node(&frames, 5), -1);
	np_frames_free(&frames);
}

static void test_block_overflow(void **state)
{
	const struct np_block block = { UINT64_MAX / 2, 0 };
	struct np_zone copy[2] = { nested[0], nested[1] };
	const struct np_zones zones = { 2, copy };
	struct np_frames frames = { 0 };

	(void)state;
	assert_int_equal(np_frames_build(&zones, &block, 1, 300, &frames), -ERANGE);
	assert_null(frames.ranges);
}

static void test_recorded(void **state)
{
	np_cleanup_close int root_fd = unit_root("6.12-x86_64-cpuless-node");
	struct np_frames frames;

	(void)state;
	assert_int_equal(np_frames_read(root_fd, &frames), 0);
	assert_int_equal(frames.count, 3);
	assert_range(&frames, 0, 1, 196608, 0);
	assert_range(&frames, 1, 196608, 360448, 1);
	assert_range(&frames, 2, 360448, 524256, 2);
	np_frames_free(&frames);
}

static void test_recorded_counts(void **state)
{
	static const size_t counts[UNIT_COUNT(unit_machines)] = { 2, 2, 3, 4, 1, 2 };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(unit_machines); i++) {
		np_cleanup_close int root_fd = unit_root(unit_machines[i]);
		struct np_frames frames;

		assert_int_equal(np_frames_read(root_fd, &frames), 0);
		assert_int_equal(frames.count, counts[i]);
		np_frames_free(&frames);
	}
}

/* In pages of this machine: node 0 has [0, 4 blocks), node 1 [1 block, 2 blocks) within. */
static void make_overlap(const struct unit_tree *tree, uint64_t block_frames)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "Node 0, zone Normal\n spanned %llu\n present 1\n start_pfn: 0\n"
		 "Node 1, zone Normal\n spanned %llu\n present 1\n start_pfn: %llu\n",
		 4ULL * block_frames, 1ULL * block_frames, 1ULL * block_frames);
	unit_make_file(tree->fd, "proc/zoneinfo", text);
}

static void test_read_blocks(void **state)
{
	const uint64_t block_frames = 0x8000000 / (uint64_t)sysconf(_SC_PAGESIZE);
	struct unit_tree tree = unit_make_tree();
	struct np_frames frames;

	(void)state;
	make_overlap(&tree, block_frames);
	assert_int_equal(np_frames_read(tree.fd, &frames), 0);
	assert_int_equal(np_frames_node(&frames, block_frames), -1);
	np_frames_free(&frames);

	unit_make_file(tree.fd, "sys/devices/system/memory/block_size_bytes", "8000000\n");
	unit_make_file(tree.fd, "sys/devices/system/node/node0/memory0/x", "");
	unit_make_file(tree.fd, "sys/devices/system/node/node0/memory2/x", "");
	unit_make_file(tree.fd, "sys/devices/system/node/node0/memory_side_cache/x", "");
	unit_make_file(tree.fd, "sys/devices/system/node/node0/meminfo", "");
	unit_make_file(tree.fd, "sys/devices/system/node/node1/memory1/x", "");
	unit_make_file(tree.fd, "sys/devices/system/node/online", "0-1\n");
	assert_int_equal(np_frames_read(tree.fd, &frames), 0);
	assert_int_equal(frames.count, 3);
	assert_range(&frames, 0, 0, block_frames, 0);
	assert_range(&frames, 1, block_frames, 2 * block_frames, 1);
	assert_range(&frames, 2, 2 * block_frames, 4 * block_frames, 0);
	np_frames_free(&frames);
	unit_remove_tree(&tree);
}

static void test_read_errors(void **state)
{
	struct unit_tree tree = unit_make_tree();
	struct np_frames frames = { 0 };

	(void)state;
	assert_int_equal(np_frames_read(tree.fd, &frames), -ENOENT);
	make_overlap(&tree, 1000);
	unit_make_file(tree.fd, "sys/devices/system/memory/block_size_bytes", "1\n");
	assert_int_equal(np_frames_read(tree.fd, &frames), -EINVAL);
	assert_int_equal(unlinkat(tree.fd, "sys/devices/system/memory/block_size_bytes", 0), 0);
	unit_make_file(tree.fd, "sys/devices/system/memory/block_size_bytes", "8000000\n");
	unit_make_file(tree.fd, "sys/devices/system/node/node1024/memory1/x", "");
	assert_int_equal(np_frames_read(tree.fd, &frames), -ERANGE);
	assert_null(frames.ranges);
	unit_remove_tree(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_same_node_overlaps),
		cmocka_unit_test(test_overlap_without_blocks),
		cmocka_unit_test(test_overlap_with_blocks),
		cmocka_unit_test(test_interleaved),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_block_overflow),
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_recorded_counts),
		cmocka_unit_test(test_read_blocks),
		cmocka_unit_test(test_read_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
