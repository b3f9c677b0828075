/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The families of metrics of processes, one table, and those of all else after them. */
#include "metrics.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "metrics_family.h"
#include "quickcheck.h"

/* A sample with up to two labels beside those of the process. */
static void print_sample(struct np_printer *printer, const struct np_family *family, const struct np_target *target,
			 const char *label, const char *label_value, const char *second, const char *second_value,
			 uint64_t value)
{
	np_print_count(printer, family, target, (const char *const[]){ label, label_value, second, second_value, NULL },
		       value);
}

static void print_problems(struct np_printer *printer, const struct np_family *family)
{
	print_sample(printer, family, NULL, NULL, NULL, NULL, NULL, printer->snapshot->problem_count);
}

static void print_balancing(struct np_printer *printer, const struct np_family *family)
{
	const struct np_fact *mode = &printer->snapshot->system.numa_balancing;

	if (mode->known)
		np_print_integer(printer, family, NULL, NP_NO_LABELS, mode->value);
}

static void print_checks(struct np_printer *printer, const struct np_family *family)
{
	for (const struct np_quick_test *test = np_quick_tests; test->name; test++) {
		enum np_effect effect = np_quick_effect(&printer->snapshot->check, test);

		if (effect != NP_EFFECT_NOT_TESTED)
			print_sample(printer, family, NULL, "test", test->name, NULL, NULL, effect == NP_EFFECT_YES);
	}
}

static void print_one_readable(struct np_printer *printer, const struct np_family *family,
			       const struct np_target *target)
{
	print_sample(printer, family, target, NULL, NULL, NULL, NULL, target->readable);
}

static void print_readable(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, false, print_one_readable);
}

static const struct {
	const char *name;
	enum np_resident state;
	bool needs_hints; /* told apart, or in the place of that */
} states[] = {
	{ "present", NP_R_PRESENT, true },
	{ "hinted", NP_R_HINTED, true },
	{ "protnone", NP_R_PROTNONE, false },
};

static void print_state(struct np_printer *printer, const struct np_family *family, const struct np_target *target,
			const char *state, unsigned mask)
{
	const struct np_system *system = &printer->snapshot->system;

	for (size_t node = 0; node <= system->node_count; node++) {
		char number[16] = "unknown";
		uint64_t pages = 0;

		for (unsigned i = 0; i < NP_R_STATES; i++)
			if (mask & 1U << i)
				pages += target->pages.by_node[i][node];
		if (node < system->node_count)
			snprintf(number, sizeof(number), "%u", system->nodes[node].number);
		else if (pages == 0)
			continue;
		print_sample(printer, family, target, "node", number, "state", state, np_printer_bytes(printer, pages));
	}
}

static void print_one_resident(struct np_printer *printer, const struct np_family *family,
			       const struct np_target *target)
{
	bool known = np_tally_hints_known(&target->pages, printer->snapshot->system.node_count);

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (known || !states[i].needs_hints)
			print_state(printer, family, target, states[i].name, 1U << states[i].state);
	if (!known)
		print_state(printer, family, target, "accessible",
			    1U << NP_R_PRESENT | 1U << NP_R_HINTED | 1U << NP_R_ACCESSIBLE);
}

static void print_resident(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_resident);
}

/* Counters of a tally, by the value of a label. */
struct counter {
	const char *name;
	size_t offset;
	bool needs_hints;
};

#define COUNTER(name_) { #name_, offsetof(struct np_tally, name_), false }

static const struct counter other_states[] = {
	COUNTER(swapped), COUNTER(zero),   COUNTER(special), COUNTER(migrating),
	COUNTER(device),  COUNTER(poisoned), COUNTER(marker), COUNTER(guard),
};

static const struct counter huge_kinds[] = {
	COUNTER(thp), COUNTER(hugetlb), { "hinted_thp", offsetof(struct np_tally, hinted_thp), true },
	COUNTER(protnone_thp),
};

static void print_counters(struct np_printer *printer, const struct np_family *family, const struct np_target *target,
			   const char *label, const struct counter *counters, size_t count)
{
	bool known = np_tally_hints_known(&target->pages, printer->snapshot->system.node_count);

	for (size_t i = 0; i < count; i++) {
		struct np_fact pages = np_tally_counter(&target->pages, counters[i].offset);

		if (pages.known && (known || !counters[i].needs_hints))
			print_sample(printer, family, target, label, counters[i].name, NULL, NULL,
				     np_printer_bytes(printer, (uint64_t)pages.value));
	}
}

