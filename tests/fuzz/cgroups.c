// SPDX-License-Identifier: GPL-2.0-or-later
/* Paths of control groups, which the user names, and which whoever may make a group names. */
#include "targets.h"

#include <stdlib.h>
#include <string.h>

/* What becomes of a path on its way to open() is not to be had from outside without a file system. */
#include "../../src/cgroup.c"

/* Word by word, too simply to be wrong. */
static bool has_dot_dot(const char *path)
{
	char *copy = strdup(path), *rest = copy, *word;
	bool found = false;

	FUZZ_CHECK(copy);
	while ((word = strsep(&rest, "/")))
		found |= strcmp(word, "..") == 0;
	free(copy);
	return found;
}

static void check_mount(const struct np_cgroup_mount *mount, char *path)
{
	const char *rest = below(path, mount->path), *inside = below(path, mount->root);

	FUZZ_CHECK(!rest || (rest >= path && rest <= path + strlen(path) && *rest != '/'));
	FUZZ_CHECK(!inside || strlen(inside) <= strlen(path));
	FUZZ_CHECK(!has_word(mount->controllers, "cpuset") || strstr(mount->controllers, "cpuset"));
}

/* A path up to a NUL, then lines of mountinfo. */
void fuzz_cgroup_paths(const uint8_t *data, size_t size)
{
	size_t length = strnlen((const char *)data, size), ups = 0;
	char *path = strndup((const char *)data, length);
	struct np_cgroup_mounts mounts = { 0 };

	FUZZ_CHECK(path);
	FUZZ_CHECK(climbs(path) == has_dot_dot(path));
	length += length < size;
	if (np_parse_cgroup_mounts((const char *)data + length, size - length, &mounts) == 0)
		for (size_t i = 0; i < mounts.count; i++)
			check_mount(&mounts.mounts[i], path);
	np_cgroup_mounts_free(&mounts);
	while (*path && go_up(path))
		FUZZ_CHECK(++ups <= size);
	free(path);
}
