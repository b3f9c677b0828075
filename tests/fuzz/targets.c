// SPDX-License-Identifier: GPL-2.0-or-later
#include "targets.h"

const struct fuzz_target fuzz_targets[] = {
	{ "maps", fuzz_maps, 768 },
	{ "numa_maps", fuzz_numa_maps, 768 },
	{ "smaps", fuzz_smaps, 1280 },
	{ "zoneinfo", fuzz_zoneinfo, 1280 },
	{ "sched", fuzz_sched, 1024 },
	{ "status", fuzz_status, 768 },
	{ "stat", fuzz_stat, 512 },
	{ "statm", fuzz_statm, 128 },
	{ "vmstat", fuzz_vmstat, 768 },
	{ "mountinfo", fuzz_mountinfo, 768 },
	{ "list", fuzz_list, 128 },
	{ "choice", fuzz_choice, 128 },
	{ "meminfo", fuzz_meminfo, 768 },
	{ "distance", fuzz_distance, 128 },
	{ "btf", fuzz_btf, 1300 },
	{ "options", fuzz_options, 256 },
	{ "escape", fuzz_escape, 128 },
	{ "tables", fuzz_tables, 320 },
	{ "changing_tables", fuzz_changing_tables, 320 },
	{ "serve", fuzz_serve, 160 },
	{ "answers", fuzz_answers, 160 },
	{ NULL, NULL, 0 },
};
