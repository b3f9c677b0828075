/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory blocks of sysfs and the nodes that they belong to. */
#include "blocks.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "parse_number.h"
#include "state.h"

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* "memory12" -> 12, where the prefix is "memory" */
static bool numbered(const char *name, const char *prefix, uint64_t *ret)
{
	struct np_span span = np_span_make(name, strlen(name));

	return np_take_text(&span, prefix) && np_take_u64(&span, ret) == 0 && span.next == span.end;
}

/* Call for every entry "<prefix><number>" of a directory, until one fails. */
static int each_numbered(int dir_fd, const char *path, const char *prefix,
			 int (*call)(int fd, const char *name, uint64_t number, void *data), void *data)
{
	__attribute__((cleanup(close_directory))) DIR *directory = NULL;
	const struct dirent *entry;
	uint64_t number;
	int err;

	err = np_open_directory(dir_fd, path, &directory);
	while (err == 0 && np_next_entry(directory, &entry, &err))
		if (numbered(entry->d_name, prefix, &number))
			err = call(dirfd(directory), entry->d_name, number, data);
	return err;
}

struct filling {
	struct np_blocks blocks;
	size_t room;
	unsigned node;
};

static int add_block(int fd, const char *name, uint64_t index, void *data)
{
	struct filling *filling = data;
	struct np_blocks *blocks = &filling->blocks;

	(void)fd, (void)name;
	if (blocks->count == filling->room) {
		size_t room = filling->room ? 2 * filling->room : 64;
		struct np_block *more = realloc(blocks->blocks, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		blocks->blocks = more;
		filling->room = room;
	}
	blocks->blocks[blocks->count++] = (struct np_block){ index, filling->node };
	return 0;
}

static int add_node(int fd, const char *name, uint64_t number, void *data)
{
	struct filling *filling = data;

	if (number >= NP_MAX_NODES)
		return -ERANGE;
	filling->node = (unsigned)number;
	return each_numbered(fd, name, "memory", add_block, filling);
}

/* Hexadecimal, without 0x (block_size_bytes_show(), drivers/base/memory.c). */
static int read_block_frames(int root_fd, uint64_t *ret)
{
	np_cleanup_text struct np_text text = { 0 };
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE), block_bytes;
	struct np_span span;
	int err;

	err = np_read_text(root_fd, "sys/devices/system/memory/block_size_bytes", &text);
	if (err < 0)
		return err;
	span = np_span_make(text.data, text.length);
	err = np_take_hex(&span, &block_bytes);
	if (err < 0)
		return err;
	if (block_bytes < page_bytes)
		return -EINVAL;
	*ret = block_bytes / page_bytes;
	return 0;
}

int np_blocks_read(int root_fd, struct np_blocks *ret)
{
	struct filling filling = { 0 };
	int err;

	err = read_block_frames(root_fd, &filling.blocks.block_frames);
	if (err == 0)
		err = each_numbered(root_fd, "sys/devices/system/node", "node", add_node, &filling);
	if (err < 0 && err != -ENOENT) {
		np_blocks_free(&filling.blocks);
		return err;
	}
	*ret = filling.blocks;
	return 0;
}

void np_blocks_free(struct np_blocks *blocks)
{
	free(blocks->blocks);
	*blocks = (struct np_blocks){ 0 };
}
