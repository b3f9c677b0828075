/* SPDX-License-Identifier: GPL-2.0-or-later */
/* maps: exact values, the kernel's oddities, hostile text. */
#include "unit.h"

#include "parse_maps.h"

UNIT_PARSER(parse, struct np_maps, np_parse_maps(text, length, ret), np_maps_free(ret))

static struct np_maps parse_good(const char *text)
{
	struct np_maps maps;

	assert_int_equal(np_parse_maps(text, strlen(text), &maps), 0);
	return maps;
}

static void test_values(void **state)
{
	struct np_maps maps = parse_good(
		"00400000-00452000 r-xp 00001000 fd:1a 173521                             /usr/bin/d (deleted)\n"
		"7f1200000000-7f1200021000 ---s 00000000 00:00 0 \n"
		"7ffc0a9f4000-7ffc0aa15000 rw-p 00000000 00:00 0                          [stack]\n"
		"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n");
	const struct np_map *map = maps.maps;

	(void)state;
	assert_int_equal(maps.count, 4);
	assert_int_equal(map->start, 0x400000);
	assert_int_equal(map->end, 0x452000);
	assert_string_equal(map->perms, "r-xp");
	assert_int_equal(map->offset, 0x1000);
	assert_int_equal(map->dev_major, 0xfd);
	assert_int_equal(map->dev_minor, 0x1a);
	assert_int_equal(map->inode, 173521);
	assert_string_equal(map->path, "/usr/bin/d (deleted)");
	assert_string_equal(map[1].perms, "---s");
	assert_string_equal(map[1].path, "");
	assert_string_equal(map[2].path, "[stack]");
	assert_true(map[3].start == 0xffffffffff600000 && map[3].end == 0xffffffffff601000);
	assert_string_equal(map[3].perms, "--xp");
	np_maps_free(&maps);
}

static void test_largest(void **state)
{
	struct np_maps maps = parse_good("fffffffffffff000-ffffffffffffffff rwxp ffffffffffffffff fff:fffff "
					 "18446744073709551615 /x\n");

	(void)state;
	assert_true(maps.maps->end == UINT64_MAX && maps.maps->offset == UINT64_MAX);
	assert_true(maps.maps->inode == UINT64_MAX);
	assert_int_equal(maps.maps->dev_minor, 0xfffff);
	np_maps_free(&maps);
}

static void test_path_bytes(void **state)
{
	struct np_maps maps = parse_good("1000-2000 r--p 00000000 00:01 5    /a\\012b  c\\011d \\ 012 \xff\n"
					 "2000-3000 r--p 00000000 00:00 0    [anon:a name]\n"
					 "3000-4000 r--p 00000000 00:00 0    /cut\\01\n");

	(void)state;
	assert_string_equal(maps.maps[0].path, "/a\nb  c\\011d \\ 012 \xff");
	assert_string_equal(maps.maps[1].path, "[anon:a name]");
	assert_string_equal(maps.maps[2].path, "/cut\\01");
	np_maps_free(&maps);
}

static void test_empty(void **state)
{
	struct np_maps maps = parse_good("");

	(void)state;
	assert_int_equal(maps.count, 0);
	np_maps_free(&maps);
}

static void test_malformed(void **state)
{
	static const char nul[] = "1000-2000 r--p 00000000 00:00 0    /a\0b\n";

	(void)state;
	unit_refuses(parse, "1000-2000 r--p 00000000 00:00 0", -EINVAL);
	unit_refuses(parse, "\n", -EINVAL);
	unit_refuses(parse, "2000-1000 r--p 00000000 00:00 0\n", -EINVAL);
	unit_refuses(parse, "1000-1000 r--p 00000000 00:00 0\n", -EINVAL);
	unit_refuses(parse, "1000-2000 r--q 00000000 00:00 0\n", -EINVAL);
	unit_refuses(parse, "1000-2000 r--p0 00000000 00:00 0\n", -EINVAL);
	unit_refuses(parse, "1000-2000 r--p 00000000 00-00 0\n", -EINVAL);
	unit_refuses(parse, "1000-2000 r--p 00000000 00:00 0/a\n", -EINVAL);
	unit_refuses(parse, "1000-2000 r--p 00000000 00:00 x\n", -EINVAL);
	unit_refuses(parse, "1000-2000 R--p 00000000 00:00 0\n", -EINVAL);
	unit_refuses(parse, "10000000000000000-2000 r--p 00000000 00:00 0\n", -ERANGE);
	unit_refuses(parse, "1000-2000 r--p 00000000 100000000:00 0\n", -ERANGE);
	unit_refuses(parse, "1000-2000 r--p 00000000 00:00 18446744073709551616\n", -ERANGE);
	assert_int_equal(unit_parse_exact(parse, nul, sizeof(nul) - 1), -EINVAL);
}

static void test_many(void **state)
{
	static const char line[] = "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n";
	const size_t count = 60000;
	char *text = malloc(count * (sizeof(line) - 1));
	struct np_maps maps;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * (sizeof(line) - 1), line, sizeof(line) - 1);
	assert_int_equal(np_parse_maps(text, count * (sizeof(line) - 1), &maps), 0);
	assert_int_equal(maps.count, count);
	assert_true(maps.maps[count - 1].end == 0x7f0000001000);
	np_maps_free(&maps);
	free(text);
}

static void test_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(unit_machines); i++) {
		struct np_text text = unit_fixture(unit_machines[i], "proc/4711/maps");
		struct np_maps maps;
		size_t deleted = 0, hugetlb = 0;

		assert_int_equal(np_parse_maps(text.data, text.length, &maps), 0);
		for (size_t j = 0; j < maps.count; j++) {
			deleted += strcmp(maps.maps[j].path, "/tmp/specimen/odd\nname \\ 012 of  a filé (deleted)") == 0;
			hugetlb += strcmp(maps.maps[j].path, "/anon_hugepage (deleted)") == 0;
			assert_true(j == 0 || maps.maps[j - 1].end <= maps.maps[j].start);
		}
		assert_true(maps.count > 40 && deleted == 1);
		assert_int_equal(hugetlb, strstr(unit_machines[i], "6.18") == NULL);
		np_maps_free(&maps);
		np_text_free(&text);
	}
}

static void test_hostile(void **state)
{
	(void)state;
	unit_hostile_fixture(parse, "6.1-x86_64-two-nodes", "proc/4711/maps");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	  cmocka_unit_test(test_largest),  cmocka_unit_test(test_path_bytes),
		cmocka_unit_test(test_empty),	  cmocka_unit_test(test_malformed), cmocka_unit_test(test_many),
		cmocka_unit_test(test_recorded), cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
