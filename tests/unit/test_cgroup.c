/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control groups: the mounts of mountinfo, and processes and nodes from a tree that looks like /sys/fs/cgroup. */
#include "unit.h"

#include "cgroup.h"
#include "tree.h"

UNIT_PARSER(parse, struct np_cgroup_mounts, np_parse_cgroup_mounts(text, length, ret), np_cgroup_mounts_free(ret))

static const char good[] =
	"23 28 0:21 / /proc rw,nosuid - proc proc rw\n"
	"33 31 0:30 / /cg/cpu\\040set rw,relatime shared:2 - cgroup cgroup rw,cpuset\n"
	"36 31 0:33 / /cg/memory rw - cgroup cgroup rw,memory\n"
	"41 31 0:38 /slice /cg/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n";

static void test_mounts(void **state)
{
	struct np_cgroup_mounts mounts;

	(void)state;
	assert_int_equal(np_parse_cgroup_mounts(good, sizeof(good) - 1, &mounts), 0);
	assert_int_equal(mounts.count, 3);
	assert_true(mounts.mounts[0].unified);
	assert_string_equal(mounts.mounts[0].path, "/cg/unified");
	assert_string_equal(mounts.mounts[0].root, "/slice");
	assert_string_equal(mounts.mounts[1].path, "/cg/cpu set");
	assert_string_equal(mounts.mounts[1].controllers, "rw,cpuset");
	assert_string_equal(mounts.mounts[2].path, "/cg/memory");
	np_cgroup_mounts_free(&mounts);
}

static void test_hostile(void **state)
{
	(void)state;
	assert_int_equal(unit_parse_exact(parse, "1 2 3 4 5 6 - cgroup x\n", 23), -EINVAL);
	assert_int_equal(unit_parse_exact(parse, "1 2 3 4 5 6\n", 12), -EINVAL);
	unit_hostile(parse, good, sizeof(good) - 1);
}

/* A machine with both versions, whose v2 has no cpuset controller below its top. */
static int make_tree(struct unit_tree *tree)
{
	*tree = unit_make_tree();
	unit_make_file(tree->fd, "proc/self/mountinfo",
		  "33 31 0:30 / /cg/cpuset rw - cgroup cgroup rw,cpuset\n41 31 0:38 / /cg/unified rw - cgroup2 cgroup2 rw\n");
	unit_make_file(tree->fd, "cg/unified/cgroup.procs", "1\n");
	unit_make_file(tree->fd, "cg/unified/cpuset.mems.effective", "0-3\n");
	unit_make_file(tree->fd, "cg/unified/a/cgroup.procs", "12\n11\n");
	unit_make_file(tree->fd, "cg/unified/a/b/cgroup.procs", "0\n13\n12\n");
	unit_make_file(tree->fd, "cg/unified/a/b/c/cgroup.procs", "");
	unit_make_file(tree->fd, "cg/unified/nothing/other", "");
	unit_make_file(tree->fd, "cg/cpuset/old/cgroup.procs", "21\n");
	unit_make_file(tree->fd, "cg/cpuset/old/cpuset.effective_mems", "1\n");
	unit_make_file(tree->fd, "proc/5/cpuset", "/a/b\n");
	return tree->fd;
}

static void expect_pids(int root_fd, const char *path, size_t count, const pid_t *expected, size_t foreign)
{
	struct np_pids pids = { 0 };
	size_t foreign_seen;

	assert_int_equal(np_cgroup_add(root_fd, path, &pids, &foreign_seen), 0);
	np_pids_sort(&pids);
	assert_int_equal(pids.count, count);
	assert_memory_equal(pids.pids, expected, count * sizeof(*expected));
	assert_int_equal(foreign_seen, foreign);
	np_pids_free(&pids);
}

static void test_processes(void **state)
{
	static const pid_t below_a[] = { 11, 12, 13 }, old[] = { 21 }, everywhere[] = { 1, 11, 12, 13 };
	struct np_pids pids = { 0 };
	struct unit_tree tree;
	size_t foreign;
	int root_fd = make_tree(&tree);

	(void)state;
	expect_pids(root_fd, "/a", 3, below_a, 1);
	expect_pids(root_fd, "a/", 3, below_a, 1);
	expect_pids(root_fd, "/cg/unified/a", 3, below_a, 1);
	expect_pids(root_fd, "/", 4, everywhere, 1);
	expect_pids(root_fd, "old", 1, old, 0);
	expect_pids(root_fd, "/cg/cpuset/old", 1, old, 0);
	assert_int_equal(np_cgroup_add(root_fd, "missing", &pids, &foreign), -ENOENT);
	assert_int_equal(np_cgroup_add(root_fd, "nothing", &pids, &foreign), -ENOENT);
	assert_int_equal(np_cgroup_add(root_fd, "/cg/unified/old", &pids, &foreign), -ENOENT);
	assert_int_equal(np_cgroup_add(root_fd, "a/../../..", &pids, &foreign), -EINVAL);
	np_pids_free(&pids);
	unit_remove_tree(&tree);
}

