/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zoneinfo: exact values of every recorded kernel, empty zones, hostile text. */
#include "unit.h"

#include "parse_zoneinfo.h"

UNIT_PARSER(parse, struct np_zones, np_parse_zoneinfo(text, length, ret), np_zones_free(ret))

static void assert_zone(const struct np_zone *zone, unsigned node, const char *name, uint64_t start_pfn,
			uint64_t spanned, uint64_t present)
{
	assert_int_equal(zone->node, node);
	assert_string_equal(zone->name, name);
	assert_int_equal(zone->start_pfn, start_pfn);
	assert_int_equal(zone->spanned, spanned);
	assert_int_equal(zone->present, present);
}

static void test_recorded(void **state)
{
	struct np_text text = unit_fixture("6.1-x86_64-two-nodes", "proc/zoneinfo");
	struct np_zones zones;

	(void)state;
	assert_int_equal(np_parse_zoneinfo(text.data, text.length, &zones), 0);
	assert_int_equal(zones.count, 3);
	assert_zone(&zones.zones[0], 0, "DMA", 1, 4095, 3998);
	assert_zone(&zones.zones[1], 0, "DMA32", 4096, 258048, 258048);
	assert_zone(&zones.zones[2], 1, "DMA32", 262144, 262112, 262112);
	np_zones_free(&zones);
	np_text_free(&text);
}

static void test_counts(void **state)
{
	static const size_t counts[UNIT_COUNT(unit_machines)] = { 3, 3, 4, 5, 3, 3 };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(unit_machines); i++) {
		struct np_text text = unit_fixture(unit_machines[i], "proc/zoneinfo");
		struct np_zones zones;

		assert_int_equal(np_parse_zoneinfo(text.data, text.length, &zones), 0);
		assert_int_equal(zones.count, counts[i]);
		np_zones_free(&zones);
		np_text_free(&text);
	}
}

static void test_empty_zones(void **state)
{
	static const char text[] = "  a line of no zone 5\n"
				   "Node 1023, zone   Device\n"
				   "        spanned  100\n        present  0\n"
				   "Node 3, zone  Movable\n"
				   "        spanned  0\n        present  0\n  start_pfn:           5\n"
				   "Node 4, zone   Normal\n"
				   "        spanned  9\n        present  8\n  start_pfn:           7\n";
	struct np_zones zones;

	(void)state;
	assert_int_equal(np_parse_zoneinfo(text, sizeof(text) - 1, &zones), 0);
	assert_int_equal(zones.count, 1);
	assert_zone(zones.zones, 4, "Normal", 7, 9, 8);
	np_zones_free(&zones);
}

static void test_malformed(void **state)
{
	(void)state;
	unit_refuses(parse, "Node 0, zone Normal", -EINVAL);
	unit_refuses(parse, "Node x, zone Normal\n", -EINVAL);
	unit_refuses(parse, "Node 0 zone Normal\n", -EINVAL);
	unit_refuses(parse, "Node 0, zone \n", -EINVAL);
	unit_refuses(parse, "Node 0, zone Normal\n  start_pfn: none\n", -EINVAL);
	unit_refuses(parse, "Node 0, zone Normal\n  spanned  18446744073709551616\n", -ERANGE);
	unit_refuses(parse, "Node 1024, zone Normal\n", -ERANGE);
	unit_refuses(parse, "Node 0, zone aNameOf16Letters\n", -ERANGE);
	unit_refuses(parse, "Node 0, zone N\n spanned 2\n start_pfn: 18446744073709551615\n", -ERANGE);
}

static void test_hostile(void **state)
{
	static const char text[] = "Node 0, zone   Normal\n  pages free     5\n        spanned  9\n        present  8\n"
				   "  start_pfn:           7\nNode 1, zone   Normal\n        spanned  9\n"
				   "        present  8\n  start_pfn:           70\n";

	(void)state;
	assert_int_equal(unit_parse_exact(parse, text, sizeof(text) - 1), 0);
	unit_hostile(parse, text, sizeof(text) - 1);
	unit_hostile_fixture(parse, "7.3-x86_64-two-nodes", "proc/zoneinfo");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),  cmocka_unit_test(test_counts),  cmocka_unit_test(test_empty_zones),
		cmocka_unit_test(test_malformed), cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
