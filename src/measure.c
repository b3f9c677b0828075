// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A live process changes between two reads. The page tables are walked after its mappings were read; where what
 * was found can depend on a mapping that changed meanwhile, it is read again, and the walk repeated.
 */
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "classify.h"
#include "files.h"
#include "grains.h"
#include "hugetlb.h"
#include "placement.h"
#include "mappings.h"
#include "memory_dir.h"
#include "pagemap.h"
#include "parse_numa_maps.h"
#include "parse_sched.h"
#include "parse_status.h"
#include "parse_vmstat.h"
#include "threads.h"

#define TRIES 5 /* walks of a target that changes all the time */
#define PAGE_SHIFT 12

/* One look: what belongs together, made anew for each try. */
struct look {
	int pagemap_fd;
	struct np_maps maps;
	bool *hugetlb, *inaccessible;
	struct np_tally *by_mapping; /* NULL: not asked for */
	struct np_classifier classifier;
	struct np_gaps gaps;
	uint64_t retries;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void look_free(struct look *look)
{
	if (look->pagemap_fd >= 0)
		close(look->pagemap_fd);
	np_mappings_free_tallies(look->by_mapping, look->maps.count);
	free(look->hugetlb);
	free(look->inaccessible);
	np_maps_free(&look->maps);
	*look = (struct look){ .pagemap_fd = -1 };
}

int np_measure_maps(int dir_fd, struct np_maps *ret)
{
	np_cleanup_text struct np_text text = { 0 };
	int result = np_read_text(dir_fd, "maps", &text);

	if (!result)
		result = np_parse_maps(text.data, text.length, ret);
	if (!result && !ret->count)
		result = -ESRCH;
	return result;
}

/*
 * pagemap first: if the process execs in between, the descriptor belongs to memory that is given back, and the
 * walk says so.
 */
static int look_open(const struct np_measure *measure, int dir_fd, struct np_target *target, struct look *ret,
		     const char **ret_what)
{
	const struct np_system *system = &measure->snapshot->system;
	int result;

	*ret = (struct look){ .pagemap_fd = -1 };
	*ret_what = "pagemap";
	result = np_open(dir_fd, "pagemap", O_RDONLY, &ret->pagemap_fd);
	if (result)
		return result;
	*ret_what = "maps";
	result = np_measure_maps(dir_fd, &ret->maps);
	if (result)
		return result;
	ret->hugetlb = calloc(ret->maps.count, sizeof(*ret->hugetlb));
	ret->inaccessible = calloc(ret->maps.count, sizeof(*ret->inaccessible));
	if (!ret->hugetlb || !ret->inaccessible)
		return -ENOMEM;
	if (measure->want_mappings)
		ret->by_mapping = np_mappings_make_tallies(ret->maps.count, system->node_count);
	if (measure->want_mappings && !ret->by_mapping)
		return -ENOMEM;
	ret->gaps.hugetlb_error = -np_hugetlb_find(measure->root_fd, dir_fd, &ret->maps, ret->hugetlb);
	np_classifier_init(&ret->classifier, system);
	ret->classifier.recorder = measure->recorder;
	ret->classifier.maps = &ret->maps;
	ret->classifier.hugetlb = ret->hugetlb;
	ret->classifier.inaccessible = ret->inaccessible;
	ret->classifier.by_mapping = ret->by_mapping;
	ret->classifier.sum = &target->pages;
	np_classifier_restart(&ret->classifier);
	return 0;
}

/* What of the mappings lies in the range asked for, below end. false: nothing. */
static bool walk_range(const struct np_measure *measure, const struct np_maps *maps, uint64_t space_end,
		       uint64_t *ret_start, uint64_t *ret_end)
{
	uint64_t start = maps->maps[0].start, end = 0;

	for (size_t i = maps->count; i-- > 0 && !end;)
		if (maps->maps[i].start < space_end) /* the vsyscall page is no memory of the process */
			end = maps->maps[i].end < space_end ? maps->maps[i].end : space_end;
	if (measure->range_end && measure->range_start > start)
		start = measure->range_start;
	if (measure->range_end && measure->range_end < end)
		end = measure->range_end;
	*ret_start = start;
	*ret_end = end;
	return start < end;
}

static int only_node_with_memory(const struct np_system *system)
{
	int only = -1;

	for (size_t i = 0; i < system->node_count; i++) {
		const struct np_fact *bytes = &system->nodes[i].memory_bytes;

		if (bytes->known && bytes->value == 0)
			continue;
		if (only >= 0)
			return -1;
		only = (int)system->nodes[i].number;
	}
	return only;
}

struct np_pagemap_rules np_measure_pagemap_rules(const struct np_snapshot *snapshot)
{
	const struct np_vmstat *vmstat = &snapshot->system.vmstat;

