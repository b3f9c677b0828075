/* SPDX-License-Identifier: GPL-2.0-or-later */
/* numa_maps: policies with blanks, hugetlbfs pages as base pages, recorded regions, hostile text. */
#include "unit.h"

#include "parse_number.h"
#include "parse_numa_maps.h"

UNIT_PARSER(parse, struct np_numa_maps, np_parse_numa_maps(text, length, 4096, ret), np_numa_maps_free(ret))

static struct np_numa_maps parse_good(const char *text)
{
	struct np_numa_maps maps;

	assert_int_equal(np_parse_numa_maps(text, strlen(text), 4096, &maps), 0);
	return maps;
}

static void assert_node(const struct np_numa_map *map, size_t index, unsigned node, uint64_t pages)
{
	assert_true(index < map->node_count);
	assert_int_equal(map->nodes[index].node, node);
	assert_int_equal(map->nodes[index].pages, pages);
}

static void test_values(void **state)
{
	struct np_numa_maps maps = parse_good(
		"7f0000000000 interleave:0-3 anon=128 dirty=128 active=0 N0=32 N3=96 kernelpagesize_kB=4\n"
		"7f0000100000 default file=/anon_hugepage\\040(deleted) huge anon=5 dirty=5 N1=5 kernelpagesize_kB=2048\n"
		"7f0000200000 default\n"
		"7f0000300000 default heap anon=2 N0=2 kernelpagesize_kB=4\n"
		"ffffffffff600000 default stack huge N1023=2 kernelpagesize_kB=1048576\n");
	const struct np_numa_map *map = maps.maps;

	(void)state;
	assert_int_equal(maps.count, 5);
	assert_true(map[0].start == 0x7f0000000000);
	assert_string_equal(map[0].policy, "interleave:0-3");
	assert_int_equal(map[0].kernel_page_bytes, 4096);
	assert_int_equal(map[0].node_count, 2);
	assert_node(&map[0], 0, 0, 32);
	assert_node(&map[0], 1, 3, 96);
	assert_false(map[0].huge || map[0].heap || map[0].stack);
	assert_true(map[1].huge);
	assert_int_equal(map[1].kernel_page_bytes, 2 << 20);
	assert_node(&map[1], 0, 1, UINT64_C(5) * 512);
	assert_int_equal(map[2].node_count, 0);
	assert_int_equal(map[2].kernel_page_bytes, 0);
	assert_string_equal(map[2].policy, "default");
	assert_true(map[3].heap && !map[3].huge);
	assert_true(map[4].stack && map[4].huge && map[4].start == 0xffffffffff600000);
	assert_node(&map[4], 0, 1023, UINT64_C(2) * 262144);
	np_numa_maps_free(&maps);
}

static void test_policies(void **state)
{
	static const char *const policies[] = {
		"default", "local", "prefer:1", "prefer (many):0-3", "weighted interleave:0,2", "bind=static:0",
		"bind=relative|balancing:0-1", "prefer (many)=static:0", "unknown", "interleave=static|balancing:0-1,5",
	};
	static const char *const rests[] = { "", " huge", " heap", " stack", " file=/a\\040b", " anon=1 N0=1",
					     " new=1", " file=" };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(policies); i++)
		for (size_t j = 0; j < UNIT_COUNT(rests); j++) {
			char text[256];
			struct np_numa_maps maps;

			snprintf(text, sizeof(text), "1000 %s%s\n", policies[i], rests[j]);
			maps = parse_good(text);
			assert_string_equal(maps.maps->policy, policies[i]);
			np_numa_maps_free(&maps);
		}
}

/* A name may look like anything, but has its blanks and '=' escaped. */
static void test_names(void **state)
{
	struct np_numa_maps maps = parse_good("1000 default file=/N0\\0757 mapped=3 N2=3 kernelpagesize_kB=4\n"
					      "2000 default file=/huge\\040N1 Nx=1 N1=4\n");

	(void)state;
	assert_int_equal(maps.maps[0].node_count, 1);
	assert_node(&maps.maps[0], 0, 2, 3);
	assert_false(maps.maps[1].huge);
	assert_int_equal(maps.maps[1].node_count, 1);
	assert_node(&maps.maps[1], 0, 1, 4);
	np_numa_maps_free(&maps);
}

