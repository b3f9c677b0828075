/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts of the kernel check, and the regime: by what tests found, and by nothing else. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "defects.h"
#include "kernel_check.h"

static struct np_check_test *add(struct np_kernel_check *check, enum np_check_effect effect, const char *reader,
				 enum np_check_memory memory, enum np_check_result result)
{
	struct np_check_test *test = np_check_add(check, effect, reader, memory);

	assert_non_null(test);
	if (result == NP_CHECK_UNKNOWN)
		assert_int_equal(np_check_unknown(test, "because of %d", 1), 0);
	test->result = result;
	return test;
}

static void test_names_are_those_of_the_defects(void **state)
{
	struct np_kernel_check *check = np_check_create();

	(void)state;
	assert_string_equal(add(check, NP_CHECK_DISTORTS, "smaps", NP_MEMORY_PROTNONE_THP, NP_CHECK_FAILS)->name,
			    "smaps-counts-protnone-thp");
	assert_string_equal(add(check, NP_CHECK_DISTORTS, "move_pages", NP_MEMORY_HINTED, NP_CHECK_FAILS)->name,
			    "move-pages-finds-hinted");
	assert_string_equal(add(check, NP_CHECK_DISTORTS, "smaps_rollup", NP_MEMORY_HINTED_THP, NP_CHECK_FAILS)->name,
			    "smaps-rollup-counts-hinted-thp");
	assert_string_equal(add(check, NP_CHECK_CAUSES, "numa_maps", NP_MEMORY_ANY, NP_CHECK_COSTS)->name,
			    "numa-maps-causes");
	for (size_t i = 0; i < 3; i++)
		assert_non_null(np_defect_of_test(check->tests[i].name));
	assert_null(np_defect_of_test(check->tests[3].name));
	np_check_destroy(check);
}

