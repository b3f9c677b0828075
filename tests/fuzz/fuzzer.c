// SPDX-License-Identifier: GPL-2.0-or-later
/* libFuzzer's entry: FUZZ_TARGET names the target. */
#include "targets.h"

#include <stdio.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fuzz_target *target = fuzz_targets;

/* First of all arguments, so that one that is given counts instead. */
static void add_most_bytes(int *argc, char ***argv)
{
	static char most_bytes[32];
	char **more = calloc((size_t)*argc + 2, sizeof(*more));

	if (!more)
		abort();
	snprintf(most_bytes, sizeof(most_bytes), "-max_len=%u", target->most_bytes);
	more[0] = (*argv)[0];
	more[1] = most_bytes;
	memcpy(more + 2, *argv + 1, (size_t)(*argc - 1) * sizeof(*more));
	*argc += 1;
	*argv = more;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("FUZZ_TARGET");

	while (target->name && (!name || strcmp(target->name, name) != 0))
		target++;
	if (target->name) {
		add_most_bytes(argc, argv);
		return 0;
	}
	fprintf(stderr, "FUZZ_TARGET names no target\n");
	exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	target->run(data, size);
	return 0;
}
