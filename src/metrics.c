/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Families of metrics, one table; and what prints their samples. */
#include "metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "escape.h"
#include "quickcheck.h"
#include "units.h"

/* Where samples go, and the first reason why one could not be made. */
struct printer {
	const struct np_snapshot *snapshot;
	FILE *out;
	int error;
};

struct family {
	const char *name, *unit, *help; /* unit "": none; the name ends with it */
	void (*print)(struct printer *printer, const struct family *family);
	size_t offset;	  /* of a fact of struct np_target */
	const char *fact; /* what numaprobe_unknown calls it */
};

/* A label's value between quotes. A text that others chose is escaped twice: for eyes, and for the format. */
static void print_value(struct printer *printer, const char *bytes)
{
	char *text = np_escape(bytes, true);

	if (!text) {
		printer->error = -ENOMEM;
		return;
	}
	for (const char *at = text; *at; at++) {
		if (*at == '\\' || *at == '"')
			fputc('\\', printer->out);
		fputc(*at, printer->out);
	}
	free(text);
}

static void print_label(struct printer *printer, const char *name, const char *value)
{
	fprintf(printer->out, "%s=\"", name);
	print_value(printer, value ? value : "");
	fputc('"', printer->out);
}

/* name{pid="1",command="init",node="0"} 4096 */
static void print_sample(struct printer *printer, const struct family *family, const struct np_target *target,
			 const char *label, const char *label_value, const char *second, const char *second_value,
			 uint64_t value)
{
	FILE *out = printer->out;

	fputs(family->name, out);
	if (target || label)
		fputc('{', out);
	if (target) {
		fprintf(out, "pid=\"%d\",", (int)target->pid);
		print_label(printer, "command", target->command);
	}
	if (label) {
		fputs(target ? "," : "", out);
		print_label(printer, label, label_value);
	}
	if (second) {
		fputc(',', out);
		print_label(printer, second, second_value);
	}
	fprintf(out, "%s %" PRIu64 "\n", target || label ? "}" : "", value);
}

/* A PID that was named twice is measured twice; a sample may be there once. */
static bool is_repeated(const struct np_snapshot *snapshot, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (snapshot->targets[i].pid == snapshot->targets[index].pid)
			return true;
	return false;
}

typedef void target_printer(struct printer *printer, const struct family *family, const struct np_target *target);

static void for_each_target(struct printer *printer, const struct family *family, bool readable_only,
			    target_printer *print)
{
	for (size_t i = 0; i < printer->snapshot->target_count; i++) {
		const struct np_target *target = &printer->snapshot->targets[i];

		if ((target->readable || !readable_only) && !is_repeated(printer->snapshot, i))
			print(printer, family, target);
	}
}

static uint64_t bytes_of(const struct printer *printer, uint64_t pages)
{
	return np_pages_to_bytes(pages, printer->snapshot->system.page_bytes);
}

static void print_info(struct printer *printer, const struct family *family)
{
	const struct np_system *system = &printer->snapshot->system;

	fprintf(printer->out, "%s{", family->name);
	print_label(printer, "version", printer->snapshot->version);
	fputc(',', printer->out);
	print_label(printer, "kernel", system->kernel);
	fputc(',', printer->out);
	print_label(printer, "machine", system->machine);
	fputs("} 1\n", printer->out);
}

static void print_taken(struct printer *printer, const struct family *family)
{
	struct tm utc = { 0 };
	const char *taken = printer->snapshot->taken;

	if (taken && strptime(taken, "%Y-%m-%dT%H:%M:%SZ", &utc))
		fprintf(printer->out, "%s %lld\n", family->name, (long long)timegm(&utc));
}

static void print_problems(struct printer *printer, const struct family *family)
{
	print_sample(printer, family, NULL, NULL, NULL, NULL, NULL, printer->snapshot->problem_count);
}

static void print_balancing(struct printer *printer, const struct family *family)
{
	const struct np_fact *mode = &printer->snapshot->system.numa_balancing;

	if (mode->known)
		fprintf(printer->out, "%s %" PRId64 "\n", family->name, mode->value);
}

static void print_checks(struct printer *printer, const struct family *family)
{
	for (const struct np_quick_test *test = np_quick_tests; test->name; test++) {
		enum np_effect effect = np_quick_effect(&printer->snapshot->check, test);

		if (effect != NP_EFFECT_NOT_TESTED)
			print_sample(printer, family, NULL, "test", test->name, NULL, NULL, effect == NP_EFFECT_YES);
	}
}

static void print_one_readable(struct printer *printer, const struct family *family, const struct np_target *target)
{
	print_sample(printer, family, target, NULL, NULL, NULL, NULL, target->readable);
}

static void print_readable(struct printer *printer, const struct family *family)
{
	for_each_target(printer, family, false, print_one_readable);
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

static void print_state(struct printer *printer, const struct family *family, const struct np_target *target,
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
		print_sample(printer, family, target, "node", number, "state", state, bytes_of(printer, pages));
	}
}

static void print_one_resident(struct printer *printer, const struct family *family, const struct np_target *target)
{
	bool known = np_tally_hints_known(&target->pages, printer->snapshot->system.node_count);

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (known || !states[i].needs_hints)
			print_state(printer, family, target, states[i].name, 1U << states[i].state);
	if (!known)
		print_state(printer, family, target, "accessible",
			    1U << NP_R_PRESENT | 1U << NP_R_HINTED | 1U << NP_R_ACCESSIBLE);
}

