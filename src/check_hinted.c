// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * With memory that the balancer has really hinted: what readers say of it (distorts), whether they take the hints away
 * (clears), and how get_user_pages() treats them (the regime).
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "check_say.h"
#include "defects.h"
#include "i18n.h"

#define SLICE_PAGES 256UL /* of the base area, one for each probe */
#define SLICES 8UL
#define BASE_PAGES ((uint64_t)SLICES * SLICE_PAGES)
#define HUGE_PAGES 2048
#define ATTEMPTS 3
#define PAUSE_NS 20000000
#define SCANS 2		     /* of the balancer; one may have come too early for an area */
#define BURN_NS 3000000000ULL /* of processor time; the first scan comes after about one second */

/* Nobody but the kernel can make hints, so make it likely: a process of two threads that burns, and does not touch. */
static int burn_until_hinted(struct np_checker *checker, struct np_subject *subject, uint64_t *ret_cpu_ns)
{
	const uint64_t arguments[4] = { checker->walker ? 1 : SCANS, BURN_NS };
	struct np_subject_answer answer;
	int result = 0;

	*ret_cpu_ns = 0;
	for (int i = 0; i < ATTEMPTS && !result; i++) {
		struct np_page_count count = { 0 };

		result = np_subject_do(subject, NP_SUBJECT_BURN, arguments, &answer);
		*ret_cpu_ns += answer.values[NP_BURN_CPU_NS];
		if (!result && !checker->walker)
			break;
		if (!result)
			result = np_count_pages(checker, subject, &subject->base, &count);
		if (count.inaccessible >= BASE_PAGES / 2)
			break;
	}
	return result;
}

static int touch(struct np_subject *subject, uint64_t start, uint64_t pages, uint64_t *ret_faults)
{
	const uint64_t arguments[4] = { start, pages };
	struct np_subject_answer answer = { 0 };
	int result = pages ? np_subject_do(subject, NP_SUBJECT_TOUCH, arguments, &answer) : 0;

	*ret_faults = answer.values[0];
	return result;
}

/* The regime: each probe reads a slice of its own; what it left of the hints is counted by the faults they cost. */

static const struct {
	enum np_probe probe;
	enum np_subject_command command;
} probes[] = {
	{ NP_PROBE_VM_READV, NP_SUBJECT_READ_VM },
	{ NP_PROBE_MEM, NP_SUBJECT_READ_MEM },
	{ NP_PROBE_POPULATE, NP_SUBJECT_POPULATE },
	{ NP_PROBE_KVM, NP_SUBJECT_RUN_GUEST },
};

static uint64_t slice_start(const struct np_checker *checker, const struct np_subject *subject, size_t slice)
{
	return subject->base.start + slice * SLICE_PAGES * checker->system->page_bytes;
}

static int set_why(char **why, const char *text)
{
	*why = strdup(text);
	return *why ? 0 : -ENOMEM;
}

static int probe_slice(struct np_checker *checker, struct np_subject *subject, size_t index, uint64_t control_faults)
{
	struct np_probe_result *probe = &checker->check->probes[probes[index].probe];
	const uint64_t arguments[4] = { slice_start(checker, subject, index), SLICE_PAGES };
	uint64_t faults;
	int result = np_subject_do(subject, probes[index].command, arguments, NULL);

	if (result == -EPIPE)
		return result;
	if (result == -EINVAL || result == -ENOSYS || result == -ENOTSUP)
		return set_why(&probe->why, N_("this kernel does not have it"));
	if (result)
		return set_why(&probe->why, strerror(-result));
	result = touch(subject, arguments[0], SLICE_PAGES, &faults);
	if (result)
		return result;
	probe->hinted = NP_FACT((int64_t)control_faults);
	probe->left = NP_FACT((int64_t)faults);
	/* Most went, or most stayed; what is in between is somebody else's doing: a scan just now, say. */
	if (faults <= control_faults / 4)
		probe->consumes = NP_CONSUMES_YES;
	else if (faults >= control_faults / 4 * 3)
		probe->consumes = NP_CONSUMES_NO;
	else
		return set_why(&probe->why, N_("some of the hints went, others stayed"));
	return 0;
}

/* *ret_hinted: the hints of a slice that is no probe's. */
static int run_probes(struct np_checker *checker, struct np_subject *subject, uint64_t *ret_hinted)
{
	uint64_t control_faults = 0;
	int result = touch(subject, slice_start(checker, subject, SLICES - 1), SLICE_PAGES, &control_faults);

	*ret_hinted = control_faults;
	for (size_t i = 0; !result && i < sizeof(probes) / sizeof(probes[0]); i++) {
		struct np_probe_result *probe = &checker->check->probes[probes[i].probe];

		if (probes[i].probe == NP_PROBE_KVM && !checker->with_kvm)
			result = set_why(&probe->why, N_("not asked for; --with-kvm would make it known"));
		else if (control_faults < SLICE_PAGES / 2)
			result = set_why(&probe->why, N_("the memory for it was not hinted"));
		else
			result = probe_slice(checker, subject, i, control_faults);
	}
	return result;
}

