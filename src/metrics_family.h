/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Families of metrics, and how their samples are printed: what all tables of families share. */
#ifndef NUMAPROBE_METRICS_FAMILY_H
#define NUMAPROBE_METRICS_FAMILY_H

#include <stdio.h>

#include "snapshot.h"

/* Where samples go, and the first reason why one could not be made: 0 or -ENOMEM. */
struct np_printer {
	const struct np_snapshot *snapshot;
	FILE *out;
	int error;
};

struct np_family {
	const char *name, *unit, *help; /* unit "": none; the name ends with it */
	void (*print)(struct np_printer *printer, const struct np_family *family);
	size_t offset;	  /* of a fact of struct np_target */
	const char *fact; /* what numaprobe_unknown calls it */
};

/* Families that belong together: all of them are printed where the snapshot has what they are about, or none. */
struct np_family_set {
	const struct np_family *families;
	size_t count;
	bool (*is_wanted)(const struct np_snapshot *snapshot);
	/* Samples of numaprobe_unknown, for each figure that has none of its own. */
	void (*print_unknown)(struct np_printer *printer, const struct np_family *unknown);
};

extern const struct np_family_set np_metrics_of_compare, np_metrics_of_experiment, np_metrics_of_check;

/*
 * One sample: name{pid="1",command="init",label="value"} 4096. target: NULL, or whose PID and command are the first
 * labels. labels: names and values in turn, which end with NULL in place of a name; a value of NULL is an empty one.
 */
void np_print_sample(struct np_printer *printer, const struct np_family *family, const struct np_target *target,
		     const char *const *labels, const char *number);
void np_print_count(struct np_printer *printer, const struct np_family *family, const struct np_target *target,
		    const char *const *labels, uint64_t number);
void np_print_integer(struct np_printer *printer, const struct np_family *family, const struct np_target *target,
		      const char *const *labels, int64_t number);
/* By a point whatever the locale, which the caller has to have set to "C"; infinite ones are, in the format's words. */
void np_print_real(struct np_printer *printer, const struct np_family *family, const struct np_target *target,
		   const char *const *labels, double number);

#define NP_LABELS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NP_NO_LABELS ((const char *const[]){ NULL })

typedef void np_target_printer(struct np_printer *printer, const struct np_family *family,
			       const struct np_target *target);

/* Each target once, though it was named twice: a sample may be there once only. */
void np_print_targets(struct np_printer *printer, const struct np_family *family, bool readable_only,
		      np_target_printer *print);

/* What and when: the samples of an info and of a timestamp. */
void np_print_info(struct np_printer *printer, const struct np_family *family);
void np_print_taken(struct np_printer *printer, const struct np_family *family);

uint64_t np_printer_bytes(const struct np_printer *printer, uint64_t pages);

#endif
