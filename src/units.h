/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Integers to the text that people read: sizes, shares, durations. Nothing here depends on the locale. */
#ifndef NUMAPROBE_UNITS_H
#define NUMAPROBE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NP_UNITS_SIZE 24 /* enough for any text made here, its end included */

/* Bytes of so many base pages; UINT64_MAX where that is more than fits. */
uint64_t np_pages_to_bytes(uint64_t pages, unsigned page_bytes);

/*
 * "0", "512B", "824K", "64.0M", "12.1G": units of 1024, rounded to the nearest, one decimal from M on;
 * a number that rounds to 1024 of a unit is 1 of the next. exact: all bytes, "67108864".
 */
void np_format_bytes(uint64_t bytes, bool exact, char ret[NP_UNITS_SIZE]);

/*
 * "8.9 %": part of whole. Only nothing is 0.0 % and only everything is 100.0 %: what lies close to
 * them is "<0.1 %" or ">99.9 %". "" where whole is 0.
 */
void np_format_percent(uint64_t part, uint64_t whole, char ret[NP_UNITS_SIZE]);

/* Thousandths of a change by the second; only no change is 0. interval_ns: not 0. */
uint64_t np_rate(uint64_t change, uint64_t interval_ns);

/* Thousandths to "0", "<0.1", "0.3", "12.5", "1234": one decimal below 100; only nothing is 0. */
void np_format_rate(uint64_t thousandths, char ret[NP_UNITS_SIZE]);

/* "0.4 ms", "34 ms", "12.3 s" */
void np_format_duration(uint64_t elapsed_ns, char ret[NP_UNITS_SIZE]);

#endif
