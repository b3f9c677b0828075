/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine and its kernel: release, nodes, distances, settings and counters. */
#include "system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "files.h"
#include "parse_choice.h"
#include "parse_list.h"
#include "parse_node.h"
#include "parse_number.h"
#include "parse_vmstat.h"

#define NODES "sys/devices/system/node"

enum presence { REQUIRED, OPTIONAL };

/* One file: how it is read, whether kernels may be without it, what is missing without it. */
struct file {
	const char *path; /* below the root */
	enum presence presence;
	const char *effect;
	int (*parse)(const char *text, size_t length, void *ret);
};

/* Where a file can't be used, say so and leave *ret as it is. 0, or -ENOMEM. */
static int read_file(int root_fd, struct np_snapshot *snapshot, const struct file *file, void *ret)
{
	np_cleanup_text struct np_text text = { 0 };
	np_cleanup_free char *what = NULL;
	const char *operation = "read";
	int err;

	err = np_read_text(root_fd, file->path, &text);
	if (err == -ENOENT && file->presence == OPTIONAL)
		return 0;
	if (err == 0) {
		operation = "parse";
		err = file->parse(text.data, text.length, ret);
	}
	if (err == 0 || err == -ENOMEM)
		return err;
	if (asprintf(&what, "/%s", file->path) < 0)
		return -ENOMEM;
	np_problem_add(snapshot, what, operation, -err, "%s", file->effect);
	return 0;
}

/* The whole line, as a string. */
static int parse_line(const char *text, size_t length, void *ret)
{
	struct np_span span = np_span_make(text, length), line;

	if (!np_take_line(&span, &line))
		line = span;
	return np_span_copy(line, ret);
}

static int parse_fact(const char *text, size_t length, void *ret)
{
	struct np_span span = np_span_make(text, length);
	int64_t number;
	int err;

	err = np_take_i64(&span, &number);
	if (err < 0)
		return err;
	if (span.next < span.end && *span.next != '\n')
		return -EINVAL;
	*(struct np_fact *)ret = NP_FACT(number);
	return 0;
}

static int parse_choice(const char *text, size_t length, void *ret)
{
	return np_parse_choice(text, length, ret);
}

static int parse_vmstat(const char *text, size_t length, void *ret)
{
	return np_parse_vmstat(text, length, ret);
}

static int parse_list(const char *text, size_t length, void *ret)
{
	return np_parse_list(text, length, ret);
}

static int parse_meminfo(const char *text, size_t length, void *ret)
{
	return np_parse_node_meminfo(text, length, ret);
}

/* The files that have one place in np_system each. */
static const struct {
	struct file file;
	size_t offset;
} system_files[] = {
	{ { "proc/sys/kernel/osrelease", REQUIRED, "the kernel's release is not known", parse_line },
	  offsetof(struct np_system, kernel) },
	{ { "proc/sys/kernel/numa_balancing", OPTIONAL, "whether NUMA balancing is on is not known", parse_fact },
	  offsetof(struct np_system, numa_balancing) },
	{ { "sys/kernel/mm/transparent_hugepage/enabled", OPTIONAL,
	    "the setting of transparent huge pages is not known", parse_choice },
	  offsetof(struct np_system, thp) },
	{ { "sys/kernel/security/lockdown", OPTIONAL, "whether the kernel is locked down is not known",
	    parse_choice },
	  offsetof(struct np_system, lockdown) },
	{ { "proc/vmstat", REQUIRED, "the kernel's counters of NUMA balancing are not known", parse_vmstat },
	  offsetof(struct np_system, vmstat) },
};

static int read_settings(int root_fd, struct np_snapshot *snapshot)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < sizeof(system_files) / sizeof(system_files[0]); i++)
		err = read_file(root_fd, snapshot, &system_files[i].file,
				(char *)&snapshot->system + system_files[i].offset);
	return err;
}

/* A distance file's numbers go with the nodes of the list. */
struct distances {
	size_t count;
	struct np_fact *facts;
};

static int parse_distances(const char *text, size_t length, void *ret)
{
	const struct distances *distances = ret;

	return np_parse_distance(text, length, distances->count, distances->facts);
}

