/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine and its kernel: release, nodes, distances, settings and counters. */
#ifndef NUMAPROBE_SYSTEM_H
#define NUMAPROBE_SYSTEM_H

#include "snapshot.h"

/*
 * Fill snapshot->system, which is empty, from the files below root_fd; the machine's name and the page
 * size are of the machine that runs this. What can't be read is left unknown and becomes a problem of
 * the snapshot. Not a problem: a file that kernels may be without (settings and counters of what they
 * were built without). A kernel without nodes in sysfs is one node 0, and that is a problem row.
 * 0, or -ENOMEM with the system filled in part.
 */
int np_system_read(int root_fd, struct np_snapshot *snapshot);

#endif