static void print_resident(struct printer *printer, const struct family *family)
{
	for_each_target(printer, family, true, print_one_resident);
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

static void print_counters(struct printer *printer, const struct family *family, const struct np_target *target,
			   const char *label, const struct counter *counters, size_t count)
{
	bool known = np_tally_hints_known(&target->pages, printer->snapshot->system.node_count);

	for (size_t i = 0; i < count; i++) {
		uint64_t pages;

		memcpy(&pages, (const char *)&target->pages + counters[i].offset, sizeof(pages));
		if (known || !counters[i].needs_hints)
			print_sample(printer, family, target, label, counters[i].name, NULL, NULL,
				     bytes_of(printer, pages));
	}
}

static void print_one_other(struct printer *printer, const struct family *family, const struct np_target *target)
{
	print_counters(printer, family, target, "state", other_states, sizeof(other_states) / sizeof(other_states[0]));
}

static void print_other(struct printer *printer, const struct family *family)
{
	for_each_target(printer, family, true, print_one_other);
}

static void print_one_huge(struct printer *printer, const struct family *family, const struct np_target *target)
{
	print_counters(printer, family, target, "kind", huge_kinds, sizeof(huge_kinds) / sizeof(huge_kinds[0]));
}

static void print_huge(struct printer *printer, const struct family *family)
{
	for_each_target(printer, family, true, print_one_huge);
}

static void print_one_unread(struct printer *printer, const struct family *family, const struct np_target *target)
{
	print_sample(printer, family, target, NULL, NULL, NULL, NULL, bytes_of(printer, target->pages.unknown));
}

static void print_unread(struct printer *printer, const struct family *family)
{
	for_each_target(printer, family, true, print_one_unread);
}

static const struct np_fact *fact_of(const struct family *family, const struct np_target *target)
{
	return (const struct np_fact *)(const void *)((const char *)target + family->offset);
}

static void print_one_fact(struct printer *printer, const struct family *family, const struct np_target *target)
{
	const struct np_fact *fact = fact_of(family, target);

	if (!fact->known)
		return;
	fprintf(printer->out, "%s{pid=\"%d\",", family->name, (int)target->pid);
	print_label(printer, "command", target->command);
	fprintf(printer->out, "} %" PRId64 "\n", fact->value);
}

static void print_fact(struct printer *printer, const struct family *family)
{
	for_each_target(printer, family, false, print_one_fact);
}

static void print_one_migrated(struct printer *printer, const struct family *family, const struct np_target *target)
{
	if (target->pages_migrated.known)
		print_sample(printer, family, target, NULL, NULL, NULL, NULL,
			     bytes_of(printer, (uint64_t)target->pages_migrated.value));
}

static void print_migrated(struct printer *printer, const struct family *family)
{
	for_each_target(printer, family, false, print_one_migrated);
}

static void print_one_look(struct printer *printer, const struct family *family, const struct np_target *target)
{
	uint64_t elapsed_ns = target->source.elapsed_ns;

	fprintf(printer->out, "%s{pid=\"%d\",", family->name, (int)target->pid);
	print_label(printer, "command", target->command);
	fputc(',', printer->out);
	print_label(printer, "source", target->source.name);
	fprintf(printer->out, "} %" PRIu64 ".%09" PRIu64 "\n", elapsed_ns / 1000000000, elapsed_ns % 1000000000);
}

static void print_look(struct printer *printer, const struct family *family)
{
	for_each_target(printer, family, true, print_one_look);
}

static void print_unknown(struct printer *printer, const struct family *family);

#define FACT(member) offsetof(struct np_target, member), #member

static const struct family families[] = {
	{ "numaprobe_info", "", "Version of numaprobe, and the kernel that it looked at.", print_info, 0, NULL },
	{ "numaprobe_taken_timestamp_seconds", "seconds", "When numaprobe looked, in seconds since 1970.", print_taken, 0,
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
	{ "numaprobe_unknown", "", "1 for each figure that is not known; it has no sample of its own.", print_unknown, 0,
	  NULL },
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

static void print_one_unknown(struct printer *printer, const struct family *family, const struct np_target *target)
{
	size_t node_count = printer->snapshot->system.node_count;

	if (!target->readable)
		print_sample(printer, family, target, "fact", "pages", NULL, NULL, 1);
	else if (!np_tally_hints_known(&target->pages, node_count))
		print_sample(printer, family, target, "fact", "hinted", NULL, NULL, 1);
	for (size_t i = 0; i < FAMILIES; i++)
		if (families[i].fact && !fact_of(&families[i], target)->known)
			print_sample(printer, family, target, "fact", families[i].fact, NULL, NULL, 1);
}

static void print_unknown(struct printer *printer, const struct family *family)
{
	for_each_target(printer, family, false, print_one_unknown);
	if (!printer->snapshot->system.numa_balancing.known)
		print_sample(printer, family, NULL, "fact", "numa_balancing", NULL, NULL, 1);
	for (const struct np_quick_test *test = np_quick_tests; test->name; test++)
		if (np_quick_effect(&printer->snapshot->check, test) == NP_EFFECT_NOT_TESTED)
			print_sample(printer, family, NULL, "fact", test->name, NULL, NULL, 1);
}

int np_metrics_write(const struct np_snapshot *snapshot, FILE *out)
{
	struct printer printer = { snapshot, out, 0 };

	for (size_t i = 0; i < FAMILIES; i++) {
		fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", families[i].name, families[i].help, families[i].name);
		if (*families[i].unit)
			fprintf(out, "# UNIT %s %s\n", families[i].name, families[i].unit);
		families[i].print(&printer, &families[i]);
	}
	fputs("# EOF\n", out);
	if (!printer.error && ferror(out))
		printer.error = -EIO;
	return printer.error;
}
