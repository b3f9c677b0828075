/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/PID/maps: the mappings of an address space. */
#ifndef NUMAPROBE_PARSE_MAPS_H
#define NUMAPROBE_PARSE_MAPS_H

#include "parse_number.h"

struct np_map {
	uint64_t start, end; /* addresses, [start, end); the vsyscall page lies above 2^63 */
	uint64_t offset;     /* into the file, in bytes */
	uint64_t inode;	     /* 0: no file */
	/*
	 * The file's name, or the kernel's for what has none ("[heap]", "[anon:name]"); "" for neither.
	 * " (deleted)" at the end is kept: it cannot be told from a file so named.
	 * The kernel writes a newline of a file's name as \012 and nothing else in any other way, the
	 * backslash not either (seq_file_path(m, file, "\n") in show_map_vma(), fs/proc/task_mmu.c;
	 * mangle_path(), fs/seq_file.c). So \012 is read as a newline, though it could also be those
	 * four characters; only a link of /proc/PID/map_files tells. Bytes, not necessarily text.
	 */
	char *path;
	unsigned dev_major, dev_minor;
	char perms[5]; /* "rw-p" */
};

struct np_maps {
	size_t count;
	struct np_map *maps; /* in the kernel's order: ascending, the vsyscall page last */
	char *strings;	     /* what every path points into */
};

/* Lines of maps, each whole. 0, -EINVAL, -ERANGE, -ENOMEM; *ret, untouched then, is for np_maps_free(). */
int np_parse_maps(const char *text, size_t length, struct np_maps *ret);
void np_maps_free(struct np_maps *maps);

/*
 * One such line, without its newline: also the head of a mapping in smaps. Everything but the path is
 * stored, and what is left of the line is the path as the kernel wrote it. 0, -EINVAL, -ERANGE.
 */
int np_take_map(struct np_span *line, struct np_map *ret);

#endif
