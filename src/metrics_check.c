/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --check-kernel found, as metrics. */
#include "metrics_family.h"

#include "defects.h"
#include "kernel_check.h"

static bool has_check(const struct np_snapshot *snapshot)
{
	return snapshot->kernel_check;
}

static void print_verdict(struct np_printer *printer, const struct np_family *family)
{
	static const char *const names[] = {
		[NP_CHECK_CLEAN] = "clean", [NP_CHECK_AFFECTED] = "affected", [NP_CHECK_INCOMPLETE] = "unknown",
	};
	enum np_check_verdict verdict = np_check_verdict(printer->snapshot->kernel_check);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		np_print_count(printer, family, NULL, NP_LABELS("verdict", names[i]), i == (size_t)verdict);
}

static void print_quick(struct np_printer *printer, const struct np_family *family)
{
	np_print_count(printer, family, NULL, NP_NO_LABELS, printer->snapshot->kernel_check->quick);
}

static void print_seconds(struct np_printer *printer, const struct np_family *family)
{
	np_print_real(printer, family, NULL, NP_NO_LABELS, (double)printer->snapshot->kernel_check->elapsed_ns / 1e9);
}

static void print_defects(struct np_printer *printer, const struct np_family *family)
{
	for (const struct np_defect *defect = np_defects; defect->name; defect++) {
		enum np_effect effect = np_check_has_defect(printer->snapshot->kernel_check, defect);

		if (effect != NP_EFFECT_NOT_TESTED)
			np_print_count(printer, family, NULL, NP_LABELS("defect", defect->name),
				       effect == NP_EFFECT_YES);
	}
}

static void print_regime(struct np_printer *printer, const struct np_family *family)
{
	enum np_regime regime = printer->snapshot->kernel_check->regime;

	if (regime != NP_REGIME_UNKNOWN)
		np_print_count(printer, family, NULL, NP_LABELS("regime", np_regime_name(regime)), 1);
}

static void print_counts(struct np_printer *printer, const struct np_family *family)
{
	for (enum np_check_result result = 0; result < NP_CHECK_RESULTS; result++)
		np_print_count(printer, family, NULL, NP_LABELS("result", np_check_result_name(result)),
			       np_check_count(printer->snapshot->kernel_check, NP_CHECK_EFFECTS, result));
}

typedef void test_printer(struct np_printer *printer, const struct np_family *family,
			  const struct np_check_test *test);

static void for_each_test(struct np_printer *printer, const struct np_family *family, test_printer *print)
{
	const struct np_kernel_check *check = printer->snapshot->kernel_check;

	for (size_t i = 0; i < check->test_count; i++)
		print(printer, family, &check->tests[i]);
}

#define TEST_LABELS(test) "test", (test)->name, "effect", np_check_effect_name((test)->effect), "reader", (test)->reader

static void print_result(struct np_printer *printer, const struct np_family *family, const struct np_check_test *test)
{
	np_print_count(printer, family, NULL, NP_LABELS(TEST_LABELS(test), "result", np_check_result_name(test->result)),
		       1);
}

static void print_results(struct np_printer *printer, const struct np_family *family)
{
	for_each_test(printer, family, print_result);
}

static void print_pages(struct np_printer *printer, const struct np_family *family, const struct np_check_test *test,
			const struct np_fact *pages)
{
	if (pages->known)
		np_print_count(printer, family, NULL, NP_LABELS(TEST_LABELS(test)),
			       np_printer_bytes(printer, (uint64_t)pages->value));
}

static void print_one_expected(struct np_printer *printer, const struct np_family *family,
			       const struct np_check_test *test)
{
	print_pages(printer, family, test, &test->expected_pages);
}

static void print_expected(struct np_printer *printer, const struct np_family *family)
{
	for_each_test(printer, family, print_one_expected);
}

static void print_one_found(struct np_printer *printer, const struct np_family *family,
			    const struct np_check_test *test)
{
	print_pages(printer, family, test, &test->got_pages);
}

static void print_found(struct np_printer *printer, const struct np_family *family)
{
	for_each_test(printer, family, print_one_found);
}

static void print_size(struct np_printer *printer, const struct np_family *family, const struct np_check_test *test)
{
	if (!test->estimate.known)
		return;
	np_print_real(printer, family, NULL, NP_LABELS(TEST_LABELS(test), "bound", "estimate"), test->estimate.value);
	np_print_real(printer, family, NULL, NP_LABELS(TEST_LABELS(test), "bound", "low"), test->estimate.low);
	np_print_real(printer, family, NULL, NP_LABELS(TEST_LABELS(test), "bound", "high"), test->estimate.high);
}

static void print_sizes(struct np_printer *printer, const struct np_family *family)
{
	for_each_test(printer, family, print_size);
}

/* The names of tests are facts of the quick check too, which comes before. */
static void print_unknown_test(struct np_printer *printer, const struct np_family *family,
			       const struct np_check_test *test)
{
	if (test->result == NP_CHECK_UNKNOWN)
		np_print_count(printer, family, NULL, NP_LABELS("fact", "check", "test", test->name), 1);
}

static void print_unknown(struct np_printer *printer, const struct np_family *unknown)
{
	if (printer->snapshot->kernel_check->regime == NP_REGIME_UNKNOWN)
		np_print_count(printer, unknown, NULL, NP_LABELS("fact", "regime"), 1);
	for_each_test(printer, unknown, print_unknown_test);
}

static const struct np_family families[] = {
	{ "numaprobe_check_info", "", "Version of numaprobe, and the kernel that it checked.", np_print_info, 0, NULL },
	{ "numaprobe_check_timestamp_seconds", "seconds", "When the kernel was checked, in seconds since 1970.",
	  np_print_taken, 0, NULL },
	{ "numaprobe_check_verdict", "",
	  "Verdict of the check of the kernel: 1 for the one of clean, affected and unknown that it is.", print_verdict,
	  0, NULL },
	{ "numaprobe_check_quick", "", "1 if only what is quick was tested (--quick), or 0.", print_quick, 0, NULL },
	{ "numaprobe_check_duration_seconds", "seconds", "How long it took to check the kernel.", print_seconds, 0, NULL },
	{ "numaprobe_check_defect", "", "A known defect, by the commit that made it: 1 this kernel has it, 0 it has not.",
	  print_defects, 0, NULL },
	{ "numaprobe_check_regime", "", "How the kernel treats hinted pages that it looks up for others, as a label.",
	  print_regime, 0, NULL },
	{ "numaprobe_check_tests", "",
	  "Tests of the kernel by result: costs is an effect by design, absent a reader that this kernel lacks.",
	  print_counts, 0, NULL },
	{ "numaprobe_check_result", "", "1, with the result of the test as a label.", print_results, 0, NULL },
	{ "numaprobe_check_expected_bytes", "bytes",
	  "Memory that the reader should count, or, for clears, that was hinted before it read.", print_expected, 0, NULL },
	{ "numaprobe_check_found_bytes", "bytes", "Memory that it did count, or, for clears, that still was hinted.",
	  print_found, 0, NULL },
	{ "numaprobe_check_effect_ratio", "ratio",
	  "Size of an effect with its 95 % interval: of causes the share of the pages, of stalls how many times as long, "
	  "of loses-scans the share of the scans.", print_sizes, 0, NULL },
};

const struct np_family_set np_metrics_of_check = {
	families, sizeof(families) / sizeof(families[0]), has_check, print_unknown,
};
