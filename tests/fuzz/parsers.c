// SPDX-License-Identifier: GPL-2.0-or-later
/* The parsers: on failure nothing is written, on success everything can be freed. */
#include "targets.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "cgroup.h"
#include "escape.h"
#include "options.h"
#include "parse_choice.h"
#include "parse_list.h"
#include "parse_maps.h"
#include "parse_mountinfo.h"
#include "parse_node.h"
#include "parse_numa_maps.h"
#include "parse_pids.h"
#include "parse_sched.h"
#include "parse_smaps.h"
#include "parse_status.h"
#include "parse_vmstat.h"
#include "parse_zoneinfo.h"
#include "walk/btf.h"

struct four_facts {
	struct np_fact facts[4];
};

/* A parser as a target. call parses text of some length into ret. */
#define PARSER(name, type, call, free_it)                                           \
	void name(const uint8_t *data, size_t length)                               \
	{                                                                           \
		const char *text = (const char *)data;                              \
		struct {                                                            \
			type ret, before;                                           \
		} both;                                                             \
		type *const ret = &both.ret;                                        \
		int result;                                                         \
                                                                                    \
		memset(&both, 0x5a, sizeof(both));                                  \
		result = (call);                                                    \
		if (result == 0)                                                    \
			free_it;                                                    \
		else                                                                \
			FUZZ_CHECK(result < 0 && !memcmp(&both.ret, &both.before, sizeof(both.ret))); \
	}

PARSER(fuzz_maps, struct np_maps, np_parse_maps(text, length, ret), np_maps_free(ret))
PARSER(fuzz_numa_maps, struct np_numa_maps, np_parse_numa_maps(text, length, 4096, ret), np_numa_maps_free(ret))
PARSER(fuzz_smaps, struct np_smaps, np_parse_smaps(text, length, ret), np_smaps_free(ret))
PARSER(fuzz_zoneinfo, struct np_zones, np_parse_zoneinfo(text, length, ret), np_zones_free(ret))
PARSER(fuzz_sched, struct np_sched, np_parse_sched(text, length, ret), (void)0)
PARSER(fuzz_status, struct np_status, np_parse_status(text, length, ret), (void)0)
PARSER(fuzz_stat, struct np_stat, np_parse_stat(text, length, ret), (void)0)
PARSER(fuzz_statm, struct np_statm, np_parse_statm(text, length, ret), (void)0)
PARSER(fuzz_vmstat, struct np_vmstat, np_parse_vmstat(text, length, ret), (void)0)
PARSER(fuzz_mountinfo, struct np_devices, np_parse_mountinfo(text, length, ret), np_devices_free(ret))
PARSER(fuzz_cgroup_mounts, struct np_cgroup_mounts, np_parse_cgroup_mounts(text, length, ret), np_cgroup_mounts_free(ret))
PARSER(fuzz_pids, struct np_pids, np_parse_pids(text, length, ret), np_pids_free(ret))
PARSER(fuzz_controllers, struct np_controller, np_parse_controller(text, length, "cpuset", ret), (void)0)
PARSER(fuzz_list, struct np_node_list, np_parse_list(text, length, ret), (void)0)
PARSER(fuzz_choice, char *, np_parse_choice(text, length, ret), free(*ret))
PARSER(fuzz_meminfo, struct np_node_meminfo, np_parse_node_meminfo(text, length, ret), (void)0)
PARSER(fuzz_distance, struct four_facts, np_parse_distance(text, length, 4, ret->facts), (void)0)

void fuzz_btf(const uint8_t *data, size_t size)
{
	struct np_swap_layout layout;
	struct np_offsets offsets;
	int result = np_btf_offsets(data, size, &offsets);

	FUZZ_CHECK(result == 0 || result == -EINVAL || result == -ENOENT);
	result = np_btf_swap_layout(data, size, &layout);
	FUZZ_CHECK(result == 0 || result == -EINVAL);
	if (result == 0) {
		uint8_t states[NP_SWAP_TYPES];

		np_swap_states(&layout, states);
		for (size_t i = 0; i < sizeof(states); i++)
			FUZZ_CHECK(states[i] < NP_WALKED_STATES);
	}
}

/* Arguments are what stands between NULs. */
void fuzz_options(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *argv[34] = { (char *)"numaprobe" }, *error = NULL;
	struct np_options options;
	int argc = 1, result;

	FUZZ_CHECK(text);
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t at = 0; at < size && argc < 33; at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	result = np_options_parse(argc, argv, &options, &error);
	FUZZ_CHECK(result == 0 || result == -EINVAL || result == -ENOMEM);
	FUZZ_CHECK((result == -EINVAL) == (error != NULL));
	if (result == 0)
		np_options_free(&options);
	free(error);
	free(text);
}

/* There and back; nothing that a terminal obeys; ASCII alone where it is asked for. */
void fuzz_escape(const uint8_t *data, size_t size)
{
	char *text = calloc(size + 1, 1);

	FUZZ_CHECK(text);
	memcpy(text, data, size);
	for (int utf8 = 0; utf8 <= 1; utf8++) {
		char *safe = np_escape(text, utf8), *back = NULL;

		FUZZ_CHECK(safe && np_unescape(safe, &back) == 0 && strcmp(text, back) == 0);
		for (const char *at = safe; *at;) {
			uint32_t character = 0;
			size_t length = np_utf8_decode(at, &character);

			FUZZ_CHECK(length && character >= 0x20 && character != 0x7f && (utf8 || character < 0x7f));
			FUZZ_CHECK(!(character >= 0x80 && character < 0xa0)); /* C1 controls */
			FUZZ_CHECK(!(character >= 0x202a && character <= 0x202e) &&
				   !(character >= 0x2066 && character <= 0x2069)); /* reordering */
			at += length;
		}
		np_text_width(safe, SIZE_MAX);
		free(safe);
		free(back);
	}
	{
		char *back = NULL;

		FUZZ_CHECK(np_unescape(text, &back) == 0 || !back);
		free(back);
	}
	free(text);
}