static void print_one_other(struct np_printer *printer, const struct np_family *family, const struct np_target *target)
{
	print_counters(printer, family, target, "state", other_states, sizeof(other_states) / sizeof(other_states[0]));
}

static void print_other(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_other);
}

static void print_one_huge(struct np_printer *printer, const struct np_family *family, const struct np_target *target)
{
	print_counters(printer, family, target, "kind", huge_kinds, sizeof(huge_kinds) / sizeof(huge_kinds[0]));
}

static void print_huge(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_huge);
}

static void print_one_unread(struct np_printer *printer, const struct np_family *family, const struct np_target *target)
{
	print_sample(printer, family, target, NULL, NULL, NULL, NULL, np_printer_bytes(printer, target->pages.unknown));
}

static void print_unread(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_unread);
}

static const struct np_fact *fact_of(const struct np_family *family, const struct np_target *target)
{
	return (const struct np_fact *)(const void *)((const char *)target + family->offset);
}

static void print_one_fact(struct np_printer *printer, const struct np_family *family, const struct np_target *target)
{
	const struct np_fact *fact = fact_of(family, target);

	if (fact->known)
		np_print_integer(printer, family, target, NP_NO_LABELS, fact->value);
}

static void print_fact(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, false, print_one_fact);
}

static void print_one_migrated(struct np_printer *printer, const struct np_family *family,
			       const struct np_target *target)
{
	if (target->pages_migrated.known)
		print_sample(printer, family, target, NULL, NULL, NULL, NULL,
			     np_printer_bytes(printer, (uint64_t)target->pages_migrated.value));
}

static void print_migrated(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, false, print_one_migrated);
}

static void print_one_look(struct np_printer *printer, const struct np_family *family, const struct np_target *target)
{
	np_print_real(printer, family, target, NP_LABELS("source", target->source.name),
		      (double)target->source.elapsed_ns / 1e9);
}

static void print_look(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_look);
}

#define FACT(member) offsetof(struct np_target, member), #member

static const struct np_family families[] = {
	{ "numaprobe_info", "", "Version of numaprobe, and the kernel that it looked at.", np_print_info, 0, NULL },
	{ "numaprobe_taken_timestamp_seconds", "seconds", "When numaprobe looked, in seconds since 1970.", np_print_taken, 0,
	  NULL },
	{ "numaprobe_problems", "", "What numaprobe could not do; 0 if everything is known.", print_problems, 0, NULL },
	{ "numaprobe_balancing_mode", "", "kernel.numa_balancing: 0 off, bit 0 normal, bit 1 memory tiering.",
	  print_balancing, 0, NULL },
	{ "numaprobe_kernel_defect", "", "A test of the kernel: 1 fails, 0 passes; no sample if it was not made.",
	  print_checks, 0, NULL },
	{ "numaprobe_readable", "", "1 if the pages of the process could be read, or 0.", print_readable, 0, NULL },
	{ "numaprobe_resident_bytes", "bytes",
	  "Memory of the process on each node: present, NUMA-hinted, or under PROT_NONE; accessible is present or hinted.",
	  print_resident, 0, NULL },
	{ "numaprobe_nonresident_bytes", "bytes", "Address space with an entry, but without memory to be counted.",
	  print_other, 0, NULL },
	{ "numaprobe_unread_bytes", "bytes", "Address space whose state is not known.", print_unread, 0, NULL },
	{ "numaprobe_huge_bytes", "bytes", "The part of the resident memory that is mapped as huge pages.", print_huge, 0,
	  NULL },
	{ "numaprobe_threads", "", "Threads of the process.", print_fact, FACT(threads) },
	{ "numaprobe_preferred_node", "", "Node that the scheduler prefers for the main thread; -1: none.", print_fact,
	  FACT(preferred_node) },
	{ "numaprobe_scan_sequence", "", "How often NUMA balancing has been through the memory of the process.", print_fact,
	  FACT(scan_seq) },
	{ "numaprobe_migrated_bytes", "bytes", "Memory of the process that NUMA balancing has moved since it started.",
	  print_migrated, FACT(pages_migrated) },
	{ "numaprobe_look_seconds", "seconds", "How long it took to look at the process.", print_look, 0, NULL },
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

/* A check of the kernel is not of this moment: its metrics are in a file of their own, and have other names. */
static bool has_processes(const struct np_snapshot *snapshot)
{
	return !snapshot->kernel_check;
}

static void print_untold(struct np_printer *printer, const struct np_family *family, const struct np_target *target,
			 const struct counter *counters, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!np_tally_counter(&target->pages, counters[i].offset).known)
			print_sample(printer, family, target, "fact", counters[i].name, NULL, NULL, 1);
}