	return (struct np_pagemap_rules){
		.move_pages_misses = snapshot->check.done && snapshot->check.move_pages_misses == NP_EFFECT_YES,
		.never_hinted = vmstat->numa_pte_updates.known && vmstat->numa_pte_updates.value == 0 &&
				(!vmstat->numa_huge_pte_updates.known || vmstat->numa_huge_pte_updates.value == 0),
		.only_node = only_node_with_memory(&snapshot->system),
	};
}

/* Whether a team is wanted and worth it. */
static bool wants_team(const struct np_measure *measure, int dir_fd)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_status status;

	return measure->team.wanted > 1 && np_read_text(dir_fd, "status", &text) == 0 &&
	       np_parse_status(text.data, text.length, &status) == 0 && status.table_bytes.known &&
	       status.table_bytes.value >= NP_TEAM_TABLE_BYTES;
}

/* Whether no page was hinted since the system started: as of now, whatever was read before. */
static bool is_never_hinted(struct np_measure *measure)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_vmstat *vmstat = &measure->snapshot->system.vmstat;

	if (np_read_text(measure->root_fd, "proc/vmstat", &text) < 0 ||
	    np_parse_vmstat(text.data, text.length, vmstat) < 0)
		vmstat->numa_pte_updates = NP_NOT_KNOWN;
	return np_measure_pagemap_rules(measure->snapshot).never_hinted;
}

int np_measure_read_pagemap(struct np_measure *measure, int pagemap_fd, pid_t pid, struct np_classifier *classifier,
			    uint64_t start, uint64_t end, int *ret_move_error)
{
	struct np_pagemap_rules rules = np_measure_pagemap_rules(measure->snapshot);
	int result = np_pagemap_read(pagemap_fd, pid, &rules, classifier, start, end, ret_move_error);

	if (result || !rules.never_hinted || is_never_hinted(measure))
		return result;
	rules.never_hinted = false;
	np_classifier_restart(classifier);
	return np_pagemap_read(pagemap_fd, pid, &rules, classifier, start, end, ret_move_error);
}

static int look_walk(struct np_measure *measure, const struct np_memory_dir *memory, struct look *look)
{
	struct np_classify_taker taker;
	uint64_t start, end;

	if (measure->walker) {
		if (!walk_range(measure, &look->maps, measure->space_end, &start, &end))
			return 0;
		taker = np_classify_taker_make(&look->classifier, start);
		if (!wants_team(measure, memory->fd))
			return np_walker_walk(measure->walker, look->pagemap_fd, start, end, &taker.taker,
					      &look->retries);
		np_team_grow(&measure->team);
		return np_team_walk(&measure->team, look->pagemap_fd, &look->maps, start, end, &taker.taker,
				    &look->retries);
	}
	if (!walk_range(measure, &look->maps, 1ULL << 56, &start, &end))
		return 0;
	return np_measure_read_pagemap(measure, look->pagemap_fd, memory->pid, &look->classifier, start, end,
				       &look->gaps.move_error);
}

