/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mountinfo: hugetlbfs devices, each once; hostile text. */
#include "unit.h"

#include "parse_mountinfo.h"

UNIT_PARSER(parse, struct np_devices, np_parse_mountinfo(text, length, ret), np_devices_free(ret))

static const char good[] =
	"23 28 0:21 / /proc rw,nosuid - proc proc rw\n"
	"36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n"
	"40 25 0:35 / /dev/hugepages rw,relatime shared:16 - hugetlbfs hugetlbfs rw,pagesize=2M\n"
	"41 25 0:35 / /mnt/again rw,relatime - hugetlbfs  rw\n"
	"42 25 4095:1048575 / /mnt/1G rw - hugetlbfs nodev rw\n"
	"43 25 0:50 /hugetlbfs /mnt/hugetlbfs rw - tmpfs hugetlbfs rw\n";

static void test_values(void **state)
{
	struct np_devices devices;

	(void)state;
	assert_int_equal(np_parse_mountinfo(good, sizeof(good) - 1, &devices), 0);
	assert_int_equal(devices.count, 2);
	assert_true(np_devices_have(&devices, 0, 35));
	assert_true(np_devices_have(&devices, 4095, 1048575));
	assert_false(np_devices_have(&devices, 0, 50));
	assert_false(np_devices_have(&devices, 98, 0));
	np_devices_free(&devices);
}

static void test_malformed(void **state)
{
	(void)state;
	unit_refuses(parse, "1 2 0:1 / /a rw - tmpfs", -EINVAL);
	unit_refuses(parse, "\n", -EINVAL);
	unit_refuses(parse, "1 2 0:1 / /a rw tmpfs\n", -EINVAL);
	unit_refuses(parse, "1 2 0:1 / /a rw -\n", -EINVAL);
	unit_refuses(parse, "1 2 0 / /a rw - tmpfs\n", -EINVAL);
	unit_refuses(parse, "1 2 x:1 / /a rw - tmpfs\n", -EINVAL);
	unit_refuses(parse, "1 2 4294967296:1 / /a rw - tmpfs\n", -ERANGE);
}

static void test_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(unit_machines); i++) {
		struct np_text text = unit_fixture(unit_machines[i], "proc/4711/mountinfo");
		struct np_devices devices;

		assert_int_equal(np_parse_mountinfo(text.data, text.length, &devices), 0);
		assert_int_equal(devices.count, 0);
		np_devices_free(&devices);
		np_text_free(&text);
	}
}

static void test_hostile(void **state)
{
	(void)state;
	unit_hostile(parse, good, sizeof(good) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
