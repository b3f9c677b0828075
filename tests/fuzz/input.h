/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An input as a row of choices; what is behind its end is 0. */
#ifndef NUMAPROBE_TESTS_FUZZ_INPUT_H
#define NUMAPROBE_TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

struct input {
	const uint8_t *data;
	size_t size;
};

static inline unsigned take(struct input *input)
{
	if (!input->size)
		return 0;
	input->size--;
	return *input->data++;
}

static inline unsigned take2(struct input *input)
{
	unsigned low = take(input);

	return low | take(input) << 8;
}

static inline uint64_t take8(struct input *input)
{
	uint64_t ret = 0;

	for (int i = 0; i < 8; i++)
		ret = ret << 8 | take(input);
	return ret;
}

#endif
