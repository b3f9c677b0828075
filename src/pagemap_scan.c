// SPDX-License-Identifier: GPL-2.0-or-later
#include "pagemap_scan.h"

#include <errno.h>
#include <sys/ioctl.h>

struct pm_scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define PAGEMAP_SCAN _IOWR('f', 16, struct pm_scan_arg)

int np_pagemap_scan(int pagemap_fd, uint64_t *start, uint64_t end, uint64_t categories, uint64_t told,
		    struct np_page_region *regions, size_t room)
{
	struct pm_scan_arg scan = {
		.size = sizeof(scan), .start = *start, .end = end, .vec = (uintptr_t)regions, .vec_len = room,
		.category_anyof_mask = categories, .return_mask = categories | told,
	};
	int count;

	do
		count = ioctl(pagemap_fd, PAGEMAP_SCAN, &scan);
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return errno == ENOTTY ? -ENOTSUP : -errno;
	if (scan.walk_end <= *start || (size_t)count > room)
		return -EPROTO;
	*start = scan.walk_end;
	return count;
}
