/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Integers to the text that people read: sizes, shares, durations. */
#include "units.h"

#include <inttypes.h>
#include <stdio.h>

uint64_t np_pages_to_bytes(uint64_t pages, unsigned page_bytes)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(pages, (uint64_t)page_bytes, &bytes))
		return UINT64_MAX;
	return bytes;
}

/* bytes / 2^shift in tenths, to the nearest. The remainder has at most 60 bits, so ten of it fit. */
static uint64_t tenths_of(uint64_t bytes, unsigned shift)
{
	uint64_t remainder = bytes & ((UINT64_C(1) << shift) - 1);
	uint64_t half = UINT64_C(1) << (shift - 1);

	return (bytes >> shift) * 10 + ((remainder * 10 + half) >> shift);
}

void np_format_bytes(uint64_t bytes, bool exact, char ret[NP_UNITS_SIZE])
{
	static const char units[] = "MGTPE";
	uint64_t kibibytes = (bytes >> 10) + (bytes >> 9 & 1);
	unsigned shift = 20;
	size_t unit = 0;

	if (exact || bytes == 0) {
		snprintf(ret, NP_UNITS_SIZE, "%" PRIu64, bytes);
		return;
	}
	if (bytes < 1024) {
		snprintf(ret, NP_UNITS_SIZE, "%" PRIu64 "B", bytes);
		return;
	}
	if (kibibytes < 1024) {
		snprintf(ret, NP_UNITS_SIZE, "%" PRIu64 "K", kibibytes);
		return;
	}
	while (units[unit + 1] && tenths_of(bytes, shift) >= 10240) {
		shift += 10;
		unit++;
	}
	snprintf(ret, NP_UNITS_SIZE, "%" PRIu64 ".%" PRIu64 "%c", tenths_of(bytes, shift) / 10,
		 tenths_of(bytes, shift) % 10, units[unit]);
}

void np_format_percent(uint64_t part, uint64_t whole, char ret[NP_UNITS_SIZE])
{
	/* Counts of pages have at most 52 bits, but a report may hold any number. */
	while (whole > UINT64_MAX / 2048 || part > UINT64_MAX / 2048) {
		part >>= 1;
		whole >>= 1;
	}
	if (whole == 0) {
		ret[0] = '\0';
		return;
	}

	uint64_t permille = (part * 1000 + whole / 2) / whole;

	if (part > 0 && permille == 0)
		snprintf(ret, NP_UNITS_SIZE, "<0.1 %%");
	else if (part < whole && permille == 1000)
		snprintf(ret, NP_UNITS_SIZE, ">99.9 %%");
	else
		snprintf(ret, NP_UNITS_SIZE, "%" PRIu64 ".%" PRIu64 " %%", permille / 10, permille % 10);
}

void np_format_duration(uint64_t elapsed_ns, char ret[NP_UNITS_SIZE])
{
	uint64_t tenths_ms = elapsed_ns / 100000 + (elapsed_ns % 100000 >= 50000);
	uint64_t ms = elapsed_ns / 1000000 + (elapsed_ns % 1000000 >= 500000);
	uint64_t tenths_s = ms / 100 + (ms % 100 >= 50);

	if (tenths_ms == 0)
		snprintf(ret, NP_UNITS_SIZE, "<0.1 ms");
	else if (tenths_ms < 100)
		snprintf(ret, NP_UNITS_SIZE, "%" PRIu64 ".%" PRIu64 " ms", tenths_ms / 10, tenths_ms % 10);
	else if (ms < 10000)
		snprintf(ret, NP_UNITS_SIZE, "%" PRIu64 " ms", ms);
	else
		snprintf(ret, NP_UNITS_SIZE, "%" PRIu64 ".%" PRIu64 " s", tenths_s / 10, tenths_s % 10);
}

uint64_t np_rate(uint64_t change, uint64_t interval_ns)
{
	__extension__ unsigned __int128 rate = (unsigned __int128)change * 1000000000000 / interval_ns;

	return change && !rate ? 1 : (uint64_t)rate;
}

void np_format_rate(uint64_t thousandths, char ret[NP_UNITS_SIZE])
{
	uint64_t tenths = (thousandths + 50) / 100;

	if (thousandths == 0)
		snprintf(ret, NP_UNITS_SIZE, "0");
	else if (tenths == 0)
		snprintf(ret, NP_UNITS_SIZE, "<0.1");
	else if (tenths < 1000)
		snprintf(ret, NP_UNITS_SIZE, "%" PRIu64 ".%" PRIu64, tenths / 10, tenths % 10);
	else
		snprintf(ret, NP_UNITS_SIZE, "%" PRIu64, (thousandths + 500) / 1000);
}
