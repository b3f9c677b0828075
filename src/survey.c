// SPDX-License-Identifier: GPL-2.0-or-later
/* Walks whose every page keeps its place. */
#include "survey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hugetlb.h"
#include "parse_status.h"

#define PAGE_SHIFT 12
#define TRIES 3 /* of a walk during which the mappings change */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Not one that got its number since. */
static int check_same(int dir_fd, const struct np_fact *start_ticks)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_stat stat;
	int result;

	if (!start_ticks->known)
		return 0;
	result = np_read_text(dir_fd, "stat", &text);
	if (!result)
		result = np_parse_stat(text.data, text.length, &stat);
	if (!result && stat.start_ticks != (uint64_t)start_ticks->value)
		result = -ESRCH;
	return result;
}

int np_subject_open(int root_fd, const struct np_target *target, struct np_walker *walker, uint64_t space_end,
		    const struct np_system *system, struct np_subject *ret)
{
	np_cleanup_close int dir_fd = -1;
	char path[32];
	int pagemap_fd, result;

	snprintf(path, sizeof(path), "proc/%d", (int)target->pid);
	result = np_open(root_fd, path, O_PATH | O_DIRECTORY, &dir_fd);
	if (!result)
		result = check_same(dir_fd, &target->start_ticks);
	if (!result)
		result = np_open(dir_fd, "pagemap", O_RDONLY, &pagemap_fd);
	if (result)
		return result;
	*ret = (struct np_subject){ target->pid, root_fd, dir_fd, pagemap_fd, walker, space_end, system };
	dir_fd = -1;
	return 0;
}

void np_subject_close(struct np_subject *subject)
{
	close(subject->dir_fd);
	close(subject->pagemap_fd);
}

void np_survey_free(struct np_survey *survey)
{
	np_text_free(&survey->maps_text);
	np_maps_free(&survey->maps);
	np_tally_free(&survey->sum);
	free(survey->hugetlb);
	free(survey->inaccessible);
	free(survey->stretches);
	*survey = (struct np_survey){ 0 };
}

bool np_survey_same_maps(const struct np_survey *a, const struct np_survey *b)
{
	return a->maps_text.length == b->maps_text.length &&
	       memcmp(a->maps_text.data, b->maps_text.data, a->maps_text.length) == 0;
}

struct taker {
	struct np_run_taker runs;     /* first: cast back */
	struct np_place_taker places; /* reached by offset */
	struct np_classifier classifier;
	struct np_survey *survey;
	uint64_t addr;
	int error;
};

static struct np_stretch *next_stretch(struct taker *taker)
{
	struct np_survey *survey = taker->survey;

	if (survey->stretch_count == survey->stretch_room) {
		size_t room = survey->stretch_room ? 2 * survey->stretch_room : 256;
		struct np_stretch *more = reallocarray(survey->stretches, room, sizeof(*more));

		if (!more) {
			taker->error = -ENOMEM;
			return NULL;
		}
		survey->stretches = more;
		survey->stretch_room = room;
	}
	return &survey->stretches[survey->stretch_count++];
}

static void take_place(struct np_place_taker *self, uint64_t start, uint64_t pages, enum np_state state,
		       enum np_size size, size_t mapping)
{
	struct taker *taker = (struct taker *)((char *)self - offsetof(struct taker, places));
	struct np_survey *survey = taker->survey;
	struct np_stretch *last = survey->stretch_count ? &survey->stretches[survey->stretch_count - 1] : NULL;

	if (last && last->end == start && last->mapping == mapping && last->state == state && last->size == size) {
		last->end += pages << PAGE_SHIFT;
		return;
	}
	last = next_stretch(taker);
	if (last)
		*last = (struct np_stretch){ start, start + (pages << PAGE_SHIFT), (uint32_t)mapping, (uint8_t)state,
					     (uint8_t)size };
}

static int take_runs(struct np_run_taker *self, const struct np_run *runs, size_t count)
{
	struct taker *taker = (struct taker *)self;

	for (size_t i = 0; i < count && !taker->error; i++) {
		np_code code = (np_code)runs[i].code;

		np_classify(&taker->classifier, taker->addr, runs[i].pages, np_code_state(code), np_code_size(code),
			    (int)np_code_node(code));
		taker->addr += (uint64_t)runs[i].pages << PAGE_SHIFT;
	}
	return taker->error;
}

/* The end of the mappings that lie in user space: the vsyscall page is no memory of the process. */
static uint64_t maps_end(const struct np_maps *maps, uint64_t space_end)
{
	for (size_t i = maps->count; i-- > 0;)
		if (maps->maps[i].start < space_end)
			return maps->maps[i].end < space_end ? maps->maps[i].end : space_end;
	return 0;
}