/* The first mapping that ends behind an address. They are in order, and there may be tens of thousands. */
static size_t first_behind(const struct np_maps *maps, uint64_t addr)
{
	size_t low = 0, high = maps->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (maps->maps[middle].end <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* [start, end) is mapped in full, with access or without as it was. */
static bool still_so(const struct np_maps *maps, uint64_t start, uint64_t end, bool protnone)
{
	for (size_t i = first_behind(maps, start); i < maps->count && start < end; i++) {
		if (maps->maps[i].start > start || np_map_is_protnone(&maps->maps[i]) != protnone)
			return false;
		start = maps->maps[i].end;
	}
	return start >= end;
}

/* Moves what a mapping's permissions decided to unknown: they changed, and nobody knows when. */
static void forget_inaccessible(struct np_tally *tally, struct np_tally *sum, size_t node_count)
{
	for (size_t i = 0; i <= node_count; i++) {
		static const enum np_resident states[] = { NP_R_HINTED, NP_R_PROTNONE };

		for (size_t k = 0; k < 2; k++) {
			uint64_t pages = tally->by_node[states[k]][i];

			tally->by_node[states[k]][i] = 0;
			tally->unknown += pages;
			if (sum) {
				sum->by_node[states[k]][i] -= pages;
				sum->unknown += pages;
			}
		}
	}
	if (sum) {
		sum->hinted_thp -= tally->hinted_thp;
		sum->protnone_thp -= tally->protnone_thp;
		sum->thp -= tally->hinted_thp + tally->protnone_thp;
	}
	tally->thp -= tally->hinted_thp + tally->protnone_thp;
	tally->hinted_thp = tally->protnone_thp = 0;
}

/* The mappings that the result depends on are still what they were. With last, those that aren't become unknown. */
static int look_confirm(struct np_measure *measure, int dir_fd, struct look *look, bool last, bool *ret_confirmed)
{
	size_t node_count = measure->snapshot->system.node_count;
	struct np_maps maps = { 0 };
	bool depends = false;
	int result;

	*ret_confirmed = look->classifier.outside == 0;
	for (size_t i = 0; i < look->maps.count; i++)
		depends |= look->inaccessible[i];
	if (!depends)
		return 0;
	result = np_measure_maps(dir_fd, &maps);
	for (size_t i = 0; !result && i < look->maps.count; i++) {
		const struct np_map *map = &look->maps.maps[i];

		if (!look->inaccessible[i] || still_so(&maps, map->start, map->end, np_map_is_protnone(map)))
			continue;
		*ret_confirmed = false;
		if (last && look->by_mapping)
			forget_inaccessible(&look->by_mapping[i], look->classifier.sum, node_count);
		else if (last)
			forget_inaccessible(look->classifier.sum, NULL, node_count);
	}
	np_maps_free(&maps);
	return result;
}

/* A look that holds together, or the best of several. */
static int look_at(struct np_measure *measure, const struct np_memory_dir *memory, struct np_target *target,
		   const char *path, struct look *look, const char **ret_what)
{
	int result = 0;

	for (int try = 1; try <= TRIES; try++) {
		bool confirmed = false;

		look_free(look);
		result = look_open(measure, memory->fd, target, look, ret_what);
		if (result)
			return result;
		*ret_what = measure->walker ? "page tables" : "pagemap";
		result = look_walk(measure, memory, look);
		if (!result) {
			*ret_what = "maps";
			result = look_confirm(measure, memory->fd, look, try == TRIES, &confirmed);
		}
		if (confirmed || (result && result != -ESRCH)) /* -ESRCH: it may have exec'd */
			break;
	}
	if (result)
		return result;
	target->pages.unknown += look->classifier.outside;
	np_measure_untold_hugetlb(&look->classifier, &look->gaps);
	look->gaps.outside = look->classifier.outside;
	np_measure_report_gaps(measure, path, target, &look->gaps);
	return 0;
}

/* Policies and page sizes: only when asked for, since the kernel walks the page tables for it, under a lock. */
static int read_numa_maps(struct np_measure *measure, int dir_fd, const char *path, struct np_target *target)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_numa_maps maps = { 0 };
	int result = np_read_text(dir_fd, "numa_maps", &text);

	if (!result)
		result = np_parse_numa_maps(text.data, text.length, measure->snapshot->system.page_bytes, &maps);
	if (result) {
		np_problem_add(measure->snapshot, path, "numa_maps", -result, "policies are not known");
		return result == -ENOMEM ? result : 0;
	}
	for (size_t i = 0, k = 0; i < target->mapping_count && k < maps.count;) {
		struct np_mapping *mapping = &target->mappings[i];

		if (maps.maps[k].start < mapping->start) {
			k++;
		} else if (maps.maps[k].start > mapping->start) {
			i++;
		} else {
			mapping->policy = strdup(maps.maps[k].policy);
			if (!mapping->policy)
				result = -ENOMEM;
			if (maps.maps[k].kernel_page_bytes)
				mapping->page_bytes = NP_FACT((int64_t)maps.maps[k].kernel_page_bytes);
			i++, k++;
		}
	}
	np_numa_maps_free(&maps);
	return result;
}

void np_measure_counters(int dir_fd, struct np_target *target)
{
	np_cleanup_text struct np_text text = { 0 }, comm = { 0 };
	struct np_sched sched;
	struct stat task;

	if (np_read_text(dir_fd, "sched", &text) == 0 && np_parse_sched(text.data, text.length, &sched) == 0) {
		target->preferred_node = sched.preferred_node;
		target->scan_seq = sched.scan_seq;
		target->pages_migrated = sched.pages_migrated;
		target->threads = sched.threads;
	}
	if (np_read_text(dir_fd, "comm", &comm) == 0 && comm.length)
		target->command = strndup(comm.data, comm.length - 1);
	/* proc_task_getattr() adds the threads to the two links of an empty directory. */
	if (!target->threads.known && fstatat(dir_fd, "task", &task, 0) == 0 && task.st_nlink > 2)
		target->threads = NP_FACT((int64_t)task.st_nlink - 2);
}

/* The same, and what is read once only: stat takes a reference to the target's memory for a moment. */
static void read_identity(int dir_fd, struct np_target *target)
{
	np_cleanup_text struct np_text stat = { 0 };
	struct np_stat start;

	np_measure_counters(dir_fd, target);
	if (np_read_text(dir_fd, "stat", &stat) == 0 && np_parse_stat(stat.data, stat.length, &start) == 0)
		target->start_ticks = NP_FACT((int64_t)start.start_ticks);
}

/*
 * A kernel thread, or a zombie, has no numa_scan_seq beside its other counters: it belongs to the memory
 * (proc_sched_show_task() in kernel/sched/debug.c). Elsewhere statm has nothing but zeros.
 */
bool np_measure_has_memory(int dir_fd, const struct np_target *target)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_statm statm;

	if (target->preferred_node.known)
		return target->scan_seq.known;
	return np_read_text(dir_fd, "statm", &text) < 0 || np_parse_statm(text.data, text.length, &statm) < 0 ||
	       statm.size_pages > 0;
}

