/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of the kernel, with all their samples. */
#include "replay_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_check.h"
#include "i18n.h"
#include "state.h"

#define PAGES_MOST ((int64_t)NP_RUN_PAGES_MOST)

#define AT(type, member) .offset = offsetof(struct type, member)
#define SAMPLE(member) { .key = #member, .read = np_field_fact, AT(np_check_sample, member), .flags = NP_FIELD_NULL }

static const struct np_field sample_fields[] = {
	{ .key = "round", .read = np_field_unsigned, AT(np_check_sample, round) },
	{ .key = "reader", .read = np_field_name, AT(np_check_sample, reader) },
	SAMPLE(reads), SAMPLE(hints), SAMPLE(faults), SAMPLE(scans),
	SAMPLE(cpu_ns), SAMPLE(maps), SAMPLE(wait_ns), SAMPLE(worst_ns),
	NP_FIELD_END,
};

static const struct np_field estimate_fields[] = {
	{ .key = "value", .read = np_field_real, AT(np_estimate, value) },
	{ .key = "low", .read = np_field_real, AT(np_estimate, low) },
	{ .key = "high", .read = np_field_real, AT(np_estimate, high) },
	{ .key = "p", .read = np_field_real, AT(np_estimate, p) },
	NP_FIELD_END,
};

static int read_estimate(struct np_replay *replay, const struct np_json *value,
			 const struct np_field *field __attribute__((unused)), void *ret)
{
	struct np_estimate *estimate = ret;

	estimate->known = true;
	return np_replay_object(replay, value, estimate_fields, estimate);
}

/* Words in the order of their enumeration, which the names of check.h are in. */
static const char *const effects[] = { "distorts", "clears", "causes", "stalls", "loses-scans", NULL };
static const char *const memories[] = { "protnone", "protnone-thp", "hinted", "hinted-thp", NULL };
static const char *const results[] = { "passes", "fails", "costs", "unknown", "absent", NULL };
static const char *const regimes[] = { "unknown", "foll-numa", "blind", "honor-all", "honor-kvm", NULL };
static const char *const accesses[] = { "process_vm_readv", "MADV_POPULATE_READ", "/proc/self/mem", "KVM", NULL };

#define PAGES(type, key_, member)                                                                                 \
	{ .key = (key_), .read = np_field_fact, AT(type, member), .flags = NP_FIELD_NULL, .most = PAGES_MOST }

static const struct np_field test_fields[] = {
	{ .key = "name", .read = np_field_sentence, AT(np_check_test, name) },
	{ .key = "effect", .read = np_field_choice, AT(np_check_test, effect), .words = effects },
	{ .key = "reader", .read = np_field_name, AT(np_check_test, reader) },
	{ .key = "memory", .read = np_field_choice, AT(np_check_test, memory), .flags = NP_FIELD_NULL,
	  .words = memories },
	{ .key = "verdict", .read = np_field_choice, AT(np_check_test, result), .words = results },
	PAGES(np_check_test, "expected_pages", expected_pages),
	PAGES(np_check_test, "got_pages", got_pages),
	PAGES(np_check_test, "control_pages", control_pages),
	{ .key = "cause", .read = np_field_name, AT(np_check_test, cause), .flags = NP_FIELD_NULL },
	{ .key = "reason", .read = np_field_sentence, AT(np_check_test, why), .flags = NP_FIELD_NULL },
	{ .key = "size", .read = read_estimate, AT(np_check_test, estimate), .flags = NP_FIELD_NULL },
	{ .key = "samples", .read = np_field_array, AT(np_check_test, samples), .fields = sample_fields,
	  .count_offset = offsetof(struct np_check_test, sample_count), .item_bytes = sizeof(struct np_check_sample) },
	NP_FIELD_END,
};