int np_survey_walk(const struct np_subject *subject, struct np_survey *survey)
{
	uint64_t start = survey->maps.maps[0].start, end = maps_end(&survey->maps, subject->space_end);
	struct taker taker = { { take_runs }, { take_place }, { 0 }, survey, start, 0 };
	uint64_t began = now_ns(), retries;
	int result = 0;

	np_classifier_init(&taker.classifier, subject->system);
	taker.classifier.maps = &survey->maps;
	taker.classifier.hugetlb = survey->hugetlb;
	taker.classifier.inaccessible = survey->inaccessible;
	taker.classifier.sum = &survey->sum;
	taker.classifier.places = &taker.places;
	np_classifier_restart(&taker.classifier);
	survey->stretch_count = 0;
	if (start < end)
		result = np_walker_walk(subject->walker, subject->pagemap_fd, start, end, &taker.runs, &retries);
	survey->outside = taker.classifier.outside;
	survey->settled = !survey->outside;
	survey->elapsed_ns = now_ns() - began;
	return result;
}

static int read_maps(const struct np_subject *subject, struct np_text *ret)
{
	int result = np_read_text(subject->dir_fd, "maps", ret);

	if (!result && !ret->length) {
		np_text_free(ret);
		result = -ESRCH;
	}
	return result;
}

static int prepare(const struct np_subject *subject, struct np_survey *survey)
{
	int result = read_maps(subject, &survey->maps_text);

	if (!result)
		result = np_parse_maps(survey->maps_text.data, survey->maps_text.length, &survey->maps);
	if (result)
		return result;
	survey->hugetlb = calloc(survey->maps.count, sizeof(*survey->hugetlb));
	survey->inaccessible = calloc(survey->maps.count, sizeof(*survey->inaccessible));
	if (!survey->hugetlb || !survey->inaccessible || np_tally_init(&survey->sum, subject->system->node_count) < 0)
		return -ENOMEM;
	return np_hugetlb_find(subject->root_fd, subject->dir_fd, &survey->maps, survey->hugetlb);
}

int np_survey_take(const struct np_subject *subject, struct np_survey *ret)
{
	struct np_survey survey = { 0 };
	int result = 0;

	for (int try = 0; try < TRIES && !result && !survey.settled; try++) {
		np_cleanup_text struct np_text after = { 0 };

		np_survey_free(&survey);
		result = prepare(subject, &survey);
		if (!result)
			result = np_survey_walk(subject, &survey);
		if (!result)
			result = read_maps(subject, &after);
		survey.settled = !result && survey.settled && after.length == survey.maps_text.length &&
				 memcmp(after.data, survey.maps_text.data, after.length) == 0;
	}
	if (result) {
		np_survey_free(&survey);
		return result;
	}
	*ret = survey;
	return 0;
}

static const struct np_stretch *stretch_from(const struct np_survey *survey, size_t *at, uint64_t addr)
{
	while (*at < survey->stretch_count && survey->stretches[*at].end <= addr)
		++*at;
	return *at < survey->stretch_count ? &survey->stretches[*at] : NULL;
}

static uint64_t start_from(const struct np_stretch *stretch, uint64_t addr)
{
	if (!stretch)
		return UINT64_MAX;
	return stretch->start > addr ? stretch->start : addr;
}

/* The stretch if it covers addr; *end becomes the first address where that changes. */
static const struct np_stretch *covering(const struct np_stretch *stretch, uint64_t addr, uint64_t *end)
{
	uint64_t change;

	if (!stretch)
		return NULL;
	change = addr < stretch->start ? stretch->start : stretch->end;
	if (change < *end)
		*end = change;
	return addr < stretch->start ? NULL : stretch;
}

bool np_pair_next(struct np_pair_walk *walk, struct np_pair *ret)
{
	const struct np_stretch *before = stretch_from(walk->before, &walk->at_before, walk->addr);
	const struct np_stretch *after = stretch_from(walk->after, &walk->at_after, walk->addr);
	uint64_t first = start_from(before, walk->addr), second = start_from(after, walk->addr);

	if (!before && !after)
		return false;
	ret->start = first < second ? first : second;
	ret->end = UINT64_MAX;
	ret->before = covering(before, ret->start, &ret->end);
	ret->after = covering(after, ret->start, &ret->end);
	walk->addr = ret->end;
	return true;
}

static bool is_hinted(const struct np_stretch *stretch)
{
	return stretch && stretch->state == NP_HINTED;
}

static bool is_present(const struct np_stretch *stretch)
{
	return stretch && stretch->state == NP_PRESENT;
}

struct np_hints np_survey_hints(const struct np_survey *before, const struct np_survey *after)
{
	struct np_pair_walk walk = { before, after, 0, 0, 0 };
	struct np_hints hints = { 0 };
	struct np_pair pair;

	while (np_pair_next(&walk, &pair)) {
		uint64_t pages = (pair.end - pair.start) >> PAGE_SHIFT;

		hints.before += is_hinted(pair.before) ? pages : 0;
		hints.after += is_hinted(pair.after) ? pages : 0;
		hints.cleared += is_hinted(pair.before) && is_present(pair.after) ? pages : 0;
		hints.made += is_present(pair.before) && is_hinted(pair.after) ? pages : 0;
	}
	return hints;
}
