// SPDX-License-Identifier: GPL-2.0-or-later
/* Every test with all of its samples, so that a reader can redo the statistics. */
#include "json_check.h"

#include "kernel_check.h"
#include "json_build.h"

static json_t *sample_object(const struct np_check_sample *sample)
{
	struct builder object = { json_object(), false };

	put(&object, "round", count(sample->round));
	put(&object, "reader", json_string(sample->reader));
	put(&object, "reads", fact(&sample->reads));
	put(&object, "hints", fact(&sample->hints));
	put(&object, "faults", fact(&sample->faults));
	put(&object, "scans", fact(&sample->scans));
	put(&object, "cpu_ns", fact(&sample->cpu_ns));
	put(&object, "maps", fact(&sample->maps));
	put(&object, "wait_ns", fact(&sample->wait_ns));
	put(&object, "worst_ns", fact(&sample->worst_ns));
	return finish(&object);
}

static json_t *sample_array(const struct np_check_test *test)
{
	struct builder array = { json_array(), false };

	for (size_t i = 0; i < test->sample_count; i++)
		append(&array, sample_object(&test->samples[i]));
	return finish(&array);
}

static json_t *estimate_object(const struct np_estimate *estimate)
{
	struct builder object = { json_object(), false };

	if (!estimate->known) {
		json_decref(object.value);
		return json_null();
	}
	put(&object, "value", json_real(estimate->value));
	put(&object, "low", json_real(estimate->low));
	put(&object, "high", json_real(estimate->high));
	put(&object, "p", json_real(estimate->p));
	return finish(&object);
}

static json_t *test_object(const struct np_check_test *test)
{
	const char *memory = np_check_memory_name(test->memory);
	struct builder object = { json_object(), false };

	put(&object, "name", json_string(test->name));
	put(&object, "effect", json_string(np_check_effect_name(test->effect)));
	put(&object, "reader", json_string(test->reader));
	put(&object, "memory", memory ? json_string(memory) : json_null());
	put(&object, "verdict", json_string(np_check_result_name(test->result)));
	put(&object, "expected_pages", fact(&test->expected_pages));
	put(&object, "got_pages", fact(&test->got_pages));
	put(&object, "control_pages", fact(&test->control_pages));
	put(&object, "cause", text(test->cause));
	put(&object, "reason", text(test->why));
	put(&object, "size", estimate_object(&test->estimate));
	put(&object, "samples", sample_array(test));
	return finish(&object);
}

static json_t *test_array(const struct np_kernel_check *check)
{
	struct builder array = { json_array(), false };

	for (size_t i = 0; i < check->test_count; i++)
		append(&array, test_object(&check->tests[i]));
	return finish(&array);
}

static json_t *probe_object(const struct np_probe_result *probe, enum np_probe which)
{
	struct builder object = { json_object(), false };
	bool known = probe->consumes != NP_CONSUMES_UNKNOWN;

	put(&object, "access", json_string(np_probe_name(which)));
	put(&object, "consumes", known ? json_boolean(probe->consumes == NP_CONSUMES_YES) : json_null());
	put(&object, "hinted_pages", fact(&probe->hinted));
	put(&object, "left_pages", fact(&probe->left));
	put(&object, "reason", known ? json_null() : text(probe->why ? probe->why : "not tested"));
	return finish(&object);
}

static json_t *regime_object(const struct np_kernel_check *check)
{
	struct builder object = { json_object(), false }, probes = { json_array(), false };

	for (enum np_probe probe = 0; probe < NP_PROBES; probe++)
		append(&probes, probe_object(&check->probes[probe], probe));
	put(&object, "name", check->regime ? json_string(np_regime_name(check->regime)) : json_null());
	put(&object, "reason", text(check->regime_why));
	put(&object, "probes", finish(&probes));
	return finish(&object);
}

json_t *np_json_check(const struct np_snapshot *snapshot)
{
	static const char *const verdicts[] = {
		[NP_CHECK_CLEAN] = "clean", [NP_CHECK_AFFECTED] = "affected", [NP_CHECK_INCOMPLETE] = "unknown",
	};
	const struct np_kernel_check *check = snapshot->kernel_check;
	struct builder object = { json_object(), false };

	put(&object, "verdict", json_string(verdicts[np_check_verdict(check)]));
	put(&object, "quick", json_boolean(check->quick));
	put(&object, "strict", json_boolean(check->strict));
	put(&object, "elapsed_ns", count(check->elapsed_ns));
	put(&object, "tests", test_array(check));
	put(&object, "regime", regime_object(check));
	return finish(&object);
}
