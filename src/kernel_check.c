// SPDX-License-Identifier: GPL-2.0-or-later
/* From what the tests found to verdicts. */
#include "kernel_check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "defects.h"
#include "i18n.h"

struct np_kernel_check *np_check_create(void)
{
	struct np_kernel_check *check = calloc(1, sizeof(*check));

	for (size_t i = 0; check && i < NP_PROBES; i++)
		check->probes[i].consumes = NP_CONSUMES_UNKNOWN;
	return check;
}

void np_check_destroy(struct np_kernel_check *check)
{
	if (!check)
		return;
	for (size_t i = 0; i < check->test_count; i++) {
		free(check->tests[i].name);
		free(check->tests[i].why);
		free(check->tests[i].samples);
	}
	for (size_t i = 0; i < NP_PROBES; i++)
		free(check->probes[i].why);
	free(check->tests);
	free(check->regime_why);
	free(check);
}

static const char *const memory_names[] = { "protnone", "protnone-thp", "hinted", "hinted-thp" };

/* "smaps-counts-hinted-thp", "move-pages-finds-protnone", "smaps-clears-hinted", "smaps-causes" */
static char *make_name(enum np_check_effect effect, const char *reader, enum np_check_memory memory)
{
	const char *verb = effect != NP_CHECK_DISTORTS	       ? np_check_effect_name(effect) :
			   strcmp(reader, "move_pages") == 0 ? "finds" :
							       "counts";
	const char *kind = np_check_memory_name(memory);
	char *name;

	if (asprintf(&name, "%s-%s%s%s", reader, verb, kind ? "-" : "", kind ? kind : "") < 0)
		return NULL;
	for (char *at = name; *at; at++)
		if (*at == '_')
			*at = '-';
	return name;
}

struct np_check_test *np_check_add(struct np_kernel_check *check, enum np_check_effect effect, const char *reader,
				   enum np_check_memory memory)
{
	struct np_check_test *tests = realloc(check->tests, (check->test_count + 1) * sizeof(*tests)), *test;
	char *name = make_name(effect, reader, memory);

	if (tests)
		check->tests = tests;
	if (!tests || !name) {
		free(name);
		return NULL;
	}
	test = &tests[check->test_count++];
	*test = (struct np_check_test){ .name = name, .effect = effect, .reader = reader, .memory = memory };
	return test;
}

int np_check_unknown(struct np_check_test *test, const char *format, ...)
{
	va_list arguments;
	char *why;
	int length;

	va_start(arguments, format);
	length = vasprintf(&why, format, arguments);
	va_end(arguments);
	if (length < 0)
		return -ENOMEM;
	free(test->why);
	test->why = why;
	test->result = NP_CHECK_UNKNOWN;
	return 0;
}

bool np_check_is_control(const struct np_check_test *test)
{
	return strcmp(test->reader, "busy") == 0;
}

size_t np_check_count(const struct np_kernel_check *check, enum np_check_effect effect, enum np_check_result result)
{
	size_t count = 0;

	for (size_t i = 0; i < check->test_count; i++)
		count += (effect == NP_CHECK_EFFECTS || check->tests[i].effect == effect) &&
			 check->tests[i].result == result && !np_check_is_control(&check->tests[i]);
	return count;
}

bool np_check_is_open(const struct np_check_test *test)
{
	return test->result == NP_CHECK_UNKNOWN && test->estimate.known;
}

size_t np_check_count_open(const struct np_kernel_check *check)
{
	size_t count = 0;

	for (size_t i = 0; i < check->test_count; i++)
		count += np_check_is_open(&check->tests[i]) && !np_check_is_control(&check->tests[i]);
	return count;
}

size_t np_check_count_missing(const struct np_kernel_check *check)
{
	size_t unknown = np_check_count(check, NP_CHECK_EFFECTS, NP_CHECK_UNKNOWN);

	return check->strict ? unknown : unknown - np_check_count_open(check);
}

enum np_check_verdict np_check_verdict(const struct np_kernel_check *check)
{
	if (np_check_count(check, NP_CHECK_EFFECTS, NP_CHECK_FAILS))
		return NP_CHECK_AFFECTED;
	if (check->strict && np_check_count(check, NP_CHECK_EFFECTS, NP_CHECK_COSTS))
		return NP_CHECK_AFFECTED;
	if (np_check_count_missing(check) || !check->test_count)
		return NP_CHECK_INCOMPLETE;
	return NP_CHECK_CLEAN;
}

