/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots built by hand, for the tests of what renders them. Running out of memory ends the test. */
#ifndef NUMAPROBE_TESTS_SAMPLE_H
#define NUMAPROBE_TESTS_SAMPLE_H

#include <stdio.h>

#include "snapshot.h"
#include "view.h"

#define MIB_PAGES(mib) ((uint64_t)(mib) * 256) /* in pages of 4 KiB */

/* A 6.1.38 with these nodes of 64 GiB each, balancing on, smaps affected, and no targets. */
struct np_snapshot *sample_system(size_t node_count, const unsigned *numbers);

/* One more target: readable, read by bpf in 34 ms, without pages and mappings. Valid until the next one is added. */
struct np_target *sample_target(struct np_snapshot *snapshot, int pid, const char *command, int threads);

/* One more mapping of the target, without pages. Valid until the next one is added. */
struct np_mapping *sample_mapping(struct np_snapshot *snapshot, struct np_target *target, uint64_t start, uint64_t end,
				  const char *perms, const char *path);

/* The picture of the project's documentation: 2 nodes, hints, PROT_NONE, THP, swap. */
struct np_snapshot *sample_postgres(void);

/* The same with a pagemap source that could not tell hints. */
struct np_snapshot *sample_hints_unknown(void);

/* What --compare finds: a row of every kind, one with mappings, and a read. */
void sample_comparisons(struct np_target *target);

/* Grains of its mappings, of every look and node, near and far. Needs two nodes. */
void sample_grains(struct np_snapshot *snapshot, struct np_target *target);
/* What --experiment finds, with --freeze: effects of every verdict, one without an interval, and reads. */
void sample_experiment(struct np_target *target);

/* Two threads, one of which little is known. */
void sample_threads(struct np_target *target);

/* What --check-kernel finds: tests of every effect and result, with samples. */
void sample_kernel_check(struct np_snapshot *snapshot);

/* What a renderer prints on a FILE, as text; the caller frees it. */
/* One of tests/fixtures/reports/; *ret_path, where it is, is freed by the caller, or NULL. */
struct np_snapshot *sample_recorded(const char *name, char **ret_path);

typedef int sample_renderer(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out);
char *sample_render(sample_renderer *render, const struct np_snapshot *snapshot, const struct np_view *view);

/*
 * Fail unless the text is that of tests/unit/expected/<name>.txt, looked for below $srcdir, or here.
 * With NUMAPROBE_REGENERATE set the file is written instead: review the difference. Frees the text.
 */
void sample_expect(const char *name, char *text);
/* The same for a file of any path. */
void sample_expect_file(const char *path, char *text);

#endif
