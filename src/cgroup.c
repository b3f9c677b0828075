/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control groups, found through the mounts that this program sees. */
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "parse_number.h"

/* "\040" and its kin, in place: mangle_path() in fs/seq_file.c escapes blanks, tabs, newlines and backslashes. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7' &&
		    from[3] >= '0' && from[3] <= '7') {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

static int copy_field(struct np_span word, char **ret)
{
	int error = np_span_copy(word, ret);

	if (!error)
		unescape(*ret);
	return error;
}

static void mount_free(struct np_cgroup_mount *mount)
{
	free(mount->path);
	free(mount->root);
	free(mount->controllers);
}

void np_cgroup_mounts_free(struct np_cgroup_mounts *mounts)
{
	for (size_t i = 0; i < mounts->count; i++)
		mount_free(&mounts->mounts[i]);
	free(mounts->mounts);
	*mounts = (struct np_cgroup_mounts){ 0 };
}

/* Version 2 goes before all of version 1. */
static int insert(struct np_cgroup_mounts *mounts, struct np_cgroup_mount mount)
{
	struct np_cgroup_mount *more = reallocarray(mounts->mounts, mounts->count + 1, sizeof(*more));
	size_t at = mounts->count;

	if (!more)
		return -ENOMEM;
	mounts->mounts = more;
	for (; mount.unified && at > 0 && !more[at - 1].unified; at--)
		more[at] = more[at - 1];
	more[at] = mount;
	mounts->count++;
	return 0;
}

/* "36 35 0:31 ROOT POINT OPTIONS optional... - TYPE SOURCE SUPER_OPTIONS" */
static int parse_line(struct np_span line, struct np_cgroup_mounts *mounts)
{
	struct np_span word, root = line, point = line, type, options;
	struct np_cgroup_mount mount = { 0 };
	int error;

	for (int field = 1; field <= 6; field++) {
		if (!np_take_word(&line, &word))
			return -EINVAL;
		root = field == 4 ? word : root;
		point = field == 5 ? word : point;
	}
	do {
		if (!np_take_word(&line, &word))
			return -EINVAL;
	} while (!np_span_equals(word, "-"));
	if (!np_take_word(&line, &type))
		return -EINVAL;
	if (!np_span_equals(type, "cgroup") && !np_span_equals(type, "cgroup2"))
		return 0;
	if (!np_take_word(&line, &word) || !np_take_word(&line, &options))
		return -EINVAL;
	mount.unified = np_span_equals(type, "cgroup2");
	error = copy_field(root, &mount.root);
	if (!error)
		error = copy_field(point, &mount.path);
	if (!error)
		error = copy_field(mount.unified ? np_span_make("", 0) : options, &mount.controllers);
	if (!error)
		error = insert(mounts, mount);
	if (error)
		mount_free(&mount);
	return error;
}

int np_parse_cgroup_mounts(const char *text, size_t length, struct np_cgroup_mounts *ret)
{
	struct np_span rest = np_span_make(text, length), line;
	struct np_cgroup_mounts mounts = { 0 };
	int error = np_span_whole_lines(rest) ? 0 : -EINVAL;

	while (!error && np_take_line(&rest, &line))
		error = parse_line(line, &mounts);
	if (error) {
		np_cgroup_mounts_free(&mounts);
		return error;
	}
	*ret = mounts;
	return 0;
}

static int read_mounts(int root_fd, struct np_cgroup_mounts *ret)
{
	np_cleanup_text struct np_text text = { 0 };
	int error = np_read_text(root_fd, "proc/self/mountinfo", &text);

	return error ? error : np_parse_cgroup_mounts(text.data, text.length, ret);
}

/* The part of a path below a prefix, without its slashes at the start; NULL where it does not lie there. */
static const char *below(const char *path, const char *prefix)
{
	size_t length = strlen(prefix);

	while (length && prefix[length - 1] == '/')
		length--;
	if (strncmp(path, prefix, length) != 0 || (path[length] != '/' && path[length] != '\0'))
		return NULL;
	return path + length + strspn(path + length, "/");
}

