/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/PID/mountinfo: the devices of mounted hugetlbfs file systems. */
#ifndef NUMAPROBE_PARSE_MOUNTINFO_H
#define NUMAPROBE_PARSE_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>

struct np_device {
	unsigned major, minor;
};

struct np_devices {
	size_t count;
	struct np_device *devices;
};

/*
 * Only what is mounted somewhere: memory of MAP_HUGETLB, of memfd_create(MFD_HUGETLB) and of SHM_HUGETLB
 * is on a mount of the kernel's own that no process sees (hugetlb_file_setup(), fs/hugetlbfs/inode.c).
 * fstat(2) of an empty memfd of that page size shows its device.
 * 0, -EINVAL, -ERANGE, -ENOMEM; *ret, untouched then, is for np_devices_free().
 */
int np_parse_mountinfo(const char *text, size_t length, struct np_devices *ret);
void np_devices_free(struct np_devices *devices);

bool np_devices_have(const struct np_devices *devices, unsigned major, unsigned minor);

#endif
