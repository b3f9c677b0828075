// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of known kernel defects, and what a version suggests about one. */
#include "defects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "i18n.h"

/*
 * 474098edac26 let follow_page() skip PROT_NONE and hinted entries unless FOLL_FORCE was given. Both repairs were
 * merged between 6.5-rc7 and 6.5. 6.4.13 took the first, which is enough: follow_trans_huge_pmd() follows again.
 * For 6.1.y it was sent and did not apply ("FAILED: patch ... failed to apply to 6.1-stable tree", August 2023):
 * 6.1.192 has gup_can_follow_protnone() as 6.1 had it. 6.2.y and 6.3.y had ended before.
 */
static const struct np_commit follow_repairs[] = {
	{ "d74943a2f3cd", "mm/gup: reintroduce FOLL_NUMA as FOLL_HONOR_NUMA_FAULT" },
	{ "8b9c1cc0418a", "smaps: use vm_normal_page_pmd() instead of follow_trans_huge_pmd()" },
	{ NULL, NULL },
};

static const struct np_branch_note follow_branches[] = {
	{ "6.1", N_("6.1.y is commonly believed repaired, and never was: the repair did not apply") },
	{ "6.2", N_("6.2.y ended before the repair") },
	{ "6.3", N_("6.3.y ended before the repair") },
	{ NULL, NULL },
};

static const char *const follow_repaired[] = { "6.4.13", "6.5", NULL };

static const char *const follow_tests[] = {
	"smaps-counts-protnone-thp", "move-pages-finds-protnone",     "smaps-rollup-counts-protnone-thp",
	"smaps-counts-hinted-thp",   "smaps-rollup-counts-hinted-thp", "move-pages-finds-protnone-thp",
	"move-pages-finds-hinted",   "move-pages-finds-hinted-thp",    NULL,
};

const struct np_defect np_defects[] = {
	{
		.name = NP_DEFECT_FOLLOW,
		.subject = "mm/gup: replace FOLL_NUMA by gup_can_follow_protnone()",
		.symptom = N_("smaps and smaps_rollup do not count huge pages that are NUMA-hinted or under PROT_NONE, "
			      "and move_pages(2) finds no page that is"),
		.introduced = "6.1",
		.repaired = follow_repaired,
		.repairs = follow_repairs,
		.branches = follow_branches,
		.tests = follow_tests,
	},
	{ 0 },
};

const struct np_defect *np_defect_find(const char *name)
{
	for (const struct np_defect *defect = np_defects; name && defect->name; defect++)
		if (strcmp(defect->name, name) == 0)
			return defect;
	return NULL;
}

const struct np_defect *np_defect_of_test(const char *test)
{
	for (const struct np_defect *defect = np_defects; defect->name; defect++)
		for (const char *const *name = defect->tests; *name; name++)
			if (strcmp(*name, test) == 0)
				return defect;
	return NULL;
}

struct version {
	unsigned number[3]; /* "6.5" is 6.5.0 */
	bool candidate;	    /* "6.5.0-rc3": before 6.5 */
};

static bool parse_version(const char *text, struct version *ret)
{
	char *end;

	*ret = (struct version){ 0 };
	if (!text)
		return false;
	for (int i = 0; i < 3; i++) {
		if (*text < '0' || *text > '9')
			return false;
		ret->number[i] = (unsigned)strtoul(text, &end, 10);
		if (i >= 1 && *end != '.')
			break;
		if (*end != '.')
			return false;
		text = end + 1;
		/* "6.5.amd64": what follows is no number of the version any more. */
		if (i >= 1 && (*text < '0' || *text > '9'))
			break;
	}
	ret->candidate = strncmp(end, "-rc", 3) == 0;
	return true;
}

static int compare(const struct version *a, const struct version *b, int numbers)
{
	for (int i = 0; i < numbers; i++)
		if (a->number[i] != b->number[i])
			return a->number[i] < b->number[i] ? -1 : 1;
	return 0;
}

/* A repair in a stable release holds for its branch from there on, one of the main line for all that follows. */
static bool is_repaired(const struct version *version, const char *release, bool main_line)
{
	struct version repaired;

	if (!parse_version(release, &repaired))
		return false;
	if (main_line)
		return compare(version, &repaired, 3) >= (version->candidate ? 1 : 0);
	return compare(version, &repaired, 2) == 0 && compare(version, &repaired, 3) >= 0;
}

enum np_effect np_defect_by_version(const struct np_defect *defect, const char *release, const char **ret_note)
{
	struct version version, branch;

	*ret_note = NULL;
	if (!parse_version(release, &version))
		return NP_EFFECT_NOT_TESTED;
	for (const struct np_branch_note *row = defect->branches; row->branch; row++)
		if (parse_version(row->branch, &branch) && compare(&version, &branch, 2) == 0)
			*ret_note = _(row->note);
	/* What came with a merge window is in its first candidate already. */
	if (!parse_version(defect->introduced, &branch) || compare(&version, &branch, 3) < 0)
		return NP_EFFECT_NO;
	for (const char *const *row = defect->repaired; *row; row++)
		if (is_repaired(&version, *row, !row[1]))
			return NP_EFFECT_NO;
	return NP_EFFECT_YES;
}

char *np_defect_explain(const struct np_defect *defect, const char *release, enum np_effect tested)
{
	const char *note, *format;
	enum np_effect suggested = np_defect_by_version(defect, release, &note);
	char *text;

	if (suggested == NP_EFFECT_NOT_TESTED)
		format = _("the version says nothing about it%s%s");
	else if (tested == NP_EFFECT_NOT_TESTED)
		format = suggested == NP_EFFECT_YES ? _("the version alone suggests that it is there%s%s") :
						      _("the version alone suggests that it is not there%s%s");
	else if (tested == suggested)
		format = _("the version alone suggests so too%s%s");
	else
		format = suggested == NP_EFFECT_YES ?
				 _("the version alone would suggest the defect: it was repaired here%s%s") :
				 _("the version alone would suggest no defect: it came here in another way%s%s");
	return asprintf(&text, format, note ? "; " : "", note ? note : "") < 0 ? NULL : text;
}
