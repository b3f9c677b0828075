/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process is opened again by its number, and may be another by then. */
#include "unit.h"

#include "survey.h"
#include "tree.h"

#define STAT "7 (name) S 1 7 7 0 -1 4194560 100 0 2 0 1 1 0 0 20 0 1 0 4711 1000 100 18446744073709551615\n"

static int open_subject(const struct unit_tree *tree, struct np_fact start_ticks)
{
	const struct np_target target = { .pid = 7, .start_ticks = start_ticks };
	const struct np_system system = { .page_bytes = 4096 };
	struct np_subject subject;
	int result = np_subject_open(tree->fd, &target, NULL, 0, &system, &subject);

	if (!result) {
		assert_int_equal(subject.pid, 7);
		np_subject_close(&subject);
	}
	return result;
}

static void test_same_process(void **state)
{
	struct unit_tree tree = unit_make_tree();

	(void)state;
	unit_make_file(tree.fd, "proc/7/stat", STAT);
	unit_make_file(tree.fd, "proc/7/pagemap", "");
	assert_int_equal(open_subject(&tree, NP_FACT(4711)), 0);
	assert_int_equal(open_subject(&tree, NP_FACT(4710)), -ESRCH);
	assert_int_equal(open_subject(&tree, NP_NOT_KNOWN), 0);
	unit_remove_tree(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_same_process) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
