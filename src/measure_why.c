/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could not be found out about a process, and why. */
#include "measure.h"

#include <errno.h>
#include <unistd.h>

#include "files.h"
#include "parse_status.h"

void np_measure_untold_hugetlb(struct np_classifier *classifier, const struct np_gaps *gaps)
{
	for (size_t i = 0; gaps->hugetlb_error && i < classifier->maps->count; i++)
		if (classifier->maps->maps[i].inode && !classifier->hugetlb[i])
			np_classify_untold(classifier, i, NP_UNTOLD_HUGETLB);
}

void np_measure_report_gaps(struct np_measure *measure, const char *path, const struct np_target *target,
			    const struct np_gaps *gaps)
{
	if (gaps->outside)
		np_problem_add(measure->snapshot, path, "walk", 0,
			       "%llu pages belong to no mapping: it came or went meanwhile",
			       (unsigned long long)gaps->outside);
	if (target->pages.unknown > gaps->outside)
		np_problem_add(measure->snapshot, path, "walk", 0,
			       "the state of %llu pages is not known: it changed meanwhile, or has no known meaning",
			       (unsigned long long)(target->pages.unknown - gaps->outside));
	if (gaps->move_error)
		np_problem_add(measure->snapshot, path, "move_pages", gaps->move_error,
			       "zero pages are not told from others, nor, with several nodes, nodes");
	if (gaps->hugetlb_error)
		np_problem_add(measure->snapshot, path, "hugetlbfs", gaps->hugetlb_error,
			       "its pages are not told from transparent huge ones");
}

/* Why a process that is there has no memory to look at. */
static const char *no_memory_reason(int dir_fd)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_status status;

	if (np_read_text(dir_fd, "status", &text) < 0 || np_parse_status(text.data, text.length, &status) < 0)
		return "the process has exited";
	if (status.state.known && (status.state.value == 'Z' || status.state.value == 'X'))
		return "it has exited, and its parent has not asked for its status yet (a zombie)";
	if (!status.rss_bytes.known)
		return "a kernel thread has no memory of its own";
	return "its memory was replaced at each try: it runs one program after another (exec)";
}

void np_measure_unreadable(struct np_measure *measure, int dir_fd, const char *path, const char *what, int error)
{
	bool walker_died = measure->walker && (error == EPIPE || error == EPROTO);

	if (error == ESRCH)
		np_problem_add(measure->snapshot, path, what, 0, "%s", no_memory_reason(dir_fd));
	else if (error == EACCES || error == EPERM)
		np_problem_add(measure->snapshot, path, what, error,
			       geteuid() == 0 ? "a protected process, which root may not read here either" :
						"another user's process, or a protected one: try as root");
	else if (error == ENOENT) /* proc_pid_permission(), fs/proc/base.c */
		np_problem_add(measure->snapshot, path, what, 0, "%s", NP_HIDDEN);
	else
		np_problem_add(measure->snapshot, path, what, error,
			       walker_died ? "numaprobe-walk stopped answering" : "its pages are not known");
}
