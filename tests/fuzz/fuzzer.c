// SPDX-License-Identifier: GPL-2.0-or-later
/* libFuzzer's entry: FUZZ_TARGET names the target. */
#include "targets.h"

#include <stdio.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fuzz_target *target = fuzz_targets;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("FUZZ_TARGET");

	(void)argc, (void)argv;
	while (target->name && (!name || strcmp(target->name, name) != 0))
		target++;
	if (target->name)
		return 0;
	fprintf(stderr, "FUZZ_TARGET names no target\n");
	exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	target->run(data, size);
	return 0;
}