const struct np_check_sample *np_check_own_sample(const struct np_check_test *test, size_t *index)
{
	while (*index < test->sample_count) {
		const struct np_check_sample *sample = &test->samples[(*index)++];

		if (strcmp(sample->reader, test->reader) == 0)
			return sample;
	}
	return NULL;
}

enum np_effect np_check_blind(const struct np_kernel_check *check)
{
	enum np_effect blind = NP_EFFECT_NOT_TESTED;

	for (size_t i = 0; i < check->test_count; i++) {
		const struct np_check_test *test = &check->tests[i];

		if (test->effect != NP_CHECK_DISTORTS || strcmp(test->reader, "move_pages") != 0)
			continue;
		if (test->result == NP_CHECK_FAILS)
			return NP_EFFECT_YES;
		if (test->result == NP_CHECK_PASSES)
			blind = NP_EFFECT_NO;
	}
	return blind;
}

/*
 * Sources. (a) __get_user_pages() set FOLL_NUMA unless FOLL_FORCE was given. (b) 474098edac26 ("mm/gup: replace
 * FOLL_NUMA by gup_can_follow_protnone()", 6.1) let only FOLL_FORCE follow, and follow_page() has neither. (c)
 * d74943a2f3cd ("mm/gup: reintroduce FOLL_NUMA as FOLL_HONOR_NUMA_FAULT", 6.5, 6.4.13) made is_valid_gup_args() set
 * it for every external caller. (d) 7acddcc1ae30 ("mm/gup: don't implicitly set FOLL_HONOR_NUMA_FAULT", 6.6).
 */
enum np_regime np_regime_of(const struct np_probe_result probes[NP_PROBES], enum np_effect blind, const char **ret_why)
{
	enum np_consumes vm_readv = probes[NP_PROBE_VM_READV].consumes, mem = probes[NP_PROBE_MEM].consumes;

	*ret_why = NULL;
	if (blind == NP_EFFECT_YES)
		return NP_REGIME_BLIND;
	if (vm_readv == NP_CONSUMES_NO && mem != NP_CONSUMES_YES)
		return NP_REGIME_HONOR_KVM;
	if (mem == NP_CONSUMES_YES && vm_readv != NP_CONSUMES_NO)
		return NP_REGIME_HONOR_ALL;
	if (vm_readv == NP_CONSUMES_YES && mem == NP_CONSUMES_NO && blind == NP_EFFECT_NO)
		return NP_REGIME_FOLL_NUMA;
	*ret_why = vm_readv == NP_CONSUMES_UNKNOWN || mem == NP_CONSUMES_UNKNOWN ?
			   N_("it takes hinted pages to tell") :
			   N_("what was seen fits no regime that is known");
	return NP_REGIME_UNKNOWN;
}

const char *np_check_effect_name(enum np_check_effect effect)
{
	static const char *const names[] = { "distorts", "clears", "causes", "stalls", "loses-scans" };

	return names[effect];
}

const char *np_check_memory_name(enum np_check_memory memory)
{
	return memory < NP_MEMORY_KINDS ? memory_names[memory] : NULL;
}

const char *np_check_result_name(enum np_check_result result)
{
	static const char *const names[] = { "passes", "fails", "costs", "unknown", "absent" };

	return names[result];
}

const char *np_regime_name(enum np_regime regime)
{
	static const char *const names[] = { "unknown", "foll-numa", "blind", "honor-all", "honor-kvm" };

	return names[regime];
}

const char *np_probe_name(enum np_probe probe)
{
	static const char *const names[] = { "process_vm_readv", "MADV_POPULATE_READ", "/proc/self/mem", "KVM" };

	return names[probe];
}

enum np_effect np_check_has_defect(const struct np_kernel_check *check, const struct np_defect *defect)
{
	enum np_effect effect = NP_EFFECT_NOT_TESTED;

	for (size_t i = 0; i < check->test_count; i++) {
		const struct np_check_test *test = &check->tests[i];

		if (np_defect_of_test(test->name) != defect)
			continue;
		if (test->result == NP_CHECK_FAILS)
			return NP_EFFECT_YES;
		if (test->result == NP_CHECK_PASSES)
			effect = NP_EFFECT_NO;
	}
	return effect;
}
