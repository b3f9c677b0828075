// SPDX-License-Identifier: GPL-2.0-or-later
/* Recognises hugetlbfs by its device numbers. */
#include "hugetlb.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "files.h"
#include "parse_mountinfo.h"

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

/* The huge-page sizes whose pools hold pages, or may. */
static int used_sizes(int root_fd, struct sizes *ret)
{
	struct dirent *entry;
	int fd, result = np_open(root_fd, POOLS, O_RDONLY | O_DIRECTORY, &fd);
	DIR *pools = result ? NULL : fdopendir(fd);

	ret->count = 0;
	if (!pools) {
		if (!result)
			close(fd);
		return result == -ENOENT ? 0 : result ? result : -ENOMEM; /* a kernel without huge pages */
	}
	while (ret->count < MOST_SIZES && (entry = readdir(pools))) {
		unsigned long kilobytes = 0;

		if (sscanf(entry->d_name, "hugepages-%10lukB", &kilobytes) == 1 && kilobytes &&
		    !pool_is_empty(root_fd, entry->d_name))
			ret->shift[ret->count++] = 10 + (unsigned)__builtin_ctzl(kilobytes);
	}
	closedir(pools);
	return 0;
}

/* Device numbers of the kernel's own mounts, as our own mappings of these sizes show them. */
static int own_devices(const struct sizes *sizes, struct np_maps *ret_maps, uint64_t starts[MOST_SIZES])
{
	np_cleanup_text struct np_text text = { 0 };
	np_cleanup_close int root_fd = -1;
	void *places[MOST_SIZES];
	int result = np_root_open("/", &root_fd);

	for (int i = 0; i < sizes->count; i++) {
		places[i] = mmap(NULL, 1UL << sizes->shift[i], PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_HUGETLB |
					 (int)(sizes->shift[i] << MAP_HUGE_SHIFT), -1, 0);
		starts[i] = places[i] == MAP_FAILED ? 0 : (uint64_t)(uintptr_t)places[i];
	}
	if (!result)
		result = np_read_text(root_fd, "proc/self/maps", &text);
	for (int i = 0; i < sizes->count; i++)
		if (starts[i])
			munmap(places[i], 1UL << sizes->shift[i]);
	return result ? result : np_parse_maps(text.data, text.length, ret_maps);
}

static void mark_device(const struct np_maps *maps, unsigned major, unsigned minor, bool *marks)
{
	for (size_t i = 0; i < maps->count; i++)
		if (maps->maps[i].dev_major == major && maps->maps[i].dev_minor == minor && maps->maps[i].inode)
			marks[i] = true;
}

static int mark_own_devices(const struct sizes *sizes, const struct np_maps *maps, bool *marks)
{
	struct np_maps own = { 0 };
	uint64_t starts[MOST_SIZES];
	int result = own_devices(sizes, &own, starts);

	for (size_t i = 0; !result && i < own.count; i++)
		for (int k = 0; k < sizes->count; k++)
			if (own.maps[i].start == starts[k])
				mark_device(maps, own.maps[i].dev_major, own.maps[i].dev_minor, marks);
	np_maps_free(&own);
	return result;
}

static int mark_mounts(int pid_dir_fd, const struct np_maps *maps, bool *marks)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_devices mounts = { 0 };
	int result = np_read_text(pid_dir_fd, "mountinfo", &text);

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
	result = mark_own_devices(&sizes, maps, ret);
	return result ? result : mark_mounts(pid_dir_fd, maps, ret);
}
