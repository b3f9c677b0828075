/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --experiment found, as metrics. */
#include "metrics_family.h"

#include "experiment.h"

static bool has_experiments(const struct np_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->target_count; i++)
		if (snapshot->targets[i].experiment)
			return true;
	return false;
}

#define EFFECT_LABELS(test) \
	"effect", np_measure_name((test)->kind), "reader", (test)->reader, "control", (test)->control

static void print_one_found(struct np_printer *printer, const struct np_family *family,
			    const struct np_target *target)
{
	for (size_t i = 0; target->experiment && i < target->experiment->test_count; i++) {
		const struct np_effect_test *test = &target->experiment->tests[i];

		if (test->found != NP_EFFECT_NOT_TESTED)
			np_print_count(printer, family, target, NP_LABELS(EFFECT_LABELS(test)),
				       test->found == NP_EFFECT_YES);
	}
}

static void print_found(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_found);
}

/* The unit of a kind of measure, in the format's base units: a share of 1, scans in a second. */
static const double units[] = {
	[NP_MEASURE_CAUSES] = 1, [NP_MEASURE_STALLS] = 1.0 / 100, [NP_MEASURE_LOSES] = 1.0 / 60,
};

static void print_numbers(struct np_printer *printer, const struct np_family *family, const struct np_target *target,
			  const struct np_effect_test *test)
{
	const struct np_difference *difference = &test->difference;
	const struct {
		const char *figure;
		double number;
	} numbers[] = {
		{ "with", difference->with_mean },	{ "without", difference->without_mean },
		{ "difference", difference->difference }, { "low", difference->low },
		{ "high", difference->high },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		np_print_real(printer, family, target,
			      NP_LABELS("reader", test->reader, "control", test->control, "figure", numbers[i].figure),
			      numbers[i].number * units[test->kind]);
}

static void print_kind(struct np_printer *printer, const struct np_family *family, const struct np_target *target,
		       enum np_measure_kind kind)
{
	for (size_t i = 0; target->experiment && i < target->experiment->test_count; i++) {
		const struct np_effect_test *test = &target->experiment->tests[i];

		if (test->kind == kind && test->found != NP_EFFECT_NOT_TESTED)
			print_numbers(printer, family, target, test);
	}
}

static void print_one_causes(struct np_printer *printer, const struct np_family *family,
			     const struct np_target *target)
{
	print_kind(printer, family, target, NP_MEASURE_CAUSES);
}

static void print_causes(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_causes);
}

static void print_one_stalls(struct np_printer *printer, const struct np_family *family,
			     const struct np_target *target)
{
	print_kind(printer, family, target, NP_MEASURE_STALLS);
}

static void print_stalls(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_stalls);
}

static void print_one_loses(struct np_printer *printer, const struct np_family *family,
			    const struct np_target *target)
{
	print_kind(printer, family, target, NP_MEASURE_LOSES);
}

static void print_loses(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_loses);
}

static void print_one_unknown(struct np_printer *printer, const struct np_family *family,
			      const struct np_target *target)
{
	for (size_t i = 0; target->experiment && i < target->experiment->test_count; i++) {
		const struct np_effect_test *test = &target->experiment->tests[i];

		if (test->found == NP_EFFECT_NOT_TESTED)
			np_print_count(printer, family, target, NP_LABELS("fact", "experiment", EFFECT_LABELS(test)), 1);
	}
}

static void print_unknown(struct np_printer *printer, const struct np_family *unknown)
{
	np_print_targets(printer, unknown, true, print_one_unknown);
}

static const struct np_family families[] = {
	{ "numaprobe_experiment_found", "",
	  "1 if the reader was found to have this effect on the process, 0 if none was seen.", print_found, 0, NULL },
	{ "numaprobe_experiment_causes_hints", "hints",
	  "Hints made in a second with the reader, without it, and the difference with its 95 % interval.", print_causes, 0,
	  NULL },
	{ "numaprobe_experiment_stalls_ratio", "ratio", "Processors that the process kept busy, in the same way.",
	  print_stalls, 0, NULL },
	{ "numaprobe_experiment_loses_hertz", "hertz", "Scans of the balancer in a second, in the same way.", print_loses,
	  0, NULL },
};

const struct np_family_set np_metrics_of_experiment = {
	families, sizeof(families) / sizeof(families[0]), has_experiments, print_unknown,
};
