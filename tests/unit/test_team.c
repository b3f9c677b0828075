// SPDX-License-Identifier: GPL-2.0-or-later
/* How a process is parted among walkers. The walkers are stubs that say of each page which of them it was. */
#include "unit.h"

#include "team.h"

#define GIB (1ULL << 30)
#define TIB (1ULL << 40)
#define QUEUE 8

struct np_walker {
	unsigned number;
	size_t asked, heard;
	struct {
		uint64_t start, end;
	} ranges[QUEUE]; /* asked for and not heard, a ring */
	int fail_at;	 /* hearing fails the n-th time; 0: never */
	int error;
};

static struct np_walker stubs[4];
static size_t started, stopped, start_limit;

int np_walker_start(struct np_walker **ret)
{
	if (started == start_limit)
		return -EAGAIN;
	*ret = &stubs[++started];
	return 0;
}

void np_walker_stop(struct np_walker *walker)
{
	assert_int_equal(walker->asked, walker->heard);
	stopped++;
}

int np_walker_wait(struct np_walker *walker, uint64_t *ret_space_end, char **ret_why)
{
	if (walker->error == ENOTSUP) {
		*ret_why = strdup("it can't");
		return -ENOTSUP;
	}
	*ret_space_end = 1ULL << 47;
	return 0;
}

int np_walker_ask(struct np_walker *walker, int pagemap_fd, uint64_t start, uint64_t end)
{
	assert_int_equal(pagemap_fd, 7);
	assert_true(start < end);
	assert_true(walker->asked - walker->heard < QUEUE);
	walker->ranges[walker->asked % QUEUE].start = start;
	walker->ranges[walker->asked++ % QUEUE].end = end;
	return 0;
}

int np_walker_hear(struct np_walker *walker, uint64_t start, uint64_t end, struct np_run_taker *taker,
		   uint64_t *ret_retries)
{
	struct np_run run = { (np_code)walker->number, ((end - start) >> 12) & NP_RUN_PAGES_MOST };

	assert_true(walker->heard < walker->asked);
	assert_int_equal(walker->ranges[walker->heard % QUEUE].start, start);
	assert_int_equal(walker->ranges[walker->heard++ % QUEUE].end, end);
	if (walker->fail_at && (int)walker->heard == walker->fail_at)
		return walker->error;
	*ret_retries = 1;
	return taker->take(taker, &run, 1);
}

int np_walker_walk(struct np_walker *walker, int pagemap_fd, uint64_t start, uint64_t end,
		   struct np_run_taker *taker, uint64_t *ret_retries)
{
	(void)walker, (void)pagemap_fd, (void)start, (void)end, (void)taker, (void)ret_retries;
	return -ENOSYS;
}

struct taken {
	struct np_run_taker taker;
	uint64_t pages;
	uint64_t by_walker[4];
	size_t parts;
};

static int take(struct np_run_taker *self, const struct np_run *runs, size_t count)
{
	struct taken *taken = (struct taken *)self;

	assert_int_equal(count, 1);
	taken->pages += runs->pages;
	taken->by_walker[runs->code] += runs->pages;
	taken->parts++;
	return 0;
}

static struct np_team team_of(size_t wanted)
{
	struct np_team team = { { &stubs[0] }, 1, wanted };

	memset(stubs, 0, sizeof(stubs));
	for (unsigned i = 0; i < 4; i++)
		stubs[i].number = i;
	started = stopped = 0;
	start_limit = 3;
	return team;
}

/* A small program, a gap of terabytes, and half a terabyte of memory; the range ends in the midst of it. */
static struct np_map regions[] = {
	{ .start = 0x400000, .end = 0x500000 },
	{ .start = 16 * TIB, .end = 16 * TIB + 512 * GIB },
	{ .start = 100 * TIB, .end = 100 * TIB + 4096 },
};
static const struct np_maps maps = { 3, regions, NULL };

static int walk(struct np_team *team, struct taken *ret, uint64_t *ret_retries)
{
	*ret = (struct taken){ .taker = { take } };
	return np_team_walk(team, 7, &maps, 0x400000, 16 * TIB + 400 * GIB, &ret->taker, ret_retries);
}

static void test_parts(void **state)
{
	uint64_t retries;

	(void)state;
	for (size_t wanted = 1; wanted <= 4; wanted++) {
		struct np_team team = team_of(wanted);
		struct taken taken;

		np_team_grow(&team);
		assert_int_equal(team.count, wanted);
		assert_int_equal(walk(&team, &taken, &retries), 0);
		/* The stubs have seen that parts are heard in the order of asking; together they are the range. */
		assert_int_equal(taken.pages, (16 * TIB + 400 * GIB - 0x400000) >> 12);
		assert_int_equal(retries, taken.parts);
		for (size_t i = 0; i < wanted; i++)
			assert_true(stubs[i].asked >= 4);
		np_team_stop(&team);
		assert_int_equal(stopped, wanted - 1);
	}
}

/* Parts that follow each other without a gap, each a whole number of gigabytes but for both ends. */
static void test_boundaries(void **state)
{
	struct np_team team = team_of(1);
	struct taken taken;
	uint64_t retries, at = 0x400000;

	(void)state;
	team.walkers[0]->heard = 0;
	assert_int_equal(walk(&team, &taken, &retries), 0);
	assert_true(stubs[0].asked <= QUEUE);
	for (size_t i = 0; i < stubs[0].asked; i++) {
		assert_int_equal(stubs[0].ranges[i].start, at);
		at = stubs[0].ranges[i].end;
		assert_true(at % GIB == 0);
	}
	assert_int_equal(at, 16 * TIB + 400 * GIB);
}

/* What can't be started, or can't serve, is one less. */
static void test_fewer(void **state)
{
	struct np_team team = team_of(4);
	struct taken taken;
	uint64_t retries;

	(void)state;
	start_limit = 2;
	stubs[1].error = ENOTSUP;
	np_team_grow(&team);
	assert_int_equal(team.count, 2);
	assert_int_equal(stopped, 1);
	assert_ptr_equal(team.walkers[1], &stubs[2]);
	assert_int_equal(walk(&team, &taken, &retries), 0);
	np_team_grow(&team); /* not again */
	assert_int_equal(started, 2);
	np_team_stop(&team);
}

/* An error is the result, and nothing that was asked for is left unheard: the team can be asked again. */
static void test_error(void **state)
{
	(void)state;
	for (int fail_at = 1; fail_at <= 4; fail_at++) {
		struct np_team team = team_of(3);
		struct taken taken;
		uint64_t retries;

		np_team_grow(&team);
		stubs[1].fail_at = fail_at;
		stubs[1].error = -ESRCH;
		assert_int_equal(walk(&team, &taken, &retries), -ESRCH);
		for (size_t i = 0; i < 3; i++)
			assert_int_equal(stubs[i].asked, stubs[i].heard);
		assert_true(taken.pages < (16 * TIB + 400 * GIB) >> 12);
		stubs[1].fail_at = 0;
		assert_int_equal(walk(&team, &taken, &retries), 0);
		assert_int_equal(taken.pages, (16 * TIB + 400 * GIB - 0x400000) >> 12);
		np_team_stop(&team);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_boundaries),
		cmocka_unit_test(test_fewer),
		cmocka_unit_test(test_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
