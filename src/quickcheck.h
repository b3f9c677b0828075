/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The quick test of the running kernel, on memory of this program's own: does smaps count, and does move_pages(2)
 * find, resident pages whose entries are inaccessible? PROT_NONE stands for hinted too: both have the same
 * entries. What the defects that it may find are, is in the table of defects.h.
 */
#ifndef NUMAPROBE_QUICKCHECK_H
#define NUMAPROBE_QUICKCHECK_H

#include "defects.h"
#include "snapshot.h"

/* A third of a millisecond, 2 MiB of memory for that long, no privilege. Fills *ret; strings are *ret's. */
void np_quickcheck(int root_fd, struct np_quickcheck *ret);

/* What it tests, each by the name that the test has in --check-kernel too; and where its finding is. */
struct np_quick_test {
	const char *name;
	size_t offset; /* of an enum np_effect: yes is a defect */
};

/* Ends with a row whose name is NULL. */
extern const struct np_quick_test np_quick_tests[];

/* What a test found; not tested where nothing was. */
enum np_effect np_quick_effect(const struct np_quickcheck *check, const struct np_quick_test *test);

/* The known defect that its tests of a reader found, those whose names start so ("smaps-"); or NULL. */
const struct np_defect *np_quick_defect(const struct np_quickcheck *check, const char *reader);

#endif
