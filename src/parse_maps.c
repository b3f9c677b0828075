/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/PID/maps: the mappings of an address space. */
#include "parse_maps.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int take_hex_then(struct np_span *span, char separator, uint64_t *ret)
{
	uint64_t value;
	int err;

	err = np_take_hex(span, &value);
	if (err < 0)
		return err;
	if (span->next == span->end || *span->next != separator)
		return -EINVAL;
	span->next++;
	*ret = value;
	return 0;
}

static int take_perms(struct np_span *span, char *ret)
{
	if (np_span_length(*span) < 5 || span->next[4] != ' ')
		return -EINVAL;
	for (size_t i = 0; i < 4; i++)
		if (!strchr("rwxsp-", span->next[i]) || !span->next[i])
			return -EINVAL;
	memcpy(ret, span->next, 4);
	ret[4] = '\0';
	span->next += 5;
	return 0;
}

static int take_device(struct np_span *span, struct np_map *ret)
{
	uint64_t major, minor;
	int err;

	err = take_hex_then(span, ':', &major);
	if (err < 0)
		return err;
	err = take_hex_then(span, ' ', &minor);
	if (err < 0)
		return err;
	if (major > UINT_MAX || minor > UINT_MAX)
		return -ERANGE;
	ret->dev_major = (unsigned)major;
	ret->dev_minor = (unsigned)minor;
	return 0;
}

static int take_range(struct np_span *span, struct np_map *ret)
{
	int err;

	err = take_hex_then(span, '-', &ret->start);
	if (err < 0)
		return err;
	err = take_hex_then(span, ' ', &ret->end);
	if (err < 0)
		return err;
	return ret->start < ret->end ? 0 : -EINVAL;
}

int np_take_map(struct np_span *line, struct np_map *ret)
{
	struct np_map map = { 0 };
	int err;

	err = take_range(line, &map);
	if (err == 0)
		err = take_perms(line, map.perms);
	if (err == 0)
		err = take_hex_then(line, ' ', &map.offset);
	if (err == 0)
		err = take_device(line, &map);
	if (err == 0)
		err = np_take_u64(line, &map.inode);
	if (err < 0)
		return err;
	if (line->next < line->end && *line->next != ' ')
		return -EINVAL;
	np_skip_blanks(line);
	*ret = map;
	return 0;
}

/* Append a string with \012 turned into a newline; there is room. Returns where the next one goes. */
static char *copy_path(char *to, struct np_span path)
{
	while (path.next < path.end) {
		if (np_take_text(&path, "\\012"))
			*to++ = '\n';
		else
			*to++ = *path.next++;
	}
	*to++ = '\0';
	return to;
}

static int parse_line(struct np_span line, struct np_map *map, char **strings)
{
	int err;

	if (memchr(line.next, '\0', np_span_length(line)))
		return -EINVAL;
	err = np_take_map(&line, map);
	if (err < 0)
		return err;
	map->path = *strings;
	*strings = copy_path(*strings, line);
	return 0;
}

static size_t count_lines(struct np_span text)
{
	struct np_span line;
	size_t count = 0;

	while (np_take_line(&text, &line))
		count++;
	return count;
}

int np_parse_maps(const char *text, size_t length, struct np_maps *ret)
{
	struct np_span rest = np_span_make(text, length), line;
	struct np_maps maps = { 0 };
	char *strings;
	int err = 0;

	if (!np_span_whole_lines(rest))
		return -EINVAL;
	maps.maps = calloc(count_lines(rest) + 1, sizeof(*maps.maps));
	/* A path and its NUL are shorter than their line. What stays unused is never touched. */
	strings = maps.strings = malloc(length + 1);
	if (!maps.maps || !maps.strings)
		err = -ENOMEM;
	while (err == 0 && np_take_line(&rest, &line))
		err = parse_line(line, &maps.maps[maps.count++], &strings);
	if (err < 0) {
		np_maps_free(&maps);
		return err;
	}
	*ret = maps;
	return 0;
}

void np_maps_free(struct np_maps *maps)
{
	free(maps->maps);
	free(maps->strings);
	*maps = (struct np_maps){ 0 };
}
