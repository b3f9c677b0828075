/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/PID/numa_maps: each mapping's memory policy and its pages by node. */
#include "parse_numa_maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse_number.h"
#include "state.h"

/* Where the next string and the next node go; both blocks are large enough for the whole text. */
struct room {
	unsigned page_bytes;
	char *string;
	struct np_node_pages *node;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A policy may have blanks and '=' in it, but a number follows the '=' in a field only. */
static bool is_field(struct np_span word)
{
	const char *equals = memchr(word.next, '=', np_span_length(word));

	return np_span_equals(word, "heap") || np_span_equals(word, "stack") || np_span_equals(word, "huge") ||
	       np_span_starts(word, "file=") || (equals && equals + 1 < word.end && is_digit(equals[1]));
}

static int take_policy(struct np_span *line, struct np_span *ret)
{
	struct np_span policy = { line->next, line->next }, rest = *line, word;

	while (np_take_word(&rest, &word) && !is_field(word))
		line->next = policy.end = word.end;
	*ret = policy;
	return policy.next < policy.end ? 0 : -EINVAL;
}

/* Neighbours often have the same policy, and then the same string. */
static const char *store_policy(struct room *room, struct np_span policy, const struct np_numa_map *before)
{
	size_t length = np_span_length(policy);
	char *copy = room->string;

	if (before && np_span_equals(policy, before->policy))
		return before->policy;
	memcpy(copy, policy.next, length);
	copy[length] = '\0';
	room->string += length + 1;
	return copy;
}

/* "0=12", what follows the N */
static int take_node(struct np_span word, struct room *room, struct np_numa_map *map)
{
	struct np_node_pages *node = room->node;
	int err;

	err = np_take_unsigned(&word, &node->node);
	if (err < 0)
		return err;
	if (node->node >= NP_MAX_NODES)
		return -ERANGE;
	if (!np_take_text(&word, "="))
		return -EINVAL;
	err = np_take_u64(&word, &node->pages);
	if (err < 0)
		return err;
	room->node++;
	map->node_count++;
	return 0;
}

static int take_page_size(struct np_span word, struct np_numa_map *map)
{
	uint64_t kb;
	int err;

	err = np_take_u64(&word, &kb);
	if (err < 0)
		return err;
	return __builtin_mul_overflow(kb, 1024, &map->kernel_page_bytes) ? -ERANGE : 0;
}

static int take_field(struct np_span word, struct room *room, struct np_numa_map *map)
{
	if (np_span_length(word) > 1 && word.next[0] == 'N' && is_digit(word.next[1])) {
		word.next++;
		return take_node(word, room, map);
	}
	if (np_take_text(&word, "kernelpagesize_kB="))
		return take_page_size(word, map);
	map->huge |= np_span_equals(word, "huge");
	map->heap |= np_span_equals(word, "heap");
	map->stack |= np_span_equals(word, "stack");
	return 0;
}

/* The nodes of this mapping are the last ones stored. */
static int to_base_pages(const struct np_numa_map *map, const struct room *room)
{
	uint64_t factor = map->kernel_page_bytes / room->page_bytes;

	if (!map->huge || map->node_count == 0)
		return 0;
	if (factor == 0)
		return -EINVAL;
	for (struct np_node_pages *node = room->node - map->node_count; node < room->node; node++)
		if (__builtin_mul_overflow(node->pages, factor, &node->pages))
			return -ERANGE;
	return 0;
}

static int parse_line(struct np_span line, struct room *room, const struct np_numa_map *before,
		      struct np_numa_map *map)
{
	struct np_span policy, word;
	int err;

	if (memchr(line.next, '\0', np_span_length(line)))
		return -EINVAL;
	err = np_take_hex(&line, &map->start);
	if (err < 0)
		return err;
	if (!np_take_text(&line, " "))
		return -EINVAL;
	err = take_policy(&line, &policy);
	if (err < 0)
		return err;
	map->policy = store_policy(room, policy, before);
	map->nodes = room->node;
	while (err == 0 && np_take_word(&line, &word))
		err = take_field(word, room, map);
	return err < 0 ? err : to_base_pages(map, room);
}

/* How many lines, and no fewer nodes than there are. */
static void count_text(struct np_span text, size_t *ret_lines, size_t *ret_nodes)
{
	size_t lines = 0, nodes = 0;

	for (const char *c = text.next; c < text.end; c++) {
		lines += *c == '\n';
		nodes += *c == 'N';
	}
	*ret_lines = lines;
	*ret_nodes = nodes;
}

static int allocate(struct np_span text, struct np_numa_maps *maps)
{
	size_t lines, nodes;

	count_text(text, &lines, &nodes);
	maps->maps = calloc(lines + 1, sizeof(*maps->maps));
	maps->nodes = calloc(nodes + 1, sizeof(*maps->nodes));
	maps->strings = malloc(np_span_length(text) + 1);
	return maps->maps && maps->nodes && maps->strings ? 0 : -ENOMEM;
}

int np_parse_numa_maps(const char *text, size_t length, unsigned page_bytes, struct np_numa_maps *ret)
{
	struct np_span rest = np_span_make(text, length), line;
	struct np_numa_maps maps = { 0 };
	struct room room;
	int err;

	if (!np_span_whole_lines(rest) || page_bytes == 0)
		return -EINVAL;
	err = allocate(rest, &maps);
	room = (struct room){ page_bytes, maps.strings, maps.nodes };
	while (err == 0 && np_take_line(&rest, &line)) {
		struct np_numa_map *map = &maps.maps[maps.count++];

		err = parse_line(line, &room, maps.count > 1 ? map - 1 : NULL, map);
	}
	if (err < 0) {
		np_numa_maps_free(&maps);
		return err;
	}
	*ret = maps;
	return 0;
}

void np_numa_maps_free(struct np_numa_maps *maps)
{
	free(maps->maps);
	free(maps->strings);
	free(maps->nodes);
	*maps = (struct np_numa_maps){ 0 };
}