/* Clears: the subject is stopped, so nothing but the reader can take a hint away. */

static int count_hints(struct np_checker *checker, struct np_subject *subject, uint64_t *ret)
{
	struct np_page_count base = { 0 }, huge = { 0 };
	int result = np_count_pages(checker, subject, &subject->base, &base);

	if (!result && subject->huge.pages)
		result = np_count_pages(checker, subject, &subject->huge, &huge);
	*ret = base.inaccessible + huge.inaccessible;
	return result;
}

static int pause_and_count(struct np_checker *checker, struct np_subject *subject, uint64_t *ret)
{
	const struct timespec pause = { 0, PAUSE_NS };

	nanosleep(&pause, NULL);
	return count_hints(checker, subject, ret);
}

/* Compaction, say, moves hinted pages too, and puts them back as present ones: so that is looked for on either side. */
int np_clears_judge(struct np_check_test *test, const uint64_t counts[NP_HINT_COUNTS])
{
	uint64_t before = counts[NP_HINTS_BEFORE], after = counts[NP_HINTS_AFTER];
	uint64_t control = counts[NP_HINTS_AT_REST] - before + after - counts[NP_HINTS_AT_LAST];

	test->expected_pages = NP_FACT((int64_t)before);
	test->got_pages = NP_FACT((int64_t)after);
	test->control_pages = NP_FACT((int64_t)control);
	if (control)
		return np_check_unknown(test, N_("hints went away from a stopped process by themselves"));
	if (!before)
		return np_check_unknown(test, N_("no hints were left to be cleared"));
	test->result = after < before ? NP_CHECK_FAILS : NP_CHECK_PASSES;
	return 0;
}

static int test_clears(struct np_checker *checker, struct np_subject *subject, const char *name)
{
	struct np_check_test *test = np_check_add(checker->check, NP_CHECK_CLEARS, name, NP_MEMORY_HINTED);
	const struct np_reader *reader = np_reader_find(name, strlen(name));
	unsigned page_bytes = checker->system->page_bytes;
	const struct np_span_addr spans[] = {
		{ subject->base.start, subject->base.start + subject->base.pages * page_bytes },
		{ subject->huge.start, subject->huge.start + subject->huge.pages * page_bytes },
	};
	const struct np_reading reading = np_check_reading(checker, subject, spans, 2);
	struct np_read read = { 0 };
	uint64_t counts[NP_HINT_COUNTS];
	int result = test ? count_hints(checker, subject, &counts[NP_HINTS_AT_REST]) : -ENOMEM, error;

	if (!result)
		result = pause_and_count(checker, subject, &counts[NP_HINTS_BEFORE]);
	if (result)
		return result;
	error = reader->read(reader, &reading, &read);
	np_read_free(&read);
	if (error)
		return np_check_no_reader(checker, test, error);
	result = count_hints(checker, subject, &counts[NP_HINTS_AFTER]);
	if (!result)
		result = pause_and_count(checker, subject, &counts[NP_HINTS_AT_LAST]);
	return result ? result : np_clears_judge(test, counts);
}

/* process_vm_readv is no reader that only looks: it touches in the target's name, and is told of by the regime. */
static bool touches(const char *reader)
{
	return strcmp(reader, "process_vm_readv") == 0;
}