static void test_memory_nodes(void **state)
{
	struct unit_tree tree;
	int root_fd = make_tree(&tree), pid_fd;
	char *nodes;

	(void)state;
	assert_int_equal(np_open(root_fd, "proc/5", O_PATH | O_DIRECTORY, &pid_fd), 0);
	assert_int_equal(np_cgroup_memory_nodes(root_fd, pid_fd, &nodes), 0);
	assert_string_equal(nodes, "0-3");
	free(nodes);
	close(pid_fd);
	assert_int_equal(np_open(root_fd, "proc/self", O_PATH | O_DIRECTORY, &pid_fd), 0);
	assert_int_equal(np_cgroup_memory_nodes(root_fd, pid_fd, &nodes), -ENOENT);
	close(pid_fd);
	unit_remove_tree(&tree);
}

static int parse_cpuset(const char *text, struct np_controller *ret)
{
	return np_parse_controller(text, strlen(text), "cpuset", ret);
}

static void test_controllers(void **state)
{
	struct np_controller controller = { 7, 7 };

	(void)state;
	assert_int_equal(parse_cpuset("#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t1\t9\t1\ncpuset\t3\t2\t1\n",
				      &controller), 0);
	assert_int_equal(controller.hierarchy, 3);
	assert_int_equal(controller.groups, 2);
	assert_int_equal(parse_cpuset("", &controller), -ENOENT);
	assert_int_equal(parse_cpuset("cpusets\t5\t5\t1\n", &controller), -ENOENT);
	assert_int_equal(parse_cpuset("cpuset\t5\n", &controller), -EINVAL);
	assert_int_equal(parse_cpuset("cpuset\t-5\t5\t1\n", &controller), -EINVAL);
	assert_int_equal(parse_cpuset("cpuset\t5\t18446744073709551616\t1\n", &controller), -ERANGE);
	assert_int_equal(controller.hierarchy, 3);
	assert_int_equal(controller.groups, 2);
}

static void test_cpusets_in_use(void **state)
{
	static const struct {
		const char *control, *controllers;
		bool in_use;
	} cases[] = {
		{ NULL, "cpuset\t3\t2\t1\n", true },	       { NULL, "cpuset\t3\t1\t1\n", false }, /* the root alone */
		{ NULL, "cpuset\t0\t200\t1\n", false },	       { "cpu memory\n", "cpuset\t0\t9\t1\n", false },
		{ "cpuset cpu\n", "cpuset\t0\t9\t1\n", true }, { NULL, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct unit_tree tree = unit_make_tree();

		if (cases[i].control)
			unit_make_file(tree.fd, "sys/fs/cgroup/cgroup.subtree_control", cases[i].control);
		if (cases[i].controllers)
			unit_make_file(tree.fd, "proc/cgroups", cases[i].controllers);
		assert_int_equal(np_cpusets_in_use(tree.fd), cases[i].in_use);
		unit_remove_tree(&tree);
	}
}

static void test_memory_nodes_of_version_1(void **state)
{
	static const struct {
		const char *cpuset, *nodes;
	} rows[] = { { "/slice/old\n", "1" }, { "/slice/old/deep\n", "1" }, { "/other\n", NULL } };
	struct unit_tree tree = unit_make_tree();

	(void)state;
	unit_make_file(tree.fd, "proc/self/mountinfo",
		       "36 31 0:33 /slice /cg/memory rw - cgroup cgroup rw,memory\n"
		       "33 31 0:30 /slice /cg/cpuset rw - cgroup cgroup rw,cpuset\n");
	unit_make_file(tree.fd, "cg/memory/old/cpuset.effective_mems", "7\n"); /* of a hierarchy without cpusets */
	unit_make_file(tree.fd, "cg/cpuset/old/cpuset.effective_mems", "1\n");
	for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
		np_cleanup_close int pid_fd = -1;
		char *nodes = NULL;

		unit_make_file(tree.fd, "proc/6/cpuset", rows[i].cpuset);
		assert_int_equal(np_open(tree.fd, "proc/6", O_PATH | O_DIRECTORY, &pid_fd), 0);
		assert_int_equal(np_cgroup_memory_nodes(tree.fd, pid_fd, &nodes), rows[i].nodes ? 0 : -ENOENT);
		if (rows[i].nodes)
			assert_string_equal(nodes, rows[i].nodes);
		free(nodes);
	}
	unit_remove_tree(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_memory_nodes),
		cmocka_unit_test(test_controllers),
		cmocka_unit_test(test_cpusets_in_use),
		cmocka_unit_test(test_memory_nodes_of_version_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
