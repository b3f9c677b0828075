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
#include "parse_status.h"

#define SPACE_END_OF_PAGEMAP (1ULL << 56)
#define SECOND_NS 1000000000ULL

struct np_follow {
	struct np_recorder recorder; /* first: cast back */
	pid_t pid;
	char path[32]; /* "/proc/4711" */
	int dir_fd, pagemap_fd;
	struct np_maps maps;
	bool *hugetlb, *inaccessible;
	struct np_tally *by_mapping; /* of the walk that is being made; NULL: not asked for */
	uint64_t maps_read_ns; /* when; 0: never */
	bool contradicted;     /* a page is accessible in a mapping that allows no access: its mprotect() was missed */
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
	result = np_measure_maps(follow->dir_fd, &maps);
	if (result)
		return result;
	forget_maps(follow);
	follow->maps = maps;
	follow->maps_read_ns = now_ns();
	follow->hugetlb = calloc(maps.count, sizeof(bool));
	follow->inaccessible = calloc(maps.count, sizeof(bool));
	if (!follow->hugetlb || !follow->inaccessible)
		return -ENOMEM;
	*ret_what = "mountinfo";
	return np_hugetlb_find(root_fd, follow->dir_fd, &follow->maps, follow->hugetlb);
}

static int open_memory(struct np_follow *follow, int root_fd, const char **ret_what)
{
	int result;

	if (follow->pagemap_fd >= 0)
		close(follow->pagemap_fd);
	follow->pagemap_fd = -1;
	follow->walked_ns = 0;
	*ret_what = "pagemap";
	result = np_open(follow->dir_fd, "pagemap", O_RDONLY, &follow->pagemap_fd);
	return result ? result : read_maps(follow, root_fd, ret_what);
}

/* Once in a process's life, so the reference to its memory that stat takes does not matter. */
static void read_start(struct np_follow *follow)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_stat stat;

	if (np_read_text(follow->dir_fd, "stat", &text) == 0 && np_parse_stat(text.data, text.length, &stat) == 0)
		follow->start_ticks = NP_FACT((int64_t)stat.start_ticks);
}

static bool has_memory(const struct np_follow *follow)
{
	struct np_target target = { 0 };
	bool has;

	np_measure_counters(follow->dir_fd, &target);
	has = np_measure_has_memory(follow->dir_fd, &target);
	np_target_free(&target);
	return has;
}

int np_follow_start(struct np_measure *measure, pid_t pid, struct np_follow **ret, const char **ret_what)
{
	struct np_follow *follow = calloc(1, sizeof(*follow));
	int result;

	if (!follow)
		return -ENOMEM;
	*follow = (struct np_follow){ .recorder = { restart, record }, .pid = pid, .dir_fd = -1, .pagemap_fd = -1 };
	snprintf(follow->path, sizeof(follow->path), "/proc/%d", (int)pid);
	*ret_what = "open";
	result = np_open(measure->root_fd, follow->path + 1, O_PATH | O_DIRECTORY, &follow->dir_fd);
	if (result == -ENOENT)
		result = -ESRCH;
	if (!result && measure->only_with_memory && !has_memory(follow))
		result = -ESRCH;
	if (!result)
		result = open_memory(follow, measure->root_fd, ret_what);
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
static int walk(struct np_follow *follow, struct np_measure *measure, struct np_tally *sum, uint64_t *ret_outside)
{
	struct np_classifier classifier;
	struct np_classify_taker taker;
	struct np_pagemap_rules rules = np_measure_pagemap_rules(measure->snapshot);
	uint64_t start = measure->range_start, end = measure->walker ? measure->space_end : SPACE_END_OF_PAGEMAP;
	uint64_t retries;
	int move_error = 0, result = make_tallies(follow, measure);

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
	if (measure->walker)
		result = np_walker_walk(measure->walker, follow->pagemap_fd, start, end, &taker.taker, &retries);
	else
		result = np_pagemap_read(follow->pagemap_fd, follow->pid, &rules, &classifier, start, end, &move_error);
	*ret_outside = classifier.outside;
	return result;
}

/* The histories of two walks, with one that is missing in the first. */
static int compare(const struct np_follow *follow, struct np_changes *ret)
{
	const struct np_history nothing = { 0 };

	return np_history_compare(follow->walked_ns ? &follow->before : &nothing, &follow->now, ret);
}

/*
 * Pages outside of all mappings, or accessible where no access is allowed: the mappings are out of date for certain.
 * New hints may be an mprotect() in truth, which only maps tells; that question can wait for a second, since asking
 * it more often would be what numaprobe warns of. Without the walker every look costs references anyway.
 */
static bool maps_are_stale(const struct np_follow *follow, const struct np_measure *measure, uint64_t outside)
{
	struct np_changes changes;

	if (outside || follow->contradicted || !measure->walker)
		return true;
	if (now_ns() - follow->maps_read_ns < SECOND_NS)
		return false;
	return compare(follow, &changes) < 0 || changes.made > 0;
}

static int walk_with_fresh_maps(struct np_follow *follow, struct np_measure *measure, struct np_tally *sum,
				const char **ret_what)
{
	uint64_t outside;
	int result;

	*ret_what = "page tables";
	result = walk(follow, measure, sum, &outside);
	if (result || !maps_are_stale(follow, measure, outside))
		return result;
	result = read_maps(follow, measure->root_fd, ret_what);
	if (result)
		return result;
	*ret_what = "page tables";
	result = walk(follow, measure, sum, &outside);
	sum->unknown += outside; /* mappings come and go all the time */
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

/* The walk, and once more where the process has exec'd: then its memory is another one. */
static int look(struct np_follow *follow, struct np_measure *measure, struct np_target *target, const char **ret_what)
{
	int result = walk_with_fresh_maps(follow, measure, &target->pages, ret_what);

	if (result != -ESRCH)
		return result;
	result = open_memory(follow, measure->root_fd, ret_what);
	return result ? result : walk_with_fresh_maps(follow, measure, &target->pages, ret_what);
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