/* One table: the results of three tests, and the verdicts without and with --strict. */
static void test_verdicts(void **state)
{
	static const struct {
		enum np_check_result results[3];
		enum np_check_verdict verdict, strict;
	} rows[] = {
		{ { NP_CHECK_PASSES, NP_CHECK_PASSES, NP_CHECK_PASSES }, NP_CHECK_CLEAN, NP_CHECK_CLEAN },
		{ { NP_CHECK_PASSES, NP_CHECK_ABSENT, NP_CHECK_PASSES }, NP_CHECK_CLEAN, NP_CHECK_CLEAN },
		{ { NP_CHECK_PASSES, NP_CHECK_COSTS, NP_CHECK_PASSES }, NP_CHECK_CLEAN, NP_CHECK_AFFECTED },
		{ { NP_CHECK_PASSES, NP_CHECK_UNKNOWN, NP_CHECK_PASSES }, NP_CHECK_INCOMPLETE, NP_CHECK_INCOMPLETE },
		{ { NP_CHECK_COSTS, NP_CHECK_UNKNOWN, NP_CHECK_PASSES }, NP_CHECK_INCOMPLETE, NP_CHECK_AFFECTED },
		{ { NP_CHECK_FAILS, NP_CHECK_UNKNOWN, NP_CHECK_PASSES }, NP_CHECK_AFFECTED, NP_CHECK_AFFECTED },
		{ { NP_CHECK_PASSES, NP_CHECK_PASSES, NP_CHECK_FAILS }, NP_CHECK_AFFECTED, NP_CHECK_AFFECTED },
		{ { NP_CHECK_UNKNOWN, NP_CHECK_UNKNOWN, NP_CHECK_UNKNOWN }, NP_CHECK_INCOMPLETE, NP_CHECK_INCOMPLETE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct np_kernel_check *check = np_check_create();

		for (size_t k = 0; k < 3; k++)
			add(check, (enum np_check_effect)k, "smaps", NP_MEMORY_HINTED, rows[i].results[k]);
		assert_int_equal(np_check_verdict(check), rows[i].verdict);
		check->strict = true;
		assert_int_equal(np_check_verdict(check), rows[i].strict);
		np_check_destroy(check);
	}
}

/* A cost that may be chance was tested; only where costs count does it matter whether it is one. */
static void test_open_costs(void **state)
{
	struct np_kernel_check *check = np_check_create();
	struct np_check_test *test;

	(void)state;
	add(check, NP_CHECK_DISTORTS, "smaps", NP_MEMORY_HINTED, NP_CHECK_PASSES);
	test = np_check_add(check, NP_CHECK_CAUSES, "status", NP_MEMORY_ANY);
	assert_int_equal(np_check_unknown(test, "it may be chance"), 0);
	assert_int_equal(np_check_verdict(check), NP_CHECK_INCOMPLETE);
	assert_int_equal(np_check_count_missing(check), 1);
	test->estimate.known = true;
	assert_int_equal(np_check_verdict(check), NP_CHECK_CLEAN);
	assert_int_equal(np_check_count_open(check), 1);
	assert_int_equal(np_check_count_missing(check), 0);
	check->strict = true;
	assert_int_equal(np_check_verdict(check), NP_CHECK_INCOMPLETE);
	assert_int_equal(np_check_count_missing(check), 1);
	np_check_destroy(check);
}

/* Load alone has no bearing on the verdict, whatever it does, nor on the numbers beside it. */
static void test_controls_do_not_count(void **state)
{
	static const enum np_check_result results[] = { NP_CHECK_PASSES, NP_CHECK_COSTS, NP_CHECK_UNKNOWN };
	struct np_kernel_check *check = np_check_create();

	(void)state;
	add(check, NP_CHECK_STALLS, "smaps", NP_MEMORY_ANY, NP_CHECK_PASSES);
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		add(check, NP_CHECK_STALLS, "busy", NP_MEMORY_ANY, results[i])->estimate.known = true;
	for (int strict = 0; strict < 2; strict++) {
		check->strict = strict;
		assert_int_equal(np_check_verdict(check), NP_CHECK_CLEAN);
		assert_int_equal(np_check_count_missing(check), 0);
		assert_int_equal(np_check_count_open(check), 0);
	}
	assert_int_equal(np_check_count(check, NP_CHECK_STALLS, NP_CHECK_PASSES), 1);
	assert_int_equal(np_check_count(check, NP_CHECK_EFFECTS, NP_CHECK_COSTS), 0);
	np_check_destroy(check);
}

static void test_nothing_tested_is_not_clean(void **state)
{
	struct np_kernel_check *check = np_check_create();

	(void)state;
	assert_int_equal(np_check_verdict(check), NP_CHECK_INCOMPLETE);
	np_check_destroy(check);
}

/*
 * A 6.1.192 with the repair applied: all tests pass, whatever the version. The verdict is made of the tests alone:
 * it is not even told the version, and the version's own suggestion is a sentence beside it.
 */
static void test_repaired_kernel_is_clean(void **state)
{
	struct np_kernel_check *check = np_check_create();
	const char *note;
	char *text;

	(void)state;
	assert_int_equal(np_check_has_defect(check, &np_defects[0]), NP_EFFECT_NOT_TESTED);
	for (const char *const *name = np_defects[0].tests; *name; name++) {
		struct np_check_test *test = add(check, NP_CHECK_DISTORTS, "smaps", NP_MEMORY_HINTED_THP, NP_CHECK_PASSES);

		free(test->name);
		test->name = strdup(*name);
	}
	assert_int_equal(np_check_verdict(check), NP_CHECK_CLEAN);
	assert_int_equal(np_check_has_defect(check, &np_defects[0]), NP_EFFECT_NO);
	check->tests[0].result = NP_CHECK_FAILS; /* one is enough, whatever passes after it */
	assert_int_equal(np_check_has_defect(check, &np_defects[0]), NP_EFFECT_YES);
	check->tests[0].result = NP_CHECK_PASSES;
	assert_int_equal(np_defect_by_version(&np_defects[0], "6.1.192", &note), NP_EFFECT_YES);
	text = np_defect_explain(&np_defects[0], "6.1.192", NP_EFFECT_NO);
	assert_non_null(strstr(text, "would suggest the defect"));
	free(text);
	np_check_destroy(check);
}

static void test_reasons_are_kept(void **state)
{
	struct np_kernel_check *check = np_check_create();
	struct np_check_test *test = add(check, NP_CHECK_CLEARS, "maps", NP_MEMORY_HINTED, NP_CHECK_UNKNOWN);

	(void)state;
	assert_string_equal(test->why, "because of 1");
	assert_int_equal(np_check_unknown(test, "%s", "another"), 0);
	assert_string_equal(test->why, "another");
	assert_int_equal(np_check_count(check, NP_CHECK_CLEARS, NP_CHECK_UNKNOWN), 1);
	assert_int_equal(np_check_count(check, NP_CHECK_CAUSES, NP_CHECK_UNKNOWN), 0);
	np_check_destroy(check);
}

/* Hints at rest, before and after a reading, and at last. */
static void test_hints_that_go_away(void **state)
{
	static const struct {
		uint64_t counts[NP_HINT_COUNTS];
		enum np_check_result result;
		int64_t control_pages;
	} rows[] = {
		{ { 4096, 4096, 4096, 4096 }, NP_CHECK_PASSES, 0 },
		{ { 4096, 4096, 4000, 4000 }, NP_CHECK_FAILS, 0 },
		{ { 4096, 4096, 0, 0 }, NP_CHECK_FAILS, 0 },
		{ { 0, 0, 0, 0 }, NP_CHECK_UNKNOWN, 0 },
		{ { 4096, 4000, 3900, 3900 }, NP_CHECK_UNKNOWN, 96 }, /* pages are being moved, reader or not */
		{ { 4096, 4096, 4000, 3900 }, NP_CHECK_UNKNOWN, 100 },
		{ { 4096, 4096, 4096, 3900 }, NP_CHECK_UNKNOWN, 196 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct np_check_test test = { 0 };

		assert_int_equal(np_clears_judge(&test, rows[i].counts), 0);
		assert_int_equal(test.result, rows[i].result);
		assert_int_equal(test.control_pages.value, rows[i].control_pages);
		free(test.why);
	}
}

static void test_blind(void **state)
{
	struct np_kernel_check *check = np_check_create();

	(void)state;
	assert_int_equal(np_check_blind(check), NP_EFFECT_NOT_TESTED);
	add(check, NP_CHECK_DISTORTS, "move_pages", NP_MEMORY_PROTNONE, NP_CHECK_UNKNOWN);
	assert_int_equal(np_check_blind(check), NP_EFFECT_NOT_TESTED);
	add(check, NP_CHECK_DISTORTS, "move_pages", NP_MEMORY_PROTNONE_THP, NP_CHECK_PASSES);
	add(check, NP_CHECK_DISTORTS, "smaps", NP_MEMORY_PROTNONE_THP, NP_CHECK_FAILS);
	assert_int_equal(np_check_blind(check), NP_EFFECT_NO);
	add(check, NP_CHECK_DISTORTS, "move_pages", NP_MEMORY_HINTED, NP_CHECK_FAILS);
	assert_int_equal(np_check_blind(check), NP_EFFECT_YES);
	np_check_destroy(check);
}

/* What was seen on real kernels: 5.10, 6.1, 6.12 to 7.3; 6.4.13 and 6.5 as their source has it. */
static void test_regimes(void **state)
{
	enum { NO = NP_CONSUMES_NO, YES = NP_CONSUMES_YES, UNKNOWN = NP_CONSUMES_UNKNOWN };
	static const struct {
		int vm_readv, populate, mem;
		enum np_effect blind;
		enum np_regime regime;
	} rows[] = {
		{ YES, UNKNOWN, NO, NP_EFFECT_NO, NP_REGIME_FOLL_NUMA },
		{ YES, YES, NO, NP_EFFECT_NO, NP_REGIME_FOLL_NUMA },
		{ YES, YES, NO, NP_EFFECT_YES, NP_REGIME_BLIND },
		{ UNKNOWN, UNKNOWN, UNKNOWN, NP_EFFECT_YES, NP_REGIME_BLIND }, /* PROT_NONE tells, without hints */
		{ YES, NO, YES, NP_EFFECT_NO, NP_REGIME_HONOR_ALL },
		{ NO, NO, NO, NP_EFFECT_NO, NP_REGIME_HONOR_KVM },
		{ UNKNOWN, UNKNOWN, UNKNOWN, NP_EFFECT_NO, NP_REGIME_UNKNOWN },
		{ YES, YES, UNKNOWN, NP_EFFECT_NO, NP_REGIME_UNKNOWN },
		{ NO, NO, YES, NP_EFFECT_NO, NP_REGIME_UNKNOWN }, /* no kernel is known to */
		{ YES, YES, NO, NP_EFFECT_NOT_TESTED, NP_REGIME_UNKNOWN }, /* it may be the blind one */
		{ NO, NO, UNKNOWN, NP_EFFECT_NO, NP_REGIME_HONOR_KVM },
		{ NO, NO, NO, NP_EFFECT_NOT_TESTED, NP_REGIME_HONOR_KVM },
		{ UNKNOWN, UNKNOWN, YES, NP_EFFECT_NO, NP_REGIME_HONOR_ALL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct np_probe_result probes[NP_PROBES] = { { 0 } };
		const char *why;

		probes[NP_PROBE_VM_READV].consumes = (enum np_consumes)rows[i].vm_readv;
		probes[NP_PROBE_POPULATE].consumes = (enum np_consumes)rows[i].populate;
		probes[NP_PROBE_MEM].consumes = (enum np_consumes)rows[i].mem;
		assert_int_equal(np_regime_of(probes, rows[i].blind, &why), rows[i].regime);
		assert_int_equal(why != NULL, rows[i].regime == NP_REGIME_UNKNOWN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_those_of_the_defects),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_open_costs),
		cmocka_unit_test(test_controls_do_not_count),
		cmocka_unit_test(test_nothing_tested_is_not_clean),
		cmocka_unit_test(test_repaired_kernel_is_clean),
		cmocka_unit_test(test_reasons_are_kept),
		cmocka_unit_test(test_hints_that_go_away),
		cmocka_unit_test(test_blind),
		cmocka_unit_test(test_regimes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
