/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --compare found, as metrics: what files say, beside what page tables say. */
#include "metrics_family.h"

static bool has_comparisons(const struct np_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->target_count; i++)
		if (snapshot->targets[i].comparison_count || snapshot->targets[i].read_effect_count)
			return true;
	return false;
}

#define ROW_LABELS(row) "file", (row)->name, "field", (row)->field

static void print_one_said(struct np_printer *printer, const struct np_family *family, const struct np_target *target)
{
	for (size_t i = 0; i < target->comparison_count; i++) {
		const struct np_comparison *row = &target->comparisons[i];

		if (row->pages.known)
			np_print_count(printer, family, target, NP_LABELS(ROW_LABELS(row)),
				       np_printer_bytes(printer, (uint64_t)row->pages.value));
	}
}

static void print_said(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_said);
}

static void print_one_bracket(struct np_printer *printer, const struct np_family *family,
			      const struct np_target *target)
{
	for (size_t i = 0; i < target->comparison_count; i++) {
		const struct np_comparison *row = &target->comparisons[i];

		if (row->verdict == NP_VERDICT_UNKNOWN)
			continue;
		np_print_count(printer, family, target, NP_LABELS(ROW_LABELS(row), "bound", "low"),
			       np_printer_bytes(printer, row->low));
		np_print_count(printer, family, target, NP_LABELS(ROW_LABELS(row), "bound", "high"),
			       np_printer_bytes(printer, row->high));
	}
}

static void print_bracket(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_bracket);
}

static void print_one_difference(struct np_printer *printer, const struct np_family *family,
				 const struct np_target *target)
{
	for (size_t i = 0; i < target->comparison_count; i++) {
		const struct np_comparison *row = &target->comparisons[i];
		int64_t page_bytes = printer->snapshot->system.page_bytes;

		if (row->verdict != NP_VERDICT_UNKNOWN)
			np_print_integer(printer, family, target, NP_LABELS(ROW_LABELS(row)),
					 row->difference_pages * page_bytes);
	}
}

static void print_difference(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_difference);
}

static void print_one_agrees(struct np_printer *printer, const struct np_family *family,
			     const struct np_target *target)
{
	for (size_t i = 0; i < target->comparison_count; i++) {
		const struct np_comparison *row = &target->comparisons[i];

		if (row->verdict != NP_VERDICT_UNKNOWN)
			np_print_count(printer, family, target, NP_LABELS(ROW_LABELS(row)), row->verdict == NP_AGREES);
	}
}

static void print_agrees(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_agrees);
}

static void print_one_time(struct np_printer *printer, const struct np_family *family, const struct np_target *target)
{
	for (size_t i = 0; i < target->read_effect_count; i++)
		np_print_real(printer, family, target, NP_LABELS("reader", target->read_effects[i].reader),
			      (double)target->read_effects[i].elapsed_ns / 1e9);
}

static void print_times(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_time);
}

static void print_one_hinted(struct np_printer *printer, const struct np_family *family,
			     const struct np_target *target)
{
	for (size_t i = 0; i < target->read_effect_count; i++)
		np_print_count(printer, family, target, NP_LABELS("reader", target->read_effects[i].reader),
			       np_printer_bytes(printer, target->read_effects[i].hinted_before));
}

static void print_hinted(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_hinted);
}

static void print_one_cleared(struct np_printer *printer, const struct np_family *family,
			      const struct np_target *target)
{
	for (size_t i = 0; i < target->read_effect_count; i++)
		np_print_count(printer, family, target, NP_LABELS("reader", target->read_effects[i].reader),
			       np_printer_bytes(printer, target->read_effects[i].cleared));
}

static void print_cleared(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_cleared);
}

static void print_one_clears(struct np_printer *printer, const struct np_family *family,
			     const struct np_target *target)
{
	for (size_t i = 0; i < target->read_effect_count; i++)
		if (target->read_effects[i].clears != NP_EFFECT_NOT_TESTED)
			np_print_count(printer, family, target, NP_LABELS("reader", target->read_effects[i].reader),
				       target->read_effects[i].clears == NP_EFFECT_YES);
}

static void print_clears(struct np_printer *printer, const struct np_family *family)
{
	np_print_targets(printer, family, true, print_one_clears);
}

static void print_one_unknown(struct np_printer *printer, const struct np_family *family,
			      const struct np_target *target)
{
	for (size_t i = 0; i < target->comparison_count; i++) {
		const struct np_comparison *row = &target->comparisons[i];

		if (row->verdict == NP_VERDICT_UNKNOWN)
			np_print_count(printer, family, target, NP_LABELS("fact", "comparison", ROW_LABELS(row)), 1);
	}
}

static void print_unknown(struct np_printer *printer, const struct np_family *unknown)
{
	np_print_targets(printer, unknown, true, print_one_unknown);
}

static const struct np_family families[] = {
	{ "numaprobe_comparison_said_bytes", "bytes", "What a file of the kernel says of the process.", print_said, 0,
	  NULL },
	{ "numaprobe_comparison_page_tables_bytes", "bytes",
	  "What the page tables say of the same, just before and just after: the lesser and the greater figure.",
	  print_bracket, 0, NULL },
	{ "numaprobe_comparison_difference_bytes", "bytes",
	  "How far the file is from the nearer of these two; less than 0 where it says too little.", print_difference, 0,
	  NULL },
	{ "numaprobe_comparison_agrees", "", "1 if the file agrees with the page tables, or 0.", print_agrees, 0, NULL },
	{ "numaprobe_read_seconds", "seconds", "How long it took to read the file, or to ask.", print_times, 0, NULL },
	{ "numaprobe_read_hinted_bytes", "bytes", "Memory of the process that was NUMA-hinted before that.", print_hinted,
	  0, NULL },
	{ "numaprobe_read_cleared_bytes", "bytes", "The part of it that was not any more after that, for whatever reason.",
	  print_cleared, 0, NULL },
	{ "numaprobe_read_clears", "",
	  "1 if reading took hints away from a stopped process, or 0; no sample if it was not tested.", print_clears, 0,
	  NULL },
};

const struct np_family_set np_metrics_of_compare = {
	families, sizeof(families) / sizeof(families[0]), has_comparisons, print_unknown,
};
