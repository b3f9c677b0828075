/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One process, looked at again and again. */
#include "follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "files.h"
#include "history.h"
#include "hugetlb.h"
#include "mappings.h"
#include "memory_dir.h"
#include "parse_status.h"

#define SPACE_END_OF_PAGEMAP (1ULL << 56)
#define SECOND_NS 1000000000ULL
/* Maps are read again so often where page tables can't tell whether that is needed. */
#define RECHECK_NS (10 * SECOND_NS)
/* A process that execs so often during one look does so all the time. */
#define TRIES 5

struct np_follow {
	struct np_recorder recorder; /* first: cast back */
	pid_t pid;
	char path[32]; /* "/proc/4711" */
	int dir_fd, pagemap_fd;
	struct np_memory_dir memory; /* whose fd is dir_fd or its own; -1: none yet */
	struct np_maps maps;
	bool *hugetlb, *inaccessible;
	struct np_tally *by_mapping; /* of the walk that is being made; NULL: not asked for */
	uint64_t maps_read_ns; /* when; 0: never */
	bool contradicted;     /* a page is accessible in a mapping that allows no access: its mprotect() was missed */
	bool in_doubt;	       /* hints are newer than maps: they may be an mprotect() in truth */
	struct np_gaps gaps;   /* of the last walk */
	struct np_history before, now;
	uint64_t walked_ns; /* the walk before; 0: none that this one can be compared with */
	struct np_fact minor_faults;
	struct np_fact start_ticks;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static void restart(struct np_recorder *self, const struct np_maps *maps __attribute__((unused)))
{
	struct np_follow *follow = (struct np_follow *)self;

	np_history_restart(&follow->now);
	follow->contradicted = false;
}

static void record(struct np_recorder *self, uint64_t start, uint64_t pages, enum np_state state, int node,
		   size_t mapping)
{
	struct np_follow *follow = (struct np_follow *)self;

	np_history_add(&follow->now, start, pages, state, node);
	if (state == NP_PRESENT && np_map_is_protnone(&follow->maps.maps[mapping]))
		follow->contradicted = true;
}

static void forget_maps(struct np_follow *follow)
{
	np_mappings_free_tallies(follow->by_mapping, follow->maps.count);
	follow->by_mapping = NULL;
	np_maps_free(&follow->maps);
	free(follow->hugetlb);
	free(follow->inaccessible);
	follow->hugetlb = follow->inaccessible = NULL;
}

static int read_maps(struct np_follow *follow, int root_fd, const char **ret_what)
{
	struct np_maps maps = { 0 };
	int result;

	*ret_what = "maps";
	result = np_measure_maps(follow->memory.fd, &maps);
	if (result)
		return result;
	forget_maps(follow);
	follow->maps = maps;
	follow->maps_read_ns = now_ns();
	follow->in_doubt = false;
	follow->hugetlb = calloc(maps.count, sizeof(bool));
	follow->inaccessible = calloc(maps.count, sizeof(bool));
	if (!follow->hugetlb || !follow->inaccessible)
		return -ENOMEM;
	follow->gaps.hugetlb_error = -np_hugetlb_find(root_fd, follow->memory.fd, &follow->maps, follow->hugetlb);
	return 0;
}

/* That of its main thread, or of another where it has ended. */
static int find_memory(struct np_follow *follow)
{
	struct np_target target = { .pid = follow->pid };
	int result;

	np_memory_dir_close(&follow->memory, follow->dir_fd);
	np_measure_counters(follow->dir_fd, &target);
	result = np_memory_dir_open(follow->dir_fd, &target, &follow->memory);
	np_target_free(&target);
	return result;
}

static int open_memory(struct np_follow *follow, int root_fd, const char **ret_what)
{
	int result;

	if (follow->pagemap_fd >= 0)
		close(follow->pagemap_fd);
	follow->pagemap_fd = -1;
	follow->walked_ns = 0;
	*ret_what = "pagemap";
	find_memory(follow); /* where there is none, opening says so */
	result = np_open(follow->memory.fd, "pagemap", O_RDONLY, &follow->pagemap_fd);
	return result ? result : read_maps(follow, root_fd, ret_what);
}

/* pagemap and maps of one moment: it may exec in between. */
static int open_memory_again(struct np_follow *follow, int root_fd, const char **ret_what)
{
	int result = -ESRCH;

	for (int try = 0; try < TRIES && result == -ESRCH; try++)
		result = open_memory(follow, root_fd, ret_what);
	return result;
}

/* Once in a process's life, so the reference to its memory that stat takes does not matter. */
static void read_start(struct np_follow *follow)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_stat stat;

	if (np_read_text(follow->dir_fd, "stat", &text) == 0 && np_parse_stat(text.data, text.length, &stat) == 0)
		follow->start_ticks = NP_FACT((int64_t)stat.start_ticks);
}

