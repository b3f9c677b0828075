// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of the tests, and why some can't be made here. */
#include "check_run.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cgroup.h"
#include "files.h"
#include "i18n.h"
#include "state.h"

const char *const np_check_disturbers[] = { "maps",	    "smaps", "smaps_rollup", "numa_maps",    "pagemap",
					    "status",	    "stat",  "move_pages",   "pagemap_scan", "process_vm_readv",
					    "numaprobe",    NULL };

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

struct count_taker {
	struct np_run_taker taker; /* first: cast back */
	struct np_page_count count;
};

static int count_runs(struct np_run_taker *self, const struct np_run *runs, size_t count)
{
	struct np_page_count *pages = &((struct count_taker *)self)->count;

	for (size_t i = 0; i < count; i++) {
		enum np_state state = np_code_state((np_code)runs[i].code);

		if (state == NP_PRESENT)
			pages->present += runs[i].pages;
		else if (state == NP_INACCESSIBLE)
			pages->inaccessible += runs[i].pages;
		else
			pages->other += runs[i].pages;
	}
	return 0;
}

int np_count_pages(const struct np_checker *checker, const struct np_subject *subject, const struct np_area *area,
		   struct np_page_count *ret)
{
	struct count_taker taker = { { count_runs }, { 0 } };
	uint64_t retries;
	int result;

	if (!checker->walker)
		return -ENOTSUP;
	result = np_walker_walk(checker->walker, subject->pagemap_fd, area->start,
				area->start + area->pages * checker->system->page_bytes, &taker.taker, &retries);
	if (!result)
		*ret = taker.count;
	return result;
}

struct np_reading np_check_reading(const struct np_checker *checker, const struct np_subject *subject,
				   const struct np_span_addr *spans, size_t span_count)
{
	return (struct np_reading){
		.pid = subject->pid,
		.dir_fd = subject->dir_fd,
		.walker = checker->walker,
		.pagemap_fd = subject->pagemap_fd,
		.space_end = checker->space_end,
		.spans = spans,
		.span_count = span_count,
		.page_bytes = checker->system->page_bytes,
	};
}

int np_check_no_reader(const struct np_checker *checker, struct np_check_test *test, int error)
{
	if (error == -ENOTSUP && !checker->walker && strcmp(test->reader, "numaprobe") == 0)
		return np_check_unknown(test, "page tables can't be read: %s", checker->why_no_walker);
	if (error != -ENOTSUP)
		return np_check_unknown(test, "%s", strerror(-error));
	test->result = NP_CHECK_ABSENT;
	return 0;
}

int np_check_all_unknown(struct np_checker *checker, enum np_check_effect effect, const char *why)
{
	enum np_check_memory memory = effect == NP_CHECK_CLEARS ? NP_MEMORY_HINTED : NP_MEMORY_ANY;

	for (const char *const *reader = np_check_disturbers; *reader; reader++) {
		struct np_check_test *test = np_check_add(checker->check, effect, *reader, memory);

		if (!test || np_check_unknown(test, "%s", why) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Two CPUs that this process may use, near each other where their numbers are; -1 where there are not so many. */
static void choose_cpus(struct np_checker *checker)
{
	cpu_set_t set;

	checker->subject_cpu = checker->reader_cpu = -1;
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE && checker->reader_cpu < 0; cpu++) {
		if (!CPU_ISSET((size_t)cpu, &set))
			continue;
		if (checker->subject_cpu < 0)
			checker->subject_cpu = cpu;
		else
			checker->reader_cpu = cpu;
	}
}

char *np_why_not_hinted(const struct np_checker *checker, uint64_t cpu_ns)
{
	char *why;
	bool one_node = checker->system->node_count == 1;

	/* "sched/numa: skip VMA scanning on memory pinned to one NUMA node via cpuset.mems", 6.16. */
	if (asprintf(&why,
		     one_node && np_cpusets_in_use(checker->root_fd) ?
			     "the balancer hinted nothing in %.1f s of processor time: one node and cpusets in use "
			     "keep it away since Linux 6.16; no cpuset, or a second node, would make it known" :
			     "the balancer hinted nothing in %.1f s of processor time; a less busy machine might "
			     "make it known",
		     (double)cpu_ns / 1e9) < 0)
		return NULL;
	return why;
}

/* NULL: nothing is known that keeps the balancer from making hints. */
static const char *why_no_balancing(const struct np_system *system)
{
	if (!system->numa_balancing.known)
		return N_("this kernel has no NUMA balancing, so nothing is ever hinted; one that has it would make it "
			 "known");
	if (!(system->numa_balancing.value & 1))
		return N_("NUMA balancing is off; sysctl kernel.numa_balancing=1 would make it known");
	return NULL;
}

bool np_check_is_balancing(const struct np_checker *checker)
{
	np_cleanup_text struct np_text text = { 0 };

	return np_read_text(checker->root_fd, "proc/sys/kernel/numa_balancing", &text) == 0 &&
	       strtoul(text.data, NULL, 10) & 1;
}

const char *np_check_switched_off(void)
{
	return N_("somebody switched NUMA balancing off during the test; left on, it would make it known");
}

void np_check_step(struct np_checker *checker, const char *format, ...)
{
	char what[128];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	np_progress_show(checker->progress, "%3" PRIu64 " %%  %s", 100 * checker->steps_done / checker->steps, what);
	if (checker->steps_done < checker->steps)
		checker->steps_done++;
}

static int run_parts(struct np_checker *checker)
{
	int result = np_check_protnone(checker);

	if (!result && !checker->quick)
		result = np_check_hinted(checker);
	if (!result && !checker->quick)
		result = np_check_causes(checker);
	if (!result && !checker->quick)
		result = np_check_stalls(checker);
	return result;
}

static int tell_regime(struct np_checker *checker)
{
	struct np_kernel_check *check = checker->check;
	const char *why;

	check->regime = np_regime_of(check->probes, np_check_blind(check), &why);
	if (check->regime != NP_REGIME_UNKNOWN)
		return 0;
	check->regime_why = strdup(checker->quick	 ? N_("not tested with --quick") :
				   checker->why_no_hints ? checker->why_no_hints :
							   why);
	return check->regime_why ? 0 : -ENOMEM;
}

static size_t disturber_count(void)
{
	size_t count = 0;

	while (np_check_disturbers[count])
		count++;
	return count;
}

int np_check_run(struct np_checker *checker)
{
	const char *why = why_no_balancing(checker->system);
	uint64_t start_ns = now_ns();
	int result;

	checker->why_no_hints = why ? strdup(why) : NULL;
	if (why && !checker->why_no_hints)
		return -ENOMEM;
	checker->check->quick = checker->quick;
	choose_cpus(checker);
	checker->steps = 2 + (disturber_count() + 2) * checker->rounds * (why ? 1 : 2);
	result = run_parts(checker);
	if (!result)
		result = tell_regime(checker);
	np_progress_end(checker->progress);
	checker->check->elapsed_ns = now_ns() - start_ns;
	free(checker->why_no_hints);
	checker->why_no_hints = NULL;
	return result;
}
