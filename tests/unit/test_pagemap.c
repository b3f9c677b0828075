/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pagemap source on memory of this test's own, with a move_pages(2) that answers what it is told to. */
#include "unit.h"

#include <sys/mman.h>

#include "measure.h"
#include "tree.h"

#define PAGES 4
#define PAGE 4096

long __wrap_move_pages(int pid, unsigned long count, void **pages, const int *nodes, int *status, int flags);

static void (*meanwhile)(char *memory); /* before the answer */
static int answers[PAGES];
static char *memory;

long __wrap_move_pages(int pid, unsigned long count, void **pages, const int *nodes, int *status, int flags)
{
	(void)pid, (void)nodes, (void)flags;
	if (meanwhile)
		meanwhile(memory);
	for (unsigned long i = 0; i < count; i++)
		status[i] = answers[((char *)pages[i] - memory) / PAGE];
	return 0;
}

struct reading {
	struct unit_tree tree;
	struct np_measure measure;
	struct np_map map;
	struct np_maps maps;
	struct np_classifier classifier;
	struct np_tally pages;
	bool hugetlb, inaccessible;
	int pagemap_fd;
};

static void start(struct reading *ret, const char *vmstat)
{
	struct np_snapshot *snapshot = np_snapshot_create();

	assert_non_null(snapshot);
	*ret = (struct reading){ .tree = unit_make_tree() };
	unit_make_file(ret->tree.fd, "proc/vmstat", vmstat);
	snapshot->system.vmstat.numa_pte_updates = NP_FACT(0);
	ret->measure = (struct np_measure){ .root_fd = ret->tree.fd, .snapshot = snapshot };
	memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(memory != MAP_FAILED);
	madvise(memory, PAGES * PAGE, MADV_NOHUGEPAGE);
	memset(memory, 1, PAGES * PAGE);
	ret->map = (struct np_map){ .start = (uintptr_t)memory, .end = (uintptr_t)memory + PAGES * PAGE,
				    .perms = "rw-p", .path = (char *)"" };
	ret->maps = (struct np_maps){ .count = 1, .maps = &ret->map };
	assert_int_equal(np_tally_init(&ret->pages, 0), 0);
	np_classifier_init(&ret->classifier, &snapshot->system);
	ret->classifier.maps = &ret->maps;
	ret->classifier.hugetlb = &ret->hugetlb;
	ret->classifier.inaccessible = &ret->inaccessible;
	ret->classifier.sum = &ret->pages;
	ret->pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	assert_true(ret->pagemap_fd >= 0);
	memset(answers, 0, sizeof(answers));
	meanwhile = NULL;
}

static void read_it(struct reading *reading)
{
	int move_error = -1;

	assert_int_equal(np_measure_read_pagemap(&reading->measure, reading->pagemap_fd, getpid(), &reading->classifier,
						 reading->map.start, reading->map.end, &move_error), 0);
	assert_int_equal(move_error, 0);
}

static uint64_t pages_of(const struct reading *reading, enum np_resident state)
{
	return np_tally_state(&reading->pages, 0, state);
}

static void end(struct reading *reading)
{
	munmap(memory, PAGES * PAGE);
	close(reading->pagemap_fd);
	np_tally_free(&reading->pages);
	np_snapshot_destroy(reading->measure.snapshot);
	unit_remove_tree(&reading->tree);
}

static void test_never_hinted(void **state)
{
	struct reading reading;

	(void)state;
	start(&reading, "numa_pte_updates 0\n");
	read_it(&reading);
	assert_int_equal(pages_of(&reading, NP_R_PRESENT), PAGES);
	end(&reading);
}

/* The counter was 0 when it was read first, and is not any more: pages may have been hinted meanwhile. */
static void test_hinted_meanwhile(void **state)
{
	struct reading reading;

	(void)state;
	start(&reading, "numa_pte_updates 3\n");
	read_it(&reading);
	assert_int_equal(pages_of(&reading, NP_R_PRESENT), 0);
	assert_int_equal(pages_of(&reading, NP_R_ACCESSIBLE), PAGES);
	assert_int_equal(reading.measure.snapshot->system.vmstat.numa_pte_updates.value, 3);
	end(&reading);
}

static void give_back(char *at)
{
	madvise(at + PAGE, PAGE, MADV_DONTNEED);
}

/* On an affected kernel, what move_pages(2) does not find is hinted, unless it is not there any more. */
static void test_given_back_meanwhile(void **state)
{
	struct reading reading;

	(void)state;
	start(&reading, "numa_pte_updates 3\n");
	reading.measure.snapshot->check.done = true;
	reading.measure.snapshot->check.move_pages_misses = NP_EFFECT_YES;
	answers[1] = -EFAULT;
	answers[2] = -ENOENT;
	meanwhile = give_back;
	read_it(&reading);
	assert_int_equal(pages_of(&reading, NP_R_HINTED), 1);
	assert_int_equal(pages_of(&reading, NP_R_PRESENT), 2);
	assert_int_equal(reading.pages.hinted_thp, 0);
	end(&reading);
}

static void start_affected(struct reading *reading)
{
	start(reading, "numa_pte_updates 3\n");
	reading->measure.snapshot->check.done = true;
	reading->measure.snapshot->check.move_pages_misses = NP_EFFECT_YES;
	answers[0] = -EFAULT; /* what is not found as a huge page */
	answers[1] = -ENOENT;
}

static void test_missed(void **state)
{
	struct reading reading;

	(void)state;
	start_affected(&reading);
	read_it(&reading);
	assert_int_equal(pages_of(&reading, NP_R_HINTED), 2);
	assert_int_equal(reading.pages.hinted_thp, 1);
	assert_int_equal(reading.pages.thp, 1);
	assert_int_equal(pages_of(&reading, NP_R_PRESENT), 2);
	end(&reading);
	start_affected(&reading);
	strcpy(reading.map.perms, "---p");
	read_it(&reading);
	assert_int_equal(pages_of(&reading, NP_R_PROTNONE), PAGES);
	assert_int_equal(reading.pages.protnone_thp, 1);
	assert_int_equal(pages_of(&reading, NP_R_HINTED), 0);
	end(&reading);
}

/* A page that is mapped more than once and not found: the zero page, but where others are not found either. */
static void test_zero_page(void **state)
{
	(void)state;
	for (int misses = 0; misses < 2; misses++) {
		struct reading reading;

		start(&reading, "numa_pte_updates 3\n");
		reading.measure.snapshot->check.done = true;
		reading.measure.snapshot->check.move_pages_misses = misses ? NP_EFFECT_YES : NP_EFFECT_NO;
		madvise(memory + 3 * PAGE, PAGE, MADV_DONTNEED);
		assert_int_equal(*(volatile char *)(memory + 3 * PAGE), 0);
		answers[3] = -EFAULT;
		read_it(&reading);
		assert_int_equal(reading.pages.zero, !misses);
		assert_int_equal(reading.pages.unknown, misses);
		assert_int_equal(!!(reading.pages.untold & NP_UNTOLD_ZERO), misses);
		end(&reading);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_hinted),
		cmocka_unit_test(test_hinted_meanwhile),
		cmocka_unit_test(test_given_back_meanwhile),
		cmocka_unit_test(test_missed),
		cmocka_unit_test(test_zero_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
