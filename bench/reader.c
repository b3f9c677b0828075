// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * np-bench-reader pagemap|scan PID: what a program has to do at least that asks the kernel about every page, by
 * reading pagemap or by PAGEMAP_SCAN. Prints the number of present pages.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PRESENT (1ULL << 63)

/* include/uapi/linux/fs.h since 6.7; older headers have neither. */
struct region {
	uint64_t start, end, categories;
};
struct scan {
	uint64_t size, flags, start, end, walk_end, regions, region_count, most_pages;
	uint64_t inverted, all_of, any_of, returned;
};
#define SCAN _IOWR('f', 16, struct scan)
#define SCAN_PRESENT (1ULL << 3)

static uint64_t read_entries(int fd, uint64_t start, uint64_t end)
{
	static uint64_t entries[32768];
	uint64_t present = 0;

	while (start < end) {
		uint64_t pages = (end - start) / 4096;
		size_t wanted = (pages < 32768 ? pages : 32768) * sizeof(*entries);
		ssize_t got = pread(fd, entries, wanted, (off_t)(start / 4096 * sizeof(*entries)));

		if (got <= 0)
			break;
		for (size_t i = 0; i < (size_t)got / sizeof(*entries); i++)
			present += !!(entries[i] & PRESENT);
		start += (uint64_t)got / sizeof(*entries) * 4096;
	}
	return present;
}

static uint64_t scan(int fd, uint64_t start, uint64_t end)
{
	static struct region regions[4096];
	uint64_t present = 0;

	while (start < end) {
		struct scan request = { .size = sizeof(request), .start = start, .end = end, .regions = (uintptr_t)regions,
					.region_count = 4096, .all_of = SCAN_PRESENT, .returned = SCAN_PRESENT };
		int count = ioctl(fd, SCAN, &request);

		if (count < 0)
			err(errno == ENOTTY ? 77 : 1, "PAGEMAP_SCAN");
		for (int i = 0; i < count; i++)
			present += (regions[i].end - regions[i].start) / 4096;
		start = request.walk_end;
	}
	return present;
}

int main(int argc, char **argv)
{
	uint64_t start, end, present = 0;
	char path[64], line[8192];
	FILE *maps;
	int fd;

	if (argc != 3)
		errx(2, "usage: np-bench-reader pagemap|scan PID");
	snprintf(path, sizeof(path), "/proc/%s/pagemap", argv[2]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%s/maps", argv[2]);
	maps = fopen(path, "re");
	if (fd < 0 || !maps)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) == 2 && !(start >> 63))
			present += strcmp(argv[1], "scan") == 0 ? scan(fd, start, end) : read_entries(fd, start, end);
	printf("%" PRIu64 "\n", present);
	return 0;
}
