/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The opener: every read of /proc and /sys goes through a root directory, which is "/" or a recorded
 * tree of the same layout, so that a recorded machine is a test.
 */
#ifndef NUMAPROBE_FILES_H
#define NUMAPROBE_FILES_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

/* A whole file. The byte after the last one is NUL; NULs may also be among the bytes. */
struct np_text {
	char *data; /* owned: np_text_free() */
	size_t length;
};

/* A file of this many bytes, or more, is not read: -EFBIG. */
#define NP_TEXT_LIMIT_BYTES ((size_t)1 << 30)

/* All of these return 0 or -errno, and leave *ret alone on failure. */

/* The directory that relative paths start from. The descriptor is the caller's; close-on-exec. */
int np_root_open(const char *path, int *ret_fd);

/*
 * Open a path below a directory; flags as in open(2), without O_CREAT. O_CLOEXEC is added, EINTR retried.
 * An absolute path is -EINVAL: it would leave a recorded tree. The descriptor is the caller's.
 */
int np_open(int dir_fd, const char *path, int flags, int *ret_fd);

/* The same for the entries of a directory; *ret is for closedir(). */
int np_open_directory(int dir_fd, const char *path, DIR **ret);

/* The next entry that has no dot in front. false at the end, and with -errno in *ret_error where it can't be read. */
bool np_next_entry(DIR *directory, const struct dirent **ret, int *ret_error);

/*
 * Read a file from its start (from its present offset: np_read_fd) to its end, whatever stat(2) says of
 * its size: the files of /proc say 0, and give less than 4 KiB a read.
 */
int np_read_text(int dir_fd, const char *path, struct np_text *ret);
int np_read_fd(int fd, struct np_text *ret);

/* Frees the bytes and leaves an empty text, which can be freed again. */
void np_text_free(struct np_text *text);

static inline void np_cleanup_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void np_cleanup_free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

/* For a local variable, initialised to -1, {0} and NULL. */
#define np_cleanup_close __attribute__((cleanup(np_cleanup_close_fd)))
#define np_cleanup_text	 __attribute__((cleanup(np_text_free)))
#define np_cleanup_free	 __attribute__((cleanup(np_cleanup_free_pointer)))

#endif
