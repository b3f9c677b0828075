// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Distorts, without the balancer: what every reader says of memory under PROT_NONE, whose entries look as hinted
 * ones do. No privilege, some milliseconds.
 */
#include <sys/mman.h>

#include "check_say.h"
#include "i18n.h"

#define BASE_PAGES 512
#define HUGE_PAGES 1024

static int protect(struct np_subject *subject, const struct np_area *area, int prot)
{
	const uint64_t arguments[4] = { area->start, area->pages, (uint64_t)prot };

	return area->pages ? np_subject_do(subject, NP_SUBJECT_PROTECT, arguments, NULL) : 0;
}

static int say_all(struct np_checker *checker, struct np_subject *subject, const struct np_area *area,
		   enum np_check_memory memory)
{
	struct np_sayings before, after;
	int result;

	if (!area->pages)
		return np_sayings_unknown(checker, memory, np_no_huge_page());
	/* Once for nothing: what a first call touches would count as a difference of the whole process. */
	result = protect(subject, area, PROT_READ | PROT_WRITE);
	if (!result)
		result = np_sayings_take(checker, subject, area, &before);
	if (!result)
		result = protect(subject, area, PROT_NONE);
	if (!result)
		result = np_sayings_take(checker, subject, area, &after);
	if (!result)
		result = protect(subject, area, PROT_READ | PROT_WRITE);
	return result ? result : np_sayings_judge(checker, memory, area->pages, &before, &after);
}

int np_check_protnone(struct np_checker *checker)
{
	const struct np_subject_plan plan = { BASE_PAGES, HUGE_PAGES, false, checker->subject_cpu };
	struct np_subject subject = { 0 };
	int result = np_subject_start(&plan, &subject);

	np_check_step(checker, "%s", _("what readers say of memory under PROT_NONE"));
	if (!result)
		result = say_all(checker, &subject, &subject.base, NP_MEMORY_PROTNONE);
	if (!result)
		result = say_all(checker, &subject, &subject.huge, NP_MEMORY_PROTNONE_THP);
	np_subject_stop(&subject);
	return result;
}