/* Take the last target back. */
static void leave_out(struct np_snapshot *snapshot)
{
	np_target_free(&snapshot->targets[--snapshot->target_count]);
}

int np_measure_source(struct np_measure *measure, struct np_target *target, const char *path)
{
	struct np_source *source = &target->source;
	bool told_apart = np_tally_hints_known(&target->pages, measure->snapshot->system.node_count);

	source->name = measure->walker ? "bpf" : "pagemap";
	source->exact = told_apart && !target->pages.unknown && !target->pages.untold;
	if (!measure->walker) {
		struct np_pagemap_rules rules = np_measure_pagemap_rules(measure->snapshot);

		source->why_not_better = strdup(measure->why_no_walker ?: "asked for by --source");
		if (told_apart)
			source->how_hints = strdup(rules.never_hinted ?
				"no page was hinted since the system started (numa_pte_updates is 0)" :
				"on this kernel move_pages(2) does not find hinted pages, tested just now");
		if (!source->why_not_better || (told_apart && !source->how_hints))
			return -ENOMEM;
	}
	if (!told_apart)
		np_problem_add(measure->snapshot, path, "pagemap", 0,
			       "NUMA-hinted pages are not told from present ones: %s", source->why_not_better);
	else if (target->pages.untold & ~(unsigned)NP_UNTOLD_SPECIAL) /* which is no memory */
		np_problem_add(measure->snapshot, path, "pagemap", 0, "not all states of pages are told apart: %s",
			       source->why_not_better);
	return 0;
}

