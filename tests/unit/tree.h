/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A made-up machine: files of a test's own, below a temporary directory. */
#ifndef NUMAPROBE_TESTS_TREE_H
#define NUMAPROBE_TESTS_TREE_H

#include "unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

struct unit_tree {
	char path[32];
	int fd;
};

static inline struct unit_tree unit_make_tree(void)
{
	struct unit_tree tree = { "/tmp/numaprobe-XXXXXX", -1 };

	assert_non_null(mkdtemp(tree.path));
	assert_int_equal(np_root_open(tree.path, &tree.fd), 0);
	return tree;
}

static inline void unit_make_directories(int fd, const char *path)
{
	char copy[256];

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *slash = copy; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		assert_true(mkdirat(fd, copy, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
}

/* Make or replace a file, and the directories that lead to it. */
static inline void unit_make_file(int fd, const char *path, const char *text)
{
	np_cleanup_close int file = -1;

	unit_make_directories(fd, path);
	file = openat(fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
}

static inline int unit_remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static inline void unit_remove_tree(struct unit_tree *tree)
{
	assert_int_equal(nftw(tree->path, unit_remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
	close(tree->fd);
}

#endif
