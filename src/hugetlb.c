// SPDX-License-Identifier: GPL-2.0-or-later
/* Recognises hugetlbfs by its device numbers. */
#include "hugetlb.h"

#include <dirent.h>
#include <errno.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "files.h"
#include "parse_mountinfo.h"
#include "parse_number.h"

#define MOST_SIZES 16 /* of huge pages: x86-64 has 2, arm64 up to 8 */
#define POOLS "sys/kernel/mm/hugepages"

struct sizes {
	int count;
	unsigned shift[MOST_SIZES];
};

static bool pool_is_empty(int root_fd, const char *pool)
{
	static const char *const counters[] = { "nr_hugepages", "nr_overcommit_hugepages" };
	bool empty = true;

	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++) {
		np_cleanup_text struct np_text text = { 0 };
		char path[512];

		snprintf(path, sizeof(path), POOLS "/%s/%s", pool, counters[i]);
		if (np_read_text(root_fd, path, &text) < 0 || strcmp(text.data, "0\n") != 0)
			empty = false;
	}
	return empty;
}

/* Whether the kernel has huge pages of hugetlbfs, though sysfs does not show them: it may not be mounted. */
static bool has_setting(int root_fd)
{
	np_cleanup_text struct np_text text = { 0 };

	return np_read_text(root_fd, "proc/sys/vm/nr_hugepages", &text) != -ENOENT;
}

/* The huge-page sizes whose pools hold pages, or may. */
static int used_sizes(int root_fd, struct sizes *ret)
{
	const struct dirent *entry;
	DIR *pools;
	int result = np_open_directory(root_fd, POOLS, &pools);

	ret->count = 0;
	if (result)
		return result == -ENOENT && !has_setting(root_fd) ? 0 : result; /* a kernel without huge pages */
	while (ret->count < MOST_SIZES && np_next_entry(pools, &entry, &result)) {
		struct np_span name = np_span_make(entry->d_name, strlen(entry->d_name));
		uint64_t kilobytes;

		if (np_take_text(&name, "hugepages-") && np_take_u64(&name, &kilobytes) == 0 && kilobytes &&
		    !pool_is_empty(root_fd, entry->d_name))
			ret->shift[ret->count++] = 10 + (unsigned)__builtin_ctzll(kilobytes);
	}
	closedir(pools);
	return result;
}

static void mark_device(const struct np_maps *maps, unsigned major, unsigned minor, bool *marks)
{
	for (size_t i = 0; i < maps->count; i++)
		if (maps->maps[i].dev_major == major && maps->maps[i].dev_minor == minor && maps->maps[i].inode)
			marks[i] = true;
}

/*
 * The kernel's own mount for each size, by a memfd on it: it has the device number that mappings show, and
 * takes no page from the pool.
 */
static int mark_own_mounts(const struct sizes *sizes, const struct np_maps *maps, bool *marks)
{
	for (int i = 0; i < sizes->count; i++) {
		np_cleanup_close int fd =
			memfd_create("numaprobe", MFD_CLOEXEC | MFD_HUGETLB | sizes->shift[i] << MFD_HUGE_SHIFT);
		struct stat status;

		if (fd < 0 || fstat(fd, &status) < 0)
			return -errno;
		mark_device(maps, major(status.st_dev), minor(status.st_dev), marks);
	}
	return 0;
}

static int mark_mounts(int dir_fd, const char *mountinfo, const struct np_maps *maps, bool *marks)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_devices mounts = { 0 };
	int result = np_read_text(dir_fd, mountinfo, &text);

	if (!result)
		result = np_parse_mountinfo(text.data, text.length, &mounts);
	for (size_t i = 0; !result && i < mounts.count; i++)
		mark_device(maps, mounts.devices[i].major, mounts.devices[i].minor, marks);
	np_devices_free(&mounts);
	return result;
}

int np_hugetlb_find(int root_fd, int pid_dir_fd, const struct np_maps *maps, bool *ret)
{
	struct sizes sizes;
	int result = used_sizes(root_fd, &sizes);

	memset(ret, 0, maps->count * sizeof(*ret));
	if (result || !sizes.count)
		return result;
	/* A file may have been handed over from where the process sees no mount of it. Not everybody sees init's. */
	mark_mounts(root_fd, "proc/self/mountinfo", maps, ret);
	mark_mounts(root_fd, "proc/1/mountinfo", maps, ret);
	result = mark_own_mounts(&sizes, maps, ret);
	return result ? result : mark_mounts(pid_dir_fd, "mountinfo", maps, ret);
}
