// SPDX-License-Identifier: GPL-2.0-or-later
/* One window of a causes or stalls test: a subject, a reader, and what came of it. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"

/* The reader runs here; the subject elsewhere, so that they do not take each other's time. false: it stays here. */
static bool move_to(int cpu, cpu_set_t *ret_before)
{
	cpu_set_t set;

	if (cpu < 0 || sched_getaffinity(0, sizeof(*ret_before), ret_before) < 0)
		return false;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0;
}

/* Reads until the subject has done what it was told. */
static int read_until_done(const struct np_reader *reader, const struct np_reading *reading, struct np_subject *subject,
			   uint64_t *ret_reads, struct np_subject_answer *ret)
{
	int result;

	*ret_reads = 0;
	while ((result = np_subject_poll(subject, ret)) == -EAGAIN) {
		struct np_read read = { 0 };

		result = reader->read(reader, reading, &read);
		np_read_free(&read);
		if (result)
			return result;
		++*ret_reads;
	}
	return result;
}

/* What the window left: new hints by the page tables, and the faults that touching all pages takes. */
static int take_stock(const struct np_checker *checker, struct np_subject *subject, struct np_check_sample *sample)
{
	const uint64_t arguments[4] = { subject->base.start, subject->base.pages };
	struct np_page_count count;
	struct np_subject_answer answer;
	int result = np_count_pages(checker, subject, &subject->base, &count);

	if (!result)
		sample->hints = NP_FACT((int64_t)count.inaccessible);
	else if (result != -ENOTSUP)
		return result;
	result = np_subject_do(subject, NP_SUBJECT_TOUCH, arguments, &answer);
	if (!result)
		sample->faults = NP_FACT((int64_t)answer.values[0]);
	return result;
}

static void keep_answer(const struct np_window *window, const struct np_subject_answer *answer,
			struct np_check_sample *sample)
{
	sample->cpu_ns = NP_FACT((int64_t)answer->values[NP_BURN_CPU_NS]);
	if (answer->values[NP_BURN_SCANS_KNOWN])
		sample->scans = NP_FACT((int64_t)answer->values[NP_BURN_SCANS]);
	if (window->command != NP_SUBJECT_CHURN)
		return;
	sample->maps = NP_FACT((int64_t)answer->values[NP_CHURN_MAPS]);
	sample->wait_ns = NP_FACT((int64_t)answer->values[NP_CHURN_WAIT_NS]);
	sample->worst_ns = NP_FACT((int64_t)answer->values[NP_CHURN_WORST_NS]);
}

static int run_window(struct np_checker *checker, const struct np_window *window, struct np_subject *subject,
		      struct np_check_sample *sample)
{
	const struct np_reader *reader = np_reader_find(window->reader, strlen(window->reader));
	const struct np_span_addr span = { subject->base.start,
					   subject->base.start + subject->base.pages * checker->system->page_bytes };
	const struct np_reading reading = np_check_reading(checker, subject, &span, 1);
	const uint64_t arguments[4] = { window->scans, window->limit_ns };
	struct np_subject_answer answer = { 0 };
	uint64_t reads = 0;
	int result = np_subject_begin(subject, window->command, arguments);

	if (!result)
		result = read_until_done(reader, &reading, subject, &reads, &answer);
	if (result)
		return result;
	sample->reads = NP_FACT((int64_t)reads);
	keep_answer(window, &answer, sample);
	return take_stock(checker, subject, sample);
}

int np_window_run(struct np_checker *checker, const struct np_window *window, struct np_check_sample *ret)
{
	/* A burning subject stays where its memory is; one that maps needs a second CPU for its second thread. */
	const struct np_subject_plan plan = {
		.base_pages = window->pages,
		.cpu = window->command == NP_SUBJECT_BURN ? checker->subject_cpu : -1,
		.second_thread = window->command == NP_SUBJECT_CHURN, /* before the one that maps: see subject_child.c */
	};
	struct np_check_sample sample = { .round = window->round, .reader = window->reader };
	struct np_subject subject = { 0 };
	cpu_set_t before;
	int result = np_subject_start(&plan, &subject);
	bool moved = move_to(checker->reader_cpu, &before);

	if (!result)
		result = run_window(checker, window, &subject, &sample);
	if (moved)
		sched_setaffinity(0, sizeof(before), &before);
	np_subject_stop(&subject);
	if (!result)
		*ret = sample;
	return result;
}

int np_samples_add(struct np_samples *samples, const struct np_check_sample *sample)
{
	struct np_check_sample *grown = realloc(samples->samples, (samples->count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	samples->samples = grown;
	grown[samples->count++] = *sample;
	return 0;
}
