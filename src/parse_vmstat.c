/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/vmstat: the counters of NUMA balancing, and of tiering. */
#include "parse_vmstat.h"

#include <errno.h>

#include "parse_keys.h"

#define COUNTER(name) { #name, offsetof(struct np_vmstat, name), NP_UNIT_NONE }

static const struct np_key vmstat_keys[] = {
	COUNTER(numa_pte_updates),	 COUNTER(numa_huge_pte_updates), COUNTER(numa_hint_faults),
	COUNTER(numa_hint_faults_local), COUNTER(numa_pages_migrated),	 COUNTER(pgpromote_success),
	COUNTER(pgdemote_kswapd),	 COUNTER(pgdemote_direct),
};

int np_parse_vmstat(const char *text, size_t length, struct np_vmstat *ret)
{
	struct np_span rest = np_span_make(text, length), line;
	struct np_vmstat vmstat = { 0 };
	int err;

	if (!np_span_whole_lines(rest))
		return -EINVAL;
	while (np_take_line(&rest, &line)) {
		err = np_parse_key_line(line, ' ', vmstat_keys, NP_ARRAY_SIZE(vmstat_keys), &vmstat);
		if (err < 0)
			return err;
	}
	*ret = vmstat;
	return 0;
}