static int read_node_meminfo(int root_fd, struct np_snapshot *snapshot, const char *path, struct np_node *node)
{
	const struct file file = { path, REQUIRED, "the size of this node's memory is not known", parse_meminfo };
	struct np_node_meminfo meminfo = { 0 };
	int err;

	err = read_file(root_fd, snapshot, &file, &meminfo);
	node->memory_bytes = meminfo.total_bytes;
	node->free_bytes = meminfo.free_bytes;
	return err;
}

static int read_cpus(int root_fd, struct np_snapshot *snapshot, const char *path, struct np_node *node)
{
	const struct file file = { path, REQUIRED, "the CPUs of this node are not known", parse_line };

	return read_file(root_fd, snapshot, &file, &node->cpus);
}

static int read_distances(int root_fd, struct np_snapshot *snapshot, const char *path, struct np_node *node)
{
	const struct file file = { path, REQUIRED, "the distances from this node are not known", parse_distances };
	struct distances distances = { snapshot->system.node_count, node->distances };

	return read_file(root_fd, snapshot, &file, &distances);
}

static int read_node(int root_fd, struct np_snapshot *snapshot, struct np_node *node)
{
	static const struct {
		const char *name;
		int (*read)(int root_fd, struct np_snapshot *snapshot, const char *path, struct np_node *node);
	} files[] = {
		{ "cpulist", read_cpus },
		{ "meminfo", read_node_meminfo },
		{ "distance", read_distances },
	};
	char path[64];
	int err = 0;

	for (size_t i = 0; err == 0 && i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), NODES "/node%u/%s", node->number, files[i].name);
		err = files[i].read(root_fd, snapshot, path, node);
	}
	return err;
}

static int make_nodes(struct np_system *system, const struct np_node_list *list)
{
	system->nodes = calloc(list->count, sizeof(*system->nodes));
	if (!system->nodes)
		return -ENOMEM;
	system->node_count = list->count;
	for (size_t i = 0; i < list->count; i++) {
		system->nodes[i].number = list->numbers[i];
		system->nodes[i].distances = calloc(list->count, sizeof(struct np_fact));
		if (!system->nodes[i].distances)
			return -ENOMEM;
	}
	return 0;
}

/* A kernel without nodes, or one that hides them: all there is belongs to node 0. */
static int read_only_node(int root_fd, struct np_snapshot *snapshot)
{
	const struct np_node_list list = { 1, { 0 } };
	int err;

	err = make_nodes(&snapshot->system, &list);
	if (err == 0)
		err = read_cpus(root_fd, snapshot, "sys/devices/system/cpu/online", snapshot->system.nodes);
	if (err == 0)
		err = read_node_meminfo(root_fd, snapshot, "proc/meminfo", snapshot->system.nodes);
	return err;
}

static int read_nodes(int root_fd, struct np_snapshot *snapshot)
{
	const struct file online = { NODES "/online", REQUIRED, "all memory and CPUs are taken for node 0", parse_list };
	struct np_node_list list = { 0 };
	int err;

	err = read_file(root_fd, snapshot, &online, &list);
	if (err < 0)
		return err;
	if (list.count == 0)
		return read_only_node(root_fd, snapshot);
	err = make_nodes(&snapshot->system, &list);
	for (size_t i = 0; err == 0 && i < list.count; i++)
		err = read_node(root_fd, snapshot, &snapshot->system.nodes[i]);
	return err;
}

static int read_machine(struct np_system *system)
{
	struct utsname names;

	system->page_bytes = (unsigned)sysconf(_SC_PAGESIZE);
	if (uname(&names) < 0)
		return -errno;
	system->machine = strdup(names.machine);
	return system->machine ? 0 : -ENOMEM;
}

int np_system_read(int root_fd, struct np_snapshot *snapshot)
{
	int err;

	err = read_machine(&snapshot->system);
	if (err == 0)
		err = read_settings(root_fd, snapshot);
	if (err == 0)
		err = read_nodes(root_fd, snapshot);
	return err;
}