static int all_clears_unknown(struct np_checker *checker, const char *why)
{
	for (const char *const *reader = np_check_disturbers; *reader; reader++) {
		struct np_check_test *test;

		if (touches(*reader))
			continue;
		test = np_check_add(checker->check, NP_CHECK_CLEARS, *reader, NP_MEMORY_HINTED);
		if (!test || np_check_unknown(test, "page tables can't be read: %s", why) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int test_all_clears(struct np_checker *checker, struct np_subject *subject)
{
	int result;

	if (!checker->walker)
		return all_clears_unknown(checker, checker->why_no_walker);
	result = np_subject_freeze(subject);
	for (const char *const *reader = np_check_disturbers; *reader && !result; reader++)
		if (!touches(*reader))
			result = test_clears(checker, subject, *reader);
	return result ? result : np_subject_thaw(subject);
}

static const char *not_hinted(void)
{
	return N_("the balancer hinted none of it; another run might make it known");
}

static int all_unknown(struct np_checker *checker, const char *why)
{
	int result = np_sayings_unknown(checker, NP_MEMORY_HINTED, why);

	if (!result)
		result = np_sayings_unknown(checker, NP_MEMORY_HINTED_THP, why);
	if (!result)
		result = np_check_all_unknown(checker, NP_CHECK_CLEARS, why);
	for (size_t i = 0; i < NP_PROBES && !result; i++)
		result = set_why(&checker->check->probes[i].why, why);
	return result;
}

/*
 * Each area by two looks, between which it alone lost its hints, by being touched: some readers speak of the whole
 * process. The faults of touching say whether there were hints, without page tables too.
 */
static int test_huge(struct np_checker *checker, struct np_subject *subject, uint64_t *ret_faults)
{
	const struct np_area *area = &subject->huge;
	struct np_sayings hinted, plain;
	int result;

	if (!area->pages)
		return np_sayings_unknown(checker, NP_MEMORY_HINTED_THP, np_no_huge_page());
	result = np_sayings_take(checker, subject, area, &hinted);
	if (!result)
		result = touch(subject, area->start, area->pages, ret_faults);
	if (!result)
		result = np_sayings_take(checker, subject, area, &plain);
	if (result)
		return result;
	return *ret_faults ? np_sayings_judge(checker, NP_MEMORY_HINTED_THP, area->pages, &plain, &hinted) :
			     np_sayings_unknown(checker, NP_MEMORY_HINTED_THP, not_hinted());
}

static int test_base(struct np_checker *checker, struct np_subject *subject, uint64_t *ret_faults)
{
	const struct np_area *area = &subject->base;
	struct np_sayings hinted, plain;
	uint64_t left = 0;
	int result = np_sayings_take(checker, subject, area, &hinted);

	if (!result)
		result = run_probes(checker, subject, ret_faults);
	if (!result) /* what no probe has touched */
		result = touch(subject, area->start, area->pages, &left);
	if (!result)
		result = np_sayings_take(checker, subject, area, &plain);
	*ret_faults += left;
	if (result)
		return result;
	return *ret_faults ? np_sayings_judge(checker, NP_MEMORY_HINTED, area->pages, &plain, &hinted) :
			     np_sayings_unknown(checker, NP_MEMORY_HINTED, not_hinted());
}

/*
 * process_vm_readv does not only look, it touches in the process's name: what it clears is by the design of this
 * kernel's regime, and told with it.
 */
static int test_touching(struct np_checker *checker)
{
	const struct np_probe_result *probe = &checker->check->probes[NP_PROBE_VM_READV];
	struct np_check_test *test =
		np_check_add(checker->check, NP_CHECK_CLEARS, np_probe_name(NP_PROBE_VM_READV), NP_MEMORY_HINTED);

	if (!test)
		return -ENOMEM;
	test->expected_pages = probe->hinted;
	test->got_pages = probe->left;
	if (probe->consumes == NP_CONSUMES_UNKNOWN)
		return np_check_unknown(test, "%s", probe->why);
	test->result = probe->consumes == NP_CONSUMES_YES ? NP_CHECK_COSTS : NP_CHECK_PASSES;
	return 0;
}

static int test_subject(struct np_checker *checker, struct np_subject *subject)
{
	uint64_t hints = 0, base_faults = 0, huge_faults = 0, cpu_ns;
	int result = burn_until_hinted(checker, subject, &cpu_ns);

	if (!result && checker->walker)
		result = count_hints(checker, subject, &hints);
	if (!result && checker->walker && !hints) {
		checker->why_no_hints = np_why_not_hinted(checker, cpu_ns);
		return checker->why_no_hints ? all_unknown(checker, checker->why_no_hints) : -ENOMEM;
	}
	if (!result)
		result = test_all_clears(checker, subject);
	if (!result)
		result = test_huge(checker, subject, &huge_faults);
	if (!result)
		result = test_base(checker, subject, &base_faults);
	if (!result)
		result = test_touching(checker);
	if (!result && !base_faults && !huge_faults) {
		checker->why_no_hints = np_why_not_hinted(checker, cpu_ns);
		result = checker->why_no_hints ? 0 : -ENOMEM;
	}
	return result;
}

int np_check_hinted(struct np_checker *checker)
{
	const struct np_subject_plan plan = { BASE_PAGES, HUGE_PAGES, true, checker->subject_cpu };
	struct np_subject subject = { 0 };
	int result;

	if (checker->why_no_hints)
		return all_unknown(checker, checker->why_no_hints);
	np_check_step(checker, "%s", _("waiting for the balancer to hint memory"));
	result = np_subject_start(&plan, &subject);
	if (!result)
		result = test_subject(checker, &subject);
	np_subject_stop(&subject);
	return result;
}
