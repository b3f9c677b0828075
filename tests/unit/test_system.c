/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system: recorded machines, and made ones with odd nodes and with files that can't be used. */
#include "unit.h"

#include <sys/utsname.h>

#include "system.h"
#include "tree.h"

static struct np_snapshot *read_system(int root_fd)
{
	struct np_snapshot *snapshot = np_snapshot_create();

	assert_non_null(snapshot);
	assert_int_equal(np_system_read(root_fd, snapshot), 0);
	return snapshot;
}

static void test_recorded(void **state)
{
	np_cleanup_close int root_fd = unit_root("6.12-x86_64-cpuless-node");
	struct np_snapshot *snapshot = read_system(root_fd);
	const struct np_system *system = &snapshot->system;
	struct utsname names;

	(void)state;
	assert_int_equal(uname(&names), 0);
	assert_string_equal(system->machine, names.machine);
	assert_int_equal(system->page_bytes, sysconf(_SC_PAGESIZE));
	assert_true(strncmp(system->kernel, "6.12.", 5) == 0);
	assert_true(system->numa_balancing.known && system->numa_balancing.value == 1);
	assert_string_equal(system->thp, "always");
	assert_null(system->lockdown);
	assert_int_equal(system->node_count, 3);
	assert_string_equal(system->nodes[0].cpus, "0-1");
	assert_string_equal(system->nodes[1].cpus, "2-3");
	assert_string_equal(system->nodes[2].cpus, "");
	assert_int_equal(system->nodes[2].number, 2);
	assert_true(system->nodes[2].memory_bytes.known && system->nodes[2].free_bytes.known);
	assert_true(system->nodes[2].memory_bytes.value > system->nodes[2].free_bytes.value);
	assert_int_equal(system->nodes[0].distances[2].value, 30);
	assert_int_equal(system->nodes[2].distances[2].value, 10);
	assert_true(system->vmstat.numa_hint_faults.known);
	assert_int_equal(snapshot->problem_count, 0);
	np_snapshot_destroy(snapshot);
}

static void test_all_recorded(void **state)
{
	static const size_t counts[UNIT_COUNT(unit_machines)] = { 2, 2, 3, 4, 1, 2 };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(unit_machines); i++) {
		np_cleanup_close int root_fd = unit_root(unit_machines[i]);
		struct np_snapshot *snapshot = read_system(root_fd);

		assert_int_equal(snapshot->problem_count, 0);
		assert_int_equal(snapshot->system.node_count, counts[i]);
		for (size_t j = 0; j < counts[i]; j++)
			assert_int_equal(snapshot->system.nodes[j].distances[j].value, 10);
		np_snapshot_destroy(snapshot);
	}
}

/* The kernel's own files, without nodes. */
static struct unit_tree make_kernel(void)
{
	struct unit_tree tree = unit_make_tree();

	unit_make_file(tree.fd, "proc/sys/kernel/osrelease", "5.10.0\n");
	unit_make_file(tree.fd, "proc/vmstat", "nr_free_pages 1\n");
	return tree;
}

static void make_node(const struct unit_tree *tree, unsigned node, const char *cpus, unsigned kb, const char *distance)
{
	char path[128], text[128];

	snprintf(path, sizeof(path), "sys/devices/system/node/node%u/cpulist", node);
	unit_make_file(tree->fd, path, cpus);
	snprintf(path, sizeof(path), "sys/devices/system/node/node%u/distance", node);
	unit_make_file(tree->fd, path, distance);
	snprintf(path, sizeof(path), "sys/devices/system/node/node%u/meminfo", node);
	snprintf(text, sizeof(text), "Node %u MemTotal: %u kB\nNode %u MemFree: %u kB\n", node, kb, node, kb);
	unit_make_file(tree->fd, path, text);
}

/* Node 0 is missing, 5 has no memory, 1023 no CPUs, and the numbers have gaps. */
static void test_sparse(void **state)
{
	struct unit_tree tree = make_kernel();
	struct np_snapshot *snapshot;

	(void)state;
	unit_make_file(tree.fd, "sys/devices/system/node/online", "2,5,1023\n");
	make_node(&tree, 2, "0-3,8\n", 1024, "10 20 30\n");
	make_node(&tree, 5, "4\n", 0, "20 10 40\n");
	make_node(&tree, 1023, "\n", 8, "30 40 10\n");
	snapshot = read_system(tree.fd);
	assert_int_equal(snapshot->problem_count, 0);
	assert_int_equal(snapshot->system.node_count, 3);
	assert_int_equal(snapshot->system.nodes[0].number, 2);
	assert_int_equal(snapshot->system.nodes[2].number, 1023);
	assert_string_equal(snapshot->system.nodes[0].cpus, "0-3,8");
	assert_string_equal(snapshot->system.nodes[2].cpus, "");
	assert_true(snapshot->system.nodes[1].memory_bytes.known);
	assert_int_equal(snapshot->system.nodes[1].memory_bytes.value, 0);
	assert_int_equal(snapshot->system.nodes[0].memory_bytes.value, 1 << 20);
	assert_int_equal(snapshot->system.nodes[1].distances[2].value, 40);
	np_snapshot_destroy(snapshot);
	unit_remove_tree(&tree);
}

