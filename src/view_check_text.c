// SPDX-License-Identifier: GPL-2.0-or-later
/* Yes, no or perhaps; then the size. */
#include "view_check_text.h"

#include <inttypes.h>

#include "i18n.h"
#include "units.h"
#include "view.h"

static char *clears_text(const struct np_check_test *test)
{
	int64_t before = test->expected_pages.value, gone = before - test->got_pages.value;

	if (test->result == NP_CHECK_PASSES)
		return np_view_text(_("no: all %" PRId64 " hinted pages still are"), before);
	if (test->result == NP_CHECK_COSTS)
		return np_view_text(_("yes, %" PRId64 " of %" PRId64 " hinted pages: it touches them in the process's name"),
			       gone, before);
	return np_view_text(_("yes, %" PRId64 " of %" PRId64 " hinted pages"), gone, before);
}

static double percent(double share)
{
	return 100 * share;
}

static uint64_t most_pages(const struct np_check_test *test)
{
	const struct np_check_sample *sample;
	uint64_t most = 0;

	for (size_t i = 0; (sample = np_check_own_sample(test, &i));) {
		const struct np_fact *pages = sample->hints.known ? &sample->hints : &sample->faults;

		if (pages->known && (uint64_t)pages->value > most)
			most = (uint64_t)pages->value;
	}
	return most;
}

static double mean_faults(const struct np_check_test *test)
{
	const struct np_check_sample *sample;
	double sum = 0;
	size_t count = 0;

	for (size_t i = 0; (sample = np_check_own_sample(test, &i));) {
		if (!sample->faults.known)
			continue;
		sum += (double)sample->faults.value;
		count++;
	}
	return count ? sum / (double)count : 0;
}

/* Windows of the reader's own, but for those in which the balancer did not come by. */
static size_t scan_count(const struct np_check_test *test)
{
	const struct np_check_sample *sample;
	size_t count = 0;

	for (size_t i = 0; (sample = np_check_own_sample(test, &i));)
		count += !sample->scans.known || sample->scans.value > 0;
	return count;
}

/* A bare "no" says nothing: how much could it be all the same? */
static char *causes_text(const struct np_check_test *test)
{
	const struct np_estimate *size = &test->estimate;

	if (test->result == NP_CHECK_COSTS)
		return np_view_text(_("yes: %.0f faults a scan, %.0f %% of pages (%.0f to %.0f %%)"), mean_faults(test),
				    percent(size->value), percent(size->low), percent(size->high));
	if (np_check_is_open(test))
		return np_view_text(_("perhaps: %.0f faults a scan, %.0f %% of pages (%.0f to %.0f %%); it may be chance (p = "
				      "%.2f)"), mean_faults(test), percent(size->value), percent(size->low),
				    percent(size->high), size->p);
	if (most_pages(test))
		return np_view_text(_("no: %.0f faults a scan (0 to %.0f %% of pages)"), mean_faults(test),
				    percent(size->high));
	return np_view_text(_("no: none in %zu scans (0 to %.0f %% of pages)"), scan_count(test), percent(size->high));
}

static uint64_t worst_wait_ns(const struct np_check_test *test)
{
	const struct np_check_sample *sample;
	uint64_t worst = 0;

	for (size_t i = 0; (sample = np_check_own_sample(test, &i));)
		if (sample->worst_ns.known && (uint64_t)sample->worst_ns.value > worst)
			worst = (uint64_t)sample->worst_ns.value;
	return worst;
}

static char *stalls_text(const struct np_check_test *test)
{
	const struct np_estimate *size = &test->estimate;
	int digits = size->value < 10;
	char worst[NP_UNITS_SIZE];

	np_format_duration(worst_wait_ns(test), worst);
	if (test->result == NP_CHECK_COSTS)
		return np_view_text(_("yes: mmap is %.*f times as slow (%.*f to %.*f), up to %s"), digits, size->value,
				    digits, size->low, digits, size->high, worst);
	if (np_check_is_open(test))
		return np_view_text(_("perhaps: mmap is %.1f times as slow (%.1f to %.1f); it may be chance (p = %.2f)"),
				    size->value, size->low, size->high, size->p);
	return np_view_text(_("no: %.1f times as long (%.1f to %.1f)"), size->value, size->low, size->high);
}

static char *loses_text(const struct np_check_test *test)
{
	const struct np_estimate *size = &test->estimate;

	if (test->result == NP_CHECK_COSTS)
		return np_view_text(_("yes: %.0f %% of the scans (%.0f to %.0f %%)"), percent(size->value),
				    percent(size->low), percent(size->high));
	if (np_check_is_open(test))
		return np_view_text(_("perhaps: %.0f %% of the scans (%.0f to %.0f %%); it may be chance (p = %.2f)"),
				    percent(size->value), percent(size->low), percent(size->high), size->p);
	if (size->value > 0)
		return np_view_text(_("no: %.0f %% of the scans (%.0f to %.0f %%), about as many as without it"),
				    percent(size->value), percent(size->low), percent(size->high));
	return np_view_text(_("no: none was lost (0 to %.0f %%)"), percent(size->high));
}

char *np_check_text(const struct np_check_test *test)
{
	static char *(*const texts[NP_CHECK_EFFECTS])(const struct np_check_test *test) = {
		[NP_CHECK_CLEARS] = clears_text,
		[NP_CHECK_CAUSES] = causes_text,
		[NP_CHECK_STALLS] = stalls_text,
		[NP_CHECK_LOSES] = loses_text,
	};

	return texts[test->effect](test);
}