static void print_one_unknown(struct np_printer *printer, const struct np_family *family,
			      const struct np_target *target)
{
	size_t node_count = printer->snapshot->system.node_count;

	if (!target->readable)
		print_sample(printer, family, target, "fact", "pages", NULL, NULL, 1);
	else if (!np_tally_hints_known(&target->pages, node_count))
		print_sample(printer, family, target, "fact", "hinted", NULL, NULL, 1);
	print_untold(printer, family, target, other_states, sizeof(other_states) / sizeof(other_states[0]));
	print_untold(printer, family, target, huge_kinds, sizeof(huge_kinds) / sizeof(huge_kinds[0]));
	for (size_t i = 0; i < FAMILIES; i++)
		if (families[i].fact && !fact_of(&families[i], target)->known)
			print_sample(printer, family, target, "fact", families[i].fact, NULL, NULL, 1);
}

static void print_unknown(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, false, print_one_unknown);
	if (!printer->snapshot->system.numa_balancing.known)
		print_sample(printer, family, NULL, "fact", "numa_balancing", NULL, NULL, 1);
	for (const struct np_quick_test *test = np_quick_tests; test->name; test++)
		if (np_quick_effect(&printer->snapshot->check, test) == NP_EFFECT_NOT_TESTED)
			print_sample(printer, family, NULL, "fact", test->name, NULL, NULL, 1);
}

static const struct np_family_set metrics_of_processes = { families, FAMILIES, has_processes, print_unknown };

static const struct np_family_set *const sets[] = {
	&metrics_of_processes, &np_metrics_of_compare, &np_metrics_of_experiment, &np_metrics_of_check,
};

#define SETS (sizeof(sets) / sizeof(sets[0]))

/* Each family in one piece, so that of what is unknown comes last, from all sets. */
static void print_all_unknown(struct np_printer *printer, const struct np_family *family)
{
	for (size_t i = 0; i < SETS; i++)
		if (sets[i]->is_wanted(printer->snapshot))
			sets[i]->print_unknown(printer, family);
}

static const struct np_family unknown_family = {
	"numaprobe_unknown", "", "1 for each figure that is not known; it has no sample of its own.", print_all_unknown, 0,
	NULL,
};

static void print_family(struct np_printer *printer, const struct np_family *family)
{
	fprintf(printer->out, "# HELP %s %s\n# TYPE %s gauge\n", family->name, family->help, family->name);
	if (*family->unit)
		fprintf(printer->out, "# UNIT %s %s\n", family->name, family->unit);
	family->print(printer, family);
}

static void print_set(struct np_printer *printer, const struct np_family_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		print_family(printer, &set->families[i]);
}

/* The format has points in its numbers, whatever the user's language has. */
static int write_in(locale_t numbers, const struct np_snapshot *snapshot, FILE *out)
{
	struct np_printer printer = { snapshot, out, 0 };
	locale_t before = uselocale(numbers);

	for (size_t i = 0; i < SETS; i++)
		if (sets[i]->is_wanted(snapshot))
			print_set(&printer, sets[i]);
	print_family(&printer, &unknown_family);
	fputs("# EOF\n", out);
	uselocale(before);
	if (!printer.error && ferror(out))
		printer.error = -EIO;
	return printer.error;
}

int np_metrics_write(const struct np_snapshot *snapshot, FILE *out)
{
	locale_t numbers = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	int result;

	if (!numbers)
		return -ENOMEM;
	result = write_in(numbers, snapshot, out);
	freelocale(numbers);
	return result;
}