int np_follow_start(struct np_measure *measure, pid_t pid, struct np_follow **ret, const char **ret_what)
{
	struct np_follow *follow = calloc(1, sizeof(*follow));
	int result;

	if (!follow)
		return -ENOMEM;
	*follow = (struct np_follow){ .recorder = { restart, record }, .pid = pid, .dir_fd = -1, .pagemap_fd = -1,
				      .memory = { -1, pid } };
	snprintf(follow->path, sizeof(follow->path), "/proc/%d", (int)pid);
	*ret_what = "open";
	result = np_open(measure->root_fd, follow->path + 1, O_PATH | O_DIRECTORY, &follow->dir_fd);
	if (result == -ENOENT)
		result = -ESRCH;
	if (!result && measure->only_with_memory && find_memory(follow) == -ESRCH)
		result = -ESRCH;
	if (!result)
		result = open_memory_again(follow, measure->root_fd, ret_what);
	if (result) {
		np_follow_stop(follow);
		return result;
	}
	read_start(follow);
	*ret = follow;
	return 0;
}

void np_follow_stop(struct np_follow *follow)
{
	if (!follow)
		return;
	if (follow->pagemap_fd >= 0)
		close(follow->pagemap_fd);
	np_memory_dir_close(&follow->memory, follow->dir_fd);
	if (follow->dir_fd >= 0)
		close(follow->dir_fd);
	forget_maps(follow);
	np_history_free(&follow->before);
	np_history_free(&follow->now);
	free(follow);
}

pid_t np_follow_pid(const struct np_follow *follow)
{
	return follow->pid;
}

/* New ones for each walk: those of the one before were given to its target. */
static int make_tallies(struct np_follow *follow, const struct np_measure *measure)
{
	if (!measure->want_mappings)
		return 0;
	np_mappings_free_tallies(follow->by_mapping, follow->maps.count);
	follow->by_mapping = np_mappings_make_tallies(follow->maps.count, measure->snapshot->system.node_count);
	return follow->by_mapping ? 0 : -ENOMEM;
}

/*
 * All of the address space, not only what lies between the known mappings: nothing else shows that there are new
 * ones beyond them, and what is empty costs nothing.
 */
static int walk(struct np_follow *follow, struct np_measure *measure, struct np_tally *sum)
{
	struct np_classifier classifier;
	struct np_classify_taker taker;
	uint64_t start = measure->range_start, end = measure->walker ? measure->space_end : SPACE_END_OF_PAGEMAP;
	uint64_t retries;
	int result = make_tallies(follow, measure);

	if (result)
		return result;
	if (measure->range_end && measure->range_end < end)
		end = measure->range_end;
	np_classifier_init(&classifier, &measure->snapshot->system);
	classifier.maps = &follow->maps;
	classifier.hugetlb = follow->hugetlb;
	classifier.inaccessible = follow->inaccessible;
	classifier.by_mapping = follow->by_mapping;
	classifier.sum = sum;
	classifier.recorder = &follow->recorder;
	np_classifier_restart(&classifier);
	taker = np_classify_taker_make(&classifier, start);
	if (start >= end) /* a range in the kernel's half, where the process has no memory */
		result = 0;
	else if (measure->walker)
		result = np_walker_walk(measure->walker, follow->pagemap_fd, start, end, &taker.taker, &retries);
	else
		result = np_measure_read_pagemap(measure, follow->pagemap_fd, follow->memory.pid, &classifier, start, end,
						 &follow->gaps.move_error);
	follow->gaps.outside = classifier.outside;
	if (!result)
		np_measure_untold_hugetlb(&classifier, &follow->gaps);
	return result;
}

/* Since the walk before, if there is one that this can be compared with. */
static bool has_new_hints(const struct np_follow *follow)
{
	struct np_changes changes;

	return follow->walked_ns && (np_history_compare(&follow->before, &follow->now, &changes) < 0 || changes.made > 0);
}

/*
 * Pages outside of all mappings, or accessible where no access is allowed: the mappings are out of date for certain.
 * New hints may be an mprotect() in truth, which only maps tells; that question can wait for a second, since asking
 * it more often would be what numaprobe warns of. Of what was hinted before, and of mappings that were replaced in
 * place, page tables tell nothing: they are asked for now and then. Without the walker every look costs references
 * anyway.
 */
static bool maps_are_stale(struct np_follow *follow, const struct np_measure *measure, const struct np_tally *sum)
{
	uint64_t age_ns = now_ns() - follow->maps_read_ns;

	if (follow->gaps.outside || follow->contradicted || !measure->walker)
		return true;
	follow->in_doubt |= has_new_hints(follow);
	if (follow->in_doubt)
		return age_ns >= SECOND_NS;
	return age_ns >= RECHECK_NS &&
	       (measure->want_mappings || np_tally_state(sum, measure->snapshot->system.node_count, NP_R_HINTED) > 0);
}