/* Both what has ended and what hidepid hides have no files; kill(2) tells them apart. */
static bool has_ended(pid_t pid)
{
	return kill(pid, 0) < 0 && errno == ESRCH;
}

/* What is asked for besides the pages. */
static int measure_rest(struct np_measure *measure, int dir_fd, const struct np_memory_dir *memory, const char *path,
			struct look *look, struct np_target *target)
{
	int result = np_measure_source(measure, target, path);

	if (!result && measure->want_mappings)
		result = np_mappings_keep(&look->maps, look->hugetlb, look->by_mapping, target);
	if (!result && measure->want_threads)
		result = np_threads_read(dir_fd, measure->snapshot, target);
	if (!result && measure->want_mappings && measure->want_numa_maps)
		result = read_numa_maps(measure, memory->fd, path, target);
	if (!result && measure->want_mappings && measure->want_placement)
		result = np_placement_read(measure->root_fd, memory->fd, measure->snapshot->system.page_bytes,
					   measure->snapshot->system.node_count, target);
	return result;
}

static int measure_memory(struct np_measure *measure, int dir_fd, const struct np_memory_dir *memory, const char *path,
			  struct np_target *target)
{
	struct look look = { .pagemap_fd = -1 };
	const char *what = NULL;
	uint64_t start = now_ns();
	int result;

	if (measure->want_grains) {
		target->grains = np_grains_create(measure->snapshot->system.node_count);
		if (!target->grains)
			return -ENOMEM;
		measure->recorder = &target->grains->recorder;
	}
	result = look_at(measure, memory, target, path, &look, &what);
	measure->recorder = NULL;
	if (result == -ENOENT && has_ended(target->pid))
		result = -ESRCH;
	if (!result && target->grains && target->grains->failed)
		result = -ENOMEM;
	target->source.elapsed_ns = now_ns() - start;
	target->readable = !result;
	if (!result)
		result = measure_rest(measure, dir_fd, memory, path, &look, target);
	else if (result == -ESRCH && measure->only_with_memory)
		leave_out(measure->snapshot);
	else if (result != -ENOMEM)
		np_measure_unreadable(measure, dir_fd, path, what, -result);
	look_free(&look);
	return result == -ENOMEM ? result : 0;
}

static int measure_open_target(struct np_measure *measure, int dir_fd, const char *path, struct np_target *target)
{
	struct np_memory_dir memory;
	int result;

	read_identity(dir_fd, target);
	result = np_memory_dir_open(dir_fd, target, &memory);
	if (result == -ESRCH && measure->only_with_memory) {
		leave_out(measure->snapshot);
		return 0;
	}
	result = measure_memory(measure, dir_fd, &memory, path, target);
	np_memory_dir_close(&memory, dir_fd);
	return result;
}

int np_measure_target(struct np_measure *measure, pid_t pid)
{
	struct np_snapshot *snapshot = measure->snapshot;
	struct np_target *more = reallocarray(snapshot->targets, snapshot->target_count + 1, sizeof(*more)), *target;
	np_cleanup_close int dir_fd = -1;
	char path[64];
	int result;

	if (!more)
		return -ENOMEM;
	snapshot->targets = more;
	target = &more[snapshot->target_count];
	*target = (struct np_target){ .pid = pid, .range_start = measure->range_start,
				      .range_end = measure->range_end };
	result = np_tally_init(&target->pages, snapshot->system.node_count);
	if (result)
		return result;
	snapshot->target_count++;

	snprintf(path, sizeof(path), "proc/%d", (int)pid);
	result = np_open(measure->root_fd, path, O_PATH | O_DIRECTORY, &dir_fd);
	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if (result == -ENOENT && measure->only_with_memory) {
		leave_out(snapshot);
		return 0;
	}
	if (result) {
		np_problem_add(snapshot, path, "open", result == -ENOENT ? 0 : -result, "%s",
			       result != -ENOENT ? "the process can't be looked at" :
			       has_ended(pid)	 ? "no such process" : NP_HIDDEN);
		return 0;
	}
	return measure_open_target(measure, dir_fd, path, target);
}
