/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An experiment, with every sample of it, as a part of a report. */
#include "json_experiment.h"

#include <math.h>

#include "json_build.h"

/* JSON has no infinity: what has no bound is null. */
static json_t *real(double number)
{
	return isfinite(number) ? json_real(number) : json_null();
}

static json_t *window_object(const struct np_trial *window)
{
	struct builder object = { json_object(), false };

	put(&object, "reader", text(window->reader));
	put(&object, "elapsed_ns", count(window->elapsed_ns));
	put(&object, "reading_ns", count(window->reading_ns));
	put(&object, "reads", count(window->reads));
	put(&object, "faults", count(window->faults));
	put(&object, "hints_before", count(window->hints_before));
	put(&object, "hints_after", count(window->hints_after));
	put(&object, "made", json_integer(window->made));
	put(&object, "run_ns", fact(&window->run_ns));
	put(&object, "scans", fact(&window->scans));
	put(&object, "pte_updates", fact(&window->pte_updates));
	put(&object, "hint_faults", fact(&window->hint_faults));
	return finish(&object);
}

static json_t *effect_object(const struct np_effect_test *test)
{
	const struct np_difference *difference = &test->difference;
	static const char *const verdicts[] = {
		[NP_EFFECT_NO] = "none seen",
		[NP_EFFECT_YES] = "yes",
		[NP_EFFECT_NOT_TESTED] = "unknown",
	};
	struct builder object = { json_object(), false };

	put(&object, "effect", json_string(np_measure_name(test->kind)));
	put(&object, "reader", text(test->reader));
	put(&object, "control", text(test->control));
	put(&object, "verdict", json_string(verdicts[test->found]));
	put(&object, "reason", text(test->reason));
	put(&object, "with", real(difference->with_mean));
	put(&object, "without", real(difference->without_mean));
	put(&object, "difference", real(difference->difference));
	put(&object, "low", real(difference->low));
	put(&object, "high", real(difference->high));
	put(&object, "p", real(difference->p));
	put(&object, "adjusted_p", real(test->adjusted_p));
	put(&object, "superiority", real(difference->superiority));
	put(&object, "detectable", real(test->detectable));
	return finish(&object);
}

json_t *np_json_experiment(const struct np_experiment *experiment)
{
	struct builder object = { json_object(), false };
	struct builder windows = { json_array(), false }, effects = { json_array(), false };

	for (size_t i = 0; i < experiment->window_count; i++)
		append(&windows, window_object(&experiment->windows[i]));
	for (size_t i = 0; i < experiment->test_count; i++)
		append(&effects, effect_object(&experiment->tests[i]));
	put(&object, "rounds", count(experiment->rounds));
	put(&object, "seed", count(experiment->seed));
	put(&object, "complete", json_boolean(!experiment->broken_off));
	put(&object, "windows", finish(&windows));
	put(&object, "effects", finish(&effects));
	return finish(&object);
}
