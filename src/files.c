/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening and reading whole files below a root directory. */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>

#define FIRST_ROOM_BYTES ((size_t)16 << 10)

static int open_retried(int dir_fd, const char *path, int flags, int *ret_fd)
{
	int fd;

	do
		fd = openat(dir_fd, path, flags | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int np_root_open(const char *path, int *ret_fd)
{
	return open_retried(AT_FDCWD, path, O_PATH | O_DIRECTORY, ret_fd);
}

int np_open(int dir_fd, const char *path, int flags, int *ret_fd)
{
	if (path[0] == '/')
		return -EINVAL;
	return open_retried(dir_fd, path, flags, ret_fd);
}

int np_open_directory(int dir_fd, const char *path, DIR **ret)
{
	int fd = -1, err = np_open(dir_fd, path, O_RDONLY | O_DIRECTORY, &fd);
	DIR *directory;

	if (err < 0)
		return err;
	directory = fdopendir(fd);
	if (!directory) {
		close(fd);
		return -ENOMEM; /* a directory open for reading leaves no other reason */
	}
	*ret = directory;
	return 0;
}

bool np_next_entry(DIR *directory, const struct dirent **ret, int *ret_error)
{
	do {
		errno = 0;
		*ret = readdir(directory);
	} while (*ret && (*ret)->d_name[0] == '.');
	if (!*ret && errno)
		*ret_error = -errno;
	return *ret != NULL;
}

static int grow(struct np_text *text, size_t *room_bytes)
{
	size_t more_bytes = *room_bytes ? 2 * *room_bytes : FIRST_ROOM_BYTES;
	char *data;

	if (more_bytes > NP_TEXT_LIMIT_BYTES)
		return -EFBIG;
	data = realloc(text->data, more_bytes);
	if (!data)
		return -ENOMEM;
	text->data = data;
	*room_bytes = more_bytes;
	return 0;
}

int np_read_fd(int fd, struct np_text *ret)
{
	np_cleanup_text struct np_text text = { 0 };
	size_t room_bytes = 0;
	ssize_t got;
	int err;

	do {
		if (text.length + 1 >= room_bytes) {
			err = grow(&text, &room_bytes);
			if (err < 0)
				return err;
		}
		got = read(fd, text.data + text.length, room_bytes - 1 - text.length);
		if (got > 0)
			text.length += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0)
		return -errno;
	text.data[text.length] = '\0';
	*ret = text;
	text = (struct np_text){ 0 };
	return 0;
}

int np_read_text(int dir_fd, const char *path, struct np_text *ret)
{
	np_cleanup_close int fd = -1;
	int err;

	err = np_open(dir_fd, path, O_RDONLY, &fd);
	if (err < 0)
		return err;
	return np_read_fd(fd, ret);
}

void np_text_free(struct np_text *text)
{
	free(text->data);
	*text = (struct np_text){ 0 };
}