/* A directory with processes: that of a cgroup. -ENOENT where it is none. */
static int open_directory(int root_fd, const char *mount, const char *rest, int *ret_fd)
{
	char path[PATH_MAX];
	int fd, error;

	if (snprintf(path, sizeof(path), "%s/%s", mount + strspn(mount, "/"), rest) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	error = np_open(root_fd, path, O_RDONLY | O_DIRECTORY, &fd);
	if (!error && faccessat(fd, "cgroup.procs", F_OK, 0) < 0) {
		error = -errno;
		close(fd);
	}
	if (!error)
		*ret_fd = fd;
	return error == -ENOTDIR ? -ENOENT : error;
}

/* ".." would leave the hierarchy, or what the user meant by it. */
static bool climbs(const char *path)
{
	for (const char *at = path; (at = strstr(at, "..")); at += 2)
		if ((at == path || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
			return true;
	return false;
}

static int open_cgroup(int root_fd, const char *path, int *ret_fd)
{
	struct np_cgroup_mounts mounts = { 0 };
	int error = climbs(path) ? -EINVAL : read_mounts(root_fd, &mounts);
	bool found = false;

	if (error)
		return error;
	error = -ENOENT;
	for (size_t i = 0; i < mounts.count && !found; i++) {
		const char *rest = below(path, mounts.mounts[i].path);

		if (rest) {
			error = open_directory(root_fd, mounts.mounts[i].path, rest, ret_fd);
			found = true;
		}
	}
	for (size_t i = 0; i < mounts.count && !found; i++) {
		error = open_directory(root_fd, mounts.mounts[i].path, path + strspn(path, "/"), ret_fd);
		found = error != -ENOENT;
	}
	np_cgroup_mounts_free(&mounts);
	return error;
}

/* A process of which this PID namespace has no number reads as 0. */
static int add_processes(int dir_fd, struct np_pids *pids, size_t *foreign)
{
	np_cleanup_text struct np_text text = { 0 };
	int error = np_read_text(dir_fd, "cgroup.procs", &text);

	return error ? error : np_pids_add_listed(pids, &text, foreign);
}

/*
 * A threaded cgroup has no list of processes, and says EOPNOTSUPP: the one above it, where its domain starts, has
 * them (Documentation/admin-guide/cgroup-v2.rst, "Threads"). One that is removed meanwhile says ENODEV.
 */
static int add_tree(int dir_fd, struct np_pids *pids, size_t *foreign, bool top)
{
	DIR *directory = fdopendir(dir_fd);
	const struct dirent *entry;
	int error;

	if (!directory) {
		close(dir_fd);
		return -ENOMEM;
	}
	error = add_processes(dir_fd, pids, foreign);
	if (!top && (error == -EOPNOTSUPP || error == -ENODEV || error == -ENOENT))
		error = 0;
	while (!error && np_next_entry(directory, &entry, &error)) {
		int fd;

		if (entry->d_type != DT_DIR)
			continue;
		error = np_open(dir_fd, entry->d_name, O_RDONLY | O_DIRECTORY, &fd);
		if (!error)
			error = add_tree(fd, pids, foreign, false);
		else if (error == -ENOENT)
			error = 0;
	}
	closedir(directory);
	return error;
}

int np_cgroup_add(int root_fd, const char *path, struct np_pids *pids, size_t *ret_foreign)
{
	int fd, error = open_cgroup(root_fd, path, &fd);

	*ret_foreign = 0;
	return error ? error : add_tree(fd, pids, ret_foreign, true);
}

int np_parse_controller(const char *text, size_t length, const char *name, struct np_controller *ret)
{
	struct np_span rest = np_span_make(text, length), line, word;
	struct np_controller controller;

	while (np_take_line(&rest, &line)) {
		int error;

		if (!np_take_word(&line, &word) || !np_span_equals(word, name))
			continue;
		np_skip_blanks(&line);
		error = np_take_u64(&line, &controller.hierarchy);
		np_skip_blanks(&line);
		if (!error)
			error = np_take_u64(&line, &controller.groups);
		if (error)
			return error;
		*ret = controller;
		return 0;
	}
	return -ENOENT;
}

bool np_cpusets_in_use(int root_fd)
{
	np_cleanup_text struct np_text control = { 0 }, controllers = { 0 };
	struct np_controller cpuset;

	if (np_read_text(root_fd, "sys/fs/cgroup/cgroup.subtree_control", &control) == 0 &&
	    strstr(control.data, "cpuset"))
		return true;
	return np_read_text(root_fd, "proc/cgroups", &controllers) == 0 &&
	       np_parse_controller(controllers.data, controllers.length, "cpuset", &cpuset) == 0 && cpuset.hierarchy &&
	       cpuset.groups > 1;
}

/* A comma-separated list has this word. */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (strncmp(list, word, length) == 0 && (list[length] == ',' || list[length] == '\0'))
			return true;
	}
	return false;
}

/* "/a/b" to "/a"; false at the root. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || path[1] == '\0')
		return false;
	slash[slash == path] = '\0';
	return true;
}

/* Of version 2, a cgroup without the controller has the nodes of the nearest one above that has it. */
static int read_nodes(int root_fd, const struct np_cgroup_mount *mount, char *cgroup, char **ret)
{
	const char *name = mount->unified ? "cpuset.mems.effective" : "cpuset.effective_mems";
	int error = -ENOENT;

	do {
		np_cleanup_text struct np_text text = { 0 };
		const char *rest = below(cgroup, mount->root);
		char path[PATH_MAX];

		if (!rest || snprintf(path, sizeof(path), "%s/%s/%s", mount->path + 1, rest, name) >= PATH_MAX)
			return -ENOENT;
		error = np_read_text(root_fd, path, &text);
		if (!error && text.length > 1)
			return np_span_copy(np_span_make(text.data, text.length - 1), ret);
	} while ((!error || error == -ENOENT) && go_up(cgroup));
	return error ? error : -ENOENT;
}

/* -ENOENT: this hierarchy has no cpusets, or not this one. */
static int read_nodes_of(int root_fd, const struct np_cgroup_mount *mount, const char *cgroup, char **ret)
{
	char *path;
	int error;

	if (!mount->unified && !has_word(mount->controllers, "cpuset"))
		return -ENOENT;
	path = strdup(cgroup);
	error = path ? read_nodes(root_fd, mount, path, ret) : -ENOMEM;
	free(path);
	return error;
}

int np_cgroup_memory_nodes(int root_fd, int pid_dir_fd, char **ret)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_cgroup_mounts mounts = { 0 };
	int error = np_read_text(pid_dir_fd, "cpuset", &text);

	if (error)
		return error;
	if (text.length && text.data[text.length - 1] == '\n')
		text.data[text.length - 1] = '\0';
	error = read_mounts(root_fd, &mounts);
	if (error)
		return error;
	error = -ENOENT;
	for (size_t i = 0; i < mounts.count && error == -ENOENT; i++)
		error = read_nodes_of(root_fd, &mounts.mounts[i], text.data, ret);
	np_cgroup_mounts_free(&mounts);
	return error;
}