static int walk_with_fresh_maps(struct np_follow *follow, struct np_measure *measure, struct np_tally *sum,
				const char **ret_what)
{
	int result;

	*ret_what = "page tables";
	result = walk(follow, measure, sum);
	if (result || !maps_are_stale(follow, measure, sum))
		return result;
	result = read_maps(follow, measure->root_fd, ret_what);
	if (result)
		return result;
	*ret_what = "page tables";
	result = walk(follow, measure, sum);
	sum->unknown += follow->gaps.outside; /* mappings come and go all the time */
	return result;
}

/*
 * The faults of all threads are in stat, which takes a reference to the target's memory: with several threads there
 * is more than one already, and one more changes nothing.
 */
static struct np_fact read_faults(const struct np_follow *follow, const struct np_target *target)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_stat stat;

	if (!target->threads.known || target->threads.value < 2 || np_read_text(follow->dir_fd, "stat", &text) < 0 ||
	    np_parse_stat(text.data, text.length, &stat) < 0)
		return NP_NOT_KNOWN;
	return NP_FACT((int64_t)stat.minor_faults);
}

static void set_time(char ret[32])
{
	struct timespec now;
	struct tm utc;
	size_t length;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	length = strftime(ret, 32, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(ret + length, 32 - length, ".%03uZ", (unsigned)(now.tv_nsec / 1000000) % 1000);
}

static int set_rates(struct np_follow *follow, struct np_target *target, size_t node_count)
{
	struct np_rates *rates = calloc(1, sizeof(*rates));
	struct np_fact faults = read_faults(follow, target);
	uint64_t now = now_ns();
	struct np_changes changes;

	if (!rates)
		return -ENOMEM;
	target->rates = rates;
	set_time(rates->time);
	rates->interval_ns = follow->walked_ns ? now - follow->walked_ns : 0;
	if (follow->walked_ns && np_history_compare(&follow->before, &follow->now, &changes) == 0) {
		rates->moved = NP_FACT((int64_t)changes.moved);
		if (np_tally_hints_known(&target->pages, node_count)) {
			rates->made = NP_FACT((int64_t)changes.made);
			rates->cleared = NP_FACT((int64_t)changes.cleared);
		}
	}
	if (rates->interval_ns && faults.known && follow->minor_faults.known)
		rates->minor_faults = NP_FACT(faults.value - follow->minor_faults.value);
	follow->minor_faults = faults;
	follow->walked_ns = now;
	return 0;
}

/* What was now becomes what was before, and its memory is used again. */
static void turn_over(struct np_follow *follow)
{
	struct np_history old = follow->before;

	follow->before = follow->now;
	follow->now = old;
}

/* There, and neither a zombie nor a kernel thread. */
static bool is_alive(struct np_follow *follow)
{
	return faccessat(follow->dir_fd, "stat", F_OK, 0) == 0 && find_memory(follow) == 0;
}

/* The walk, and once more where the process has exec'd: then its memory is another one. */
static int look(struct np_follow *follow, struct np_measure *measure, struct np_target *target, const char **ret_what)
{
	int result = -ESRCH;

	if (follow->pagemap_fd >= 0) /* it could be opened when it was tried last */
		result = walk_with_fresh_maps(follow, measure, &target->pages, ret_what);
	for (int try = 1; try < TRIES && result == -ESRCH; try++) {
		result = open_memory(follow, measure->root_fd, ret_what);
		if (!result)
			result = walk_with_fresh_maps(follow, measure, &target->pages, ret_what);
	}
	return result == -ESRCH && is_alive(follow) ? -EAGAIN : result;
}

int np_follow_look(struct np_follow *follow, struct np_measure *measure, const char **ret_what)
{
	struct np_snapshot *snapshot = measure->snapshot;
	struct np_target target = { .pid = follow->pid, .range_start = measure->range_start,
				    .range_end = measure->range_end, .start_ticks = follow->start_ticks };
	struct np_target *more;
	uint64_t start = now_ns();
	int result = np_tally_init(&target.pages, snapshot->system.node_count);

	if (result)
		return result;
	result = look(follow, measure, &target, ret_what);
	target.source.elapsed_ns = now_ns() - start;
	target.readable = true;
	if (!result && follow->by_mapping)
		result = np_mappings_keep(&follow->maps, follow->hugetlb, follow->by_mapping, &target);
	if (!result) {
		np_measure_counters(follow->dir_fd, &target);
		result = set_rates(follow, &target, snapshot->system.node_count);
	}
	if (!result)
		result = np_measure_source(measure, &target, follow->path);
	if (!result && follow->in_doubt)
		target.source.exact = false;
	if (!result)
		np_measure_report_gaps(measure, follow->path, &target, &follow->gaps);
	more = result ? NULL : reallocarray(snapshot->targets, snapshot->target_count + 1, sizeof(*more));
	if (!more) {
		np_target_free(&target);
		return result == -ENOENT ? -ESRCH : result ? result : -ENOMEM;
	}
	turn_over(follow);
	snapshot->targets = more;
	more[snapshot->target_count++] = target;
	return 0;
}
