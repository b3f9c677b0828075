// SPDX-License-Identifier: GPL-2.0-or-later
#include "targets.h"

const struct fuzz_target fuzz_targets[] = {
	{ "maps", fuzz_maps },
	{ "numa_maps", fuzz_numa_maps },
	{ "smaps", fuzz_smaps },
	{ "zoneinfo", fuzz_zoneinfo },
	{ "sched", fuzz_sched },
	{ "status", fuzz_status },
	{ "stat", fuzz_stat },
	{ "statm", fuzz_statm },
	{ "vmstat", fuzz_vmstat },
	{ "mountinfo", fuzz_mountinfo },
	{ "list", fuzz_list },
	{ "choice", fuzz_choice },
	{ "meminfo", fuzz_meminfo },
	{ "distance", fuzz_distance },
	{ "btf", fuzz_btf },
	{ "options", fuzz_options },
	{ "escape", fuzz_escape },
	{ "tables", fuzz_tables },
	{ "changing_tables", fuzz_changing_tables },
	{ "serve", fuzz_serve },
	{ "answers", fuzz_answers },
	{ "report", fuzz_report },
	{ "grains", fuzz_grains },
	{ NULL, NULL },
};
