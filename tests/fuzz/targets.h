/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is fuzzed: one table for libFuzzer (fuzzer.c) and for replaying the corpus in `make check` (replay.c).
 * A target aborts where something is wrong that a sanitizer would not see.
 */
#ifndef NUMAPROBE_TESTS_FUZZ_TARGETS_H
#define NUMAPROBE_TESTS_FUZZ_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

typedef void fuzz_run(const uint8_t *data, size_t size);

struct fuzz_target {
	const char *name; /* and of its folder in corpus/ */
	fuzz_run *run;
	unsigned most_bytes; /* of an input: more would find no more, and cost time */
};

extern const struct fuzz_target fuzz_targets[]; /* ends with a NULL name */

fuzz_run fuzz_maps, fuzz_numa_maps, fuzz_smaps, fuzz_zoneinfo, fuzz_sched, fuzz_status, fuzz_stat, fuzz_statm,
	fuzz_vmstat, fuzz_mountinfo, fuzz_list, fuzz_pids, fuzz_controllers, fuzz_choice, fuzz_meminfo, fuzz_distance,
	fuzz_btf, fuzz_options, fuzz_escape, fuzz_tables, fuzz_changing_tables, fuzz_serve, fuzz_answers,
	fuzz_cgroup_mounts, fuzz_cgroup_paths, fuzz_claims, fuzz_frames, fuzz_grains, fuzz_report, fuzz_replay,
	fuzz_redact, fuzz_classify, fuzz_pagemap;

/* A view takes the characters that the locale has, as np_view_detect() finds them: so do the libraries below it. */
void fuzz_use_locale(bool utf8);

#define FUZZ_CHECK(true) ((true) ? (void)0 : abort())

#endif