static void assert_problem(const struct np_snapshot *snapshot, size_t index, const char *what, const char *operation,
			   int error)
{
	assert_true(index < snapshot->problem_count);
	assert_string_equal(snapshot->problems[index].what, what);
	assert_string_equal(snapshot->problems[index].operation, operation);
	assert_int_equal(snapshot->problems[index].error, error);
}

static void test_without_nodes(void **state)
{
	struct unit_tree tree = make_kernel();
	struct np_snapshot *snapshot;

	(void)state;
	unit_make_file(tree.fd, "proc/meminfo", "MemTotal: 4 kB\nMemFree: 1 kB\n");
	unit_make_file(tree.fd, "sys/devices/system/cpu/online", "0-7\n");
	snapshot = read_system(tree.fd);
	assert_int_equal(snapshot->problem_count, 1);
	assert_problem(snapshot, 0, "/sys/devices/system/node/online", "read", ENOENT);
	assert_int_equal(snapshot->system.node_count, 1);
	assert_int_equal(snapshot->system.nodes[0].number, 0);
	assert_string_equal(snapshot->system.nodes[0].cpus, "0-7");
	assert_int_equal(snapshot->system.nodes[0].memory_bytes.value, 4096);
	assert_false(snapshot->system.nodes[0].distances[0].known);
	assert_false(snapshot->system.numa_balancing.known);
	assert_null(snapshot->system.thp);
	assert_false(snapshot->system.vmstat.numa_hint_faults.known);
	np_snapshot_destroy(snapshot);
	unit_remove_tree(&tree);
}

static void test_unusable_files(void **state)
{
	struct unit_tree tree = make_kernel();
	struct np_snapshot *snapshot;

	(void)state;
	unit_make_file(tree.fd, "proc/vmstat", "numa_hint_faults x\n");
	unit_make_file(tree.fd, "proc/sys/kernel/numa_balancing/x", "a directory in the file's place\n");
	unit_make_file(tree.fd, "sys/kernel/mm/transparent_hugepage/enabled", "always madvise never\n");
	unit_make_file(tree.fd, "sys/devices/system/node/online", "0-1\n");
	make_node(&tree, 0, "0\n", 4, "10\n");
	snapshot = read_system(tree.fd);
	assert_int_equal(snapshot->problem_count, 7);
	assert_problem(snapshot, 0, "/proc/sys/kernel/numa_balancing", "read", EISDIR);
	assert_problem(snapshot, 1, "/sys/kernel/mm/transparent_hugepage/enabled", "parse", EINVAL);
	assert_problem(snapshot, 2, "/proc/vmstat", "parse", EINVAL);
	assert_problem(snapshot, 3, "/sys/devices/system/node/node0/distance", "parse", EINVAL);
	assert_problem(snapshot, 4, "/sys/devices/system/node/node1/cpulist", "read", ENOENT);
	assert_problem(snapshot, 5, "/sys/devices/system/node/node1/meminfo", "read", ENOENT);
	assert_problem(snapshot, 6, "/sys/devices/system/node/node1/distance", "read", ENOENT);
	assert_int_equal(snapshot->system.node_count, 2);
	assert_null(snapshot->system.nodes[1].cpus);
	assert_false(snapshot->system.nodes[1].memory_bytes.known);
	assert_false(snapshot->system.nodes[0].distances[0].known);
	np_snapshot_destroy(snapshot);
	unit_remove_tree(&tree);
}

static void test_lockdown(void **state)
{
	struct unit_tree tree = make_kernel();
	struct np_snapshot *snapshot;

	(void)state;
	unit_make_file(tree.fd, "sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	unit_make_file(tree.fd, "proc/sys/kernel/numa_balancing", "2\n");
	snapshot = read_system(tree.fd);
	assert_string_equal(snapshot->system.lockdown, "integrity");
	assert_true(snapshot->system.numa_balancing.known && snapshot->system.numa_balancing.value == 2);
	np_snapshot_destroy(snapshot);
	unit_remove_tree(&tree);
}

/* Nothing there at all: everything unknown, every required file a problem, and still one node. */
static void test_nothing(void **state)
{
	struct unit_tree tree = unit_make_tree();
	struct np_snapshot *snapshot = read_system(tree.fd);

	(void)state;
	assert_int_equal(snapshot->problem_count, 5);
	assert_null(snapshot->system.kernel);
	assert_int_equal(snapshot->system.node_count, 1);
	assert_null(snapshot->system.nodes[0].cpus);
	assert_false(snapshot->system.nodes[0].memory_bytes.known);
	np_snapshot_destroy(snapshot);
	unit_remove_tree(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),   cmocka_unit_test(test_all_recorded),
		cmocka_unit_test(test_sparse),	   cmocka_unit_test(test_without_nodes),
		cmocka_unit_test(test_unusable_files), cmocka_unit_test(test_lockdown),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
