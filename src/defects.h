/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one table of kernel defects that make the numbers of a process's memory wrong. Tests find out whether the
 * running kernel has one; the table says what it is called, where it came from, and what a version would suggest.
 */
#ifndef NUMAPROBE_DEFECTS_H
#define NUMAPROBE_DEFECTS_H

#include <stddef.h>

#include "snapshot.h"

/* The name of the defect that hides inaccessible pages from follow_page(), smaps and move_pages(2). */
#define NP_DEFECT_FOLLOW "474098edac26"

/* A commit of the kernel. */
struct np_commit {
	const char *id;	     /* twelve digits */
	const char *subject;
};

/* What is to be known about a branch of stable releases beyond the versions. */
struct np_branch_note {
	const char *branch; /* "6.1": every 6.1.y */
	const char *note;
};

struct np_defect {
	const char *name;	/* the id of the commit that made it */
	const char *subject;	/* of that commit */
	const char *symptom;	/* one sentence, without its full stop */
	const char *introduced;	/* the first release that has it, "6.1"; its release candidates have it too */
	/* Releases that have it no more: the last names a release of the main line, the ones before stable ones. */
	const char *const *repaired; /* ends with NULL */
	const struct np_commit *repairs; /* end with a row of NULL */
	const struct np_branch_note *branches; /* end with a row of NULL */
	const char *const *tests; /* names of the check's tests that find it; end with NULL */
};

/* Ends with a row whose name is NULL. */
extern const struct np_defect np_defects[];

/* NULL: no such defect. */
const struct np_defect *np_defect_find(const char *name);
/* The defect that a failing test of this name shows, or NULL. */
const struct np_defect *np_defect_of_test(const char *test);

/*
 * What the version alone would suggest: a release string such as "6.1.0-50-amd64" or "6.5.0-rc3". Never a verdict:
 * distributions carry repairs back, and write the version of their own. NP_EFFECT_NOT_TESTED: not a version.
 * *ret_note is what is to be known about its branch, or NULL; static.
 */
enum np_effect np_defect_by_version(const struct np_defect *defect, const char *release, const char **ret_note);

/*
 * The same, compared with what a test found, as a sentence for humans: "the version alone suggests ...". The caller
 * frees it; NULL where memory is short.
 */
char *np_defect_explain(const struct np_defect *defect, const char *release, enum np_effect tested);

#endif