/* What the view takes for granted. */
static int read_test(struct np_replay *replay, const struct np_json *value,
		     const struct np_field *field __attribute__((unused)), void *ret)
{
	struct np_check_test *test = ret;
	int result;

	test->memory = NP_MEMORY_ANY;
	result = np_replay_object(replay, value, test_fields, test);
	if (!result && test->effect == NP_CHECK_DISTORTS && test->memory == NP_MEMORY_ANY)
		result = np_replay_at(replay, "memory", np_replay_wrong(replay, _("missing")));
	if (!result && test->result == NP_CHECK_UNKNOWN && !test->why)
		result = np_replay_at(replay, "reason", np_replay_wrong(replay, _("missing")));
	return result;
}

struct probe {
	int access;
	struct np_probe_result result;
};

static int read_consumes(struct np_replay *replay, const struct np_json *value, const struct np_field *field, void *ret)
{
	bool consumes = false;
	int result = np_field_bool(replay, value, field, &consumes);

	if (!result)
		*(enum np_consumes *)ret = consumes ? NP_CONSUMES_YES : NP_CONSUMES_NO;
	return result;
}

static const struct np_field probe_fields[] = {
	{ .key = "access", .read = np_field_choice, AT(probe, access), .words = accesses },
	{ .key = "consumes", .read = read_consumes, AT(probe, result.consumes), .flags = NP_FIELD_NULL },
	PAGES(probe, "hinted_pages", result.hinted),
	PAGES(probe, "left_pages", result.left),
	{ .key = "reason", .read = np_field_sentence, AT(probe, result.why), .flags = NP_FIELD_NULL },
	NP_FIELD_END,
};

/* An item of an array that is kept by its access; a report has each once. */
static int read_probe(struct np_replay *replay, const struct np_json *value, struct np_kernel_check *check)
{
	struct probe probe = { .result = { .consumes = NP_CONSUMES_UNKNOWN } };
	int result = np_replay_object(replay, value, probe_fields, &probe);

	if (!result) {
		free(check->probes[probe.access].why);
		check->probes[probe.access] = probe.result;
	} else {
		free(probe.result.why);
	}
	return result;
}

static int read_probes(struct np_replay *replay, const struct np_json *value,
		       const struct np_field *field __attribute__((unused)), void *ret)
{
	int result = np_replay_expect(replay, value, NP_JSON_ARRAY);

	for (size_t i = 0; !result && i < np_json_count(value); i++)
		result = np_replay_at_item(replay, i, read_probe(replay, np_json_item(value, i), ret));
	return result;
}

static const struct np_field regime_fields[] = {
	{ .key = "name", .read = np_field_choice, AT(np_kernel_check, regime), .flags = NP_FIELD_NULL, .words = regimes },
	{ .key = "reason", .read = np_field_sentence, AT(np_kernel_check, regime_why), .flags = NP_FIELD_NULL },
	{ .key = "probes", .read = read_probes },
	NP_FIELD_END,
};

static const struct np_field check_fields[] = {
	{ .key = "quick", .read = np_field_bool, AT(np_kernel_check, quick) },
	{ .key = "strict", .read = np_field_bool, AT(np_kernel_check, strict) },
	{ .key = "elapsed_ns", .read = np_field_count, AT(np_kernel_check, elapsed_ns) },
	{ .key = "tests", .read = np_field_array, AT(np_kernel_check, tests), .read_item = read_test,
	  .most = NP_REPLAY_TESTS_MOST,
	  .count_offset = offsetof(struct np_kernel_check, test_count), .item_bytes = sizeof(struct np_check_test) },
	{ .key = "regime", .read = np_field_object, .fields = regime_fields },
	NP_FIELD_END,
};

int np_field_kernel_check(struct np_replay *replay, const struct np_json *value,
			  const struct np_field *field __attribute__((unused)), void *ret)
{
	struct np_kernel_check *check = np_check_create();

	if (!check)
		return -ENOMEM;
	*(struct np_kernel_check **)ret = check; /* the snapshot frees it, filled or not */
	return np_replay_object(replay, value, check_fields, check);
}