static void test_malformed(void **state)
{
	struct np_numa_maps maps;

	(void)state;
	unit_refuses(parse, "1000 default", -EINVAL);
	unit_refuses(parse, "1000\n", -EINVAL);
	unit_refuses(parse, "1000 \n", -EINVAL);
	unit_refuses(parse, "1000 N0=1\n", -EINVAL);
	unit_refuses(parse, "1000 default anon=1 N0\n", -EINVAL);
	unit_refuses(parse, "1000 default anon=1 N0=\n", -EINVAL);
	unit_refuses(parse, "1000 default huge N0=1\n", -EINVAL);
	unit_refuses(parse, "1000 default huge N0=1 kernelpagesize_kB=0\n", -EINVAL);
	unit_refuses(parse, "1000 default N1024=1\n", -ERANGE);
	unit_refuses(parse, "1000 default N0=18446744073709551616\n", -ERANGE);
	unit_refuses(parse, "1000 default huge N0=18446744073709551615 kernelpagesize_kB=2048\n", -ERANGE);
	unit_refuses(parse, "1000 default kernelpagesize_kB=18446744073709551615\n", -ERANGE);
	unit_refuses(parse, "10000000000000000 default\n", -ERANGE);
	assert_int_equal(np_parse_numa_maps("", 0, 0, &maps), -EINVAL);
}

static const struct np_numa_map *find(const struct np_numa_maps *maps, uint64_t start)
{
	for (size_t i = 0; i < maps->count; i++)
		if (maps->maps[i].start == start)
			return &maps->maps[i];
	return NULL;
}

static uint64_t total_pages(const struct np_numa_map *map)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < map->node_count; i++)
		pages += map->nodes[i].pages;
	return pages;
}

/* The process that was recorded said what it built: "name start-end kB". */
static void check_regions(const struct np_numa_maps *maps, struct np_text *regions)
{
	struct np_span rest = np_span_make(regions->data, regions->length), line, name;

	while (np_take_line(&rest, &line)) {
		uint64_t start, end, kb = 0;
		const struct np_numa_map *map;

		assert_true(np_take_word(&line, &name) && np_take_text(&line, " "));
		if (np_take_hex(&line, &start) < 0)
			continue; /* "-": this kernel could not have it */
		assert_true(np_take_text(&line, "-") && np_take_hex(&line, &end) == 0);
		assert_true(np_take_text(&line, " ") && np_take_u64(&line, &kb) == 0);
		map = find(maps, start);
		assert_non_null(map);
		if (!np_span_equals(name, "heap"))
			assert_int_equal(total_pages(map), kb / 4);
		assert_int_equal(map->heap, np_span_equals(name, "heap"));
		assert_int_equal(map->huge, np_span_equals(name, "hugetlb"));
		if (np_span_equals(name, "bind-first"))
			assert_string_equal(map->policy, "bind:0");
		if (np_span_equals(name, "preferred-many"))
			assert_true(strncmp(map->policy, "prefer (many):0", 15) == 0);
	}
}

static void test_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(unit_machines); i++) {
		struct np_text text = unit_fixture(unit_machines[i], "proc/4711/numa_maps");
		struct np_text regions = unit_fixture(unit_machines[i], "regions");
		struct np_numa_maps maps;

		assert_int_equal(np_parse_numa_maps(text.data, text.length, 4096, &maps), 0);
		check_regions(&maps, &regions);
		np_numa_maps_free(&maps);
		np_text_free(&regions);
		np_text_free(&text);
	}
}

static void test_hostile(void **state)
{
	static const char nodes[] = "1000 default N0=1 N1=1 huge kernelpagesize_kB=2048\n";

	(void)state;
	unit_hostile(parse, nodes, sizeof(nodes) - 1);
	unit_hostile_fixture(parse, "6.12-x86_64-four-nodes", "proc/4711/numa_maps");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	  cmocka_unit_test(test_policies), cmocka_unit_test(test_names),
		cmocka_unit_test(test_malformed), cmocka_unit_test(test_recorded), cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
