/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file at a time, whole or not at all. */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compress.h"
#include "files.h"

static bool is_packed_name(const char *path)
{
	size_t length = strlen(path);

	return length > 4 && strcmp(path + length - 4, ".zst") == 0;
}

static int print_to_memory(const struct np_snapshot *snapshot, np_writer *writer, struct np_text *ret)
{
	struct np_text text = { 0 };
	FILE *out = open_memstream(&text.data, &text.length);
	int result;

	if (!out)
		return -ENOMEM;
	result = writer(snapshot, out);
	if (fclose(out) != 0 && !result)
		result = -ENOMEM;
	if (result)
		np_text_free(&text);
	else
		*ret = text;
	return result;
}

static int pack(struct np_text *text)
{
	struct np_text packed = { 0 };
	int result = np_compress(text->data, text->length, &packed);

	if (result)
		return result;
	np_text_free(text);
	*text = packed;
	return 0;
}

static int write_all(int fd, const struct np_text *text)
{
	size_t done = 0;

	while (done < text->length) {
		ssize_t wrote = write(fd, text->data + done, text->length - done);

		if (wrote < 0 && errno != EINTR)
			return -errno;
		if (wrote > 0)
			done += (size_t)wrote;
	}
	return 0;
}

/* The name is on the disk when its directory is. Not every file system can do that; the rename is done anyway. */
static void sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	np_cleanup_close int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	free(directory);
	if (fd >= 0)
		fsync(fd);
}

static int fill_beside(int fd, const struct np_text *text, mode_t mode, const char *beside, const char *path)
{
	int result = write_all(fd, text);

	if (!result && fchmod(fd, mode) < 0)
		result = -errno;
	if (!result && fsync(fd) < 0)
		result = -errno;
	if (close(fd) < 0 && !result)
		result = -errno;
	if (!result && rename(beside, path) < 0)
		result = -errno;
	return result;
}

/* A name that begins with a dot: the textfile collector and the like leave it alone. */
static char *name_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char *beside;

	return asprintf(&beside, "%.*s.%s.XXXXXX", (int)(name - path), path, name) < 0 ? NULL : beside;
}

static int replace_file(const char *path, const struct np_text *text, mode_t mode)
{
	np_cleanup_free char *beside = name_beside(path);
	int fd, result;

	if (!beside)
		return -ENOMEM;
	fd = mkostemp(beside, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return -errno;
	result = fill_beside(fd, text, mode, beside, path);
	if (result)
		unlink(beside);
	else
		sync_directory(path);
	return result;
}

static int write_through(const char *path, const struct np_text *text)
{
	np_cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	struct stat file;

	if (fd < 0 || fstat(fd, &file) < 0)
		return -errno;
	return S_ISREG(file.st_mode) ? -ELOOP : write_all(fd, text);
}

static int write_file(const char *path, const struct np_text *text, mode_t mode)
{
	struct stat file;

	if (lstat(path, &file) < 0)
		return errno == ENOENT ? replace_file(path, text, mode) : -errno;
	return S_ISREG(file.st_mode) ? replace_file(path, text, mode) : write_through(path, text);
}

int np_report_write(const struct np_snapshot *snapshot, np_writer *writer, const char *path, mode_t mode)
{
	np_cleanup_text struct np_text text = { 0 };
	int result;

	if (strcmp(path, "-") == 0)
		return writer(snapshot, stdout);
	result = print_to_memory(snapshot, writer, &text);
	if (!result && is_packed_name(path))
		result = pack(&text);
	return result ? result : write_file(path, &text, mode);
}
