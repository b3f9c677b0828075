/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The opener: sizes around the buffer's, files of /proc, errors, descriptors that close on exec. */
#include "tree.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int file_of(size_t size)
{
	int fd = memfd_create("numaprobe-test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t i = 0; i < size; i++) {
		const char byte = (char)(i % 251);

		assert_int_equal(pwrite(fd, &byte, 1, (off_t)i), 1);
	}
	return fd;
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = { 0, 1, 4096, 16382, 16383, 16384, 16385, 70000 };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
		np_cleanup_close int fd = file_of(sizes[i]);
		np_cleanup_text struct np_text text = { 0 };

		assert_int_equal(np_read_fd(fd, &text), 0);
		assert_int_equal(text.length, sizes[i]);
		assert_int_equal(text.data[text.length], '\0');
		for (size_t j = 0; j < text.length; j++)
			assert_int_equal((unsigned char)text.data[j], j % 251);
	}
}

static void test_offset(void **state)
{
	np_cleanup_close int fd = file_of(10);
	np_cleanup_text struct np_text text = { 0 };

	(void)state;
	assert_int_equal(lseek(fd, 7, SEEK_SET), 7);
	assert_int_equal(np_read_fd(fd, &text), 0);
	assert_int_equal(text.length, 3);
	assert_memory_equal(text.data, "\7\10\11", 3);
}

static void test_proc(void **state)
{
	np_cleanup_close int root_fd = -1;
	np_cleanup_text struct np_text text = { 0 };

	(void)state;
	assert_int_equal(np_root_open("/", &root_fd), 0);
	assert_int_equal(np_read_text(root_fd, "proc/self/smaps", &text), 0);
	assert_true(text.length > 4096);
	assert_int_equal(text.data[text.length - 1], '\n');
}

static void test_errors(void **state)
{
	np_cleanup_close int root_fd = -1;
	struct np_text text = { (char *)1, 2 };
	int fd = 77;

	(void)state;
	assert_int_equal(np_root_open("/nonexistent", &fd), -ENOENT);
	assert_int_equal(np_root_open("/proc/version", &fd), -ENOTDIR);
	assert_int_equal(np_root_open("/proc", &root_fd), 0);
	assert_int_equal(np_open(root_fd, "nonexistent", O_RDONLY, &fd), -ENOENT);
	assert_int_equal(np_open(root_fd, "/proc/version", O_RDONLY, &fd), -EINVAL);
	assert_int_equal(np_open(root_fd, "", O_RDONLY, &fd), -ENOENT);
	assert_int_equal(fd, 77);
	assert_int_equal(np_read_text(root_fd, "nonexistent", &text), -ENOENT);
	assert_int_equal(np_read_text(root_fd, "self", &text), -EISDIR);
	assert_int_equal(np_read_fd(-1, &text), -EBADF);
	assert_ptr_equal(text.data, (char *)1);
	assert_int_equal(text.length, 2);
}

static void test_close_on_exec(void **state)
{
	np_cleanup_close int root_fd = -1;
	np_cleanup_close int fd = -1;

	(void)state;
	assert_int_equal(np_root_open("/proc", &root_fd), 0);
	assert_int_equal(np_open(root_fd, "version", O_RDONLY, &fd), 0);
	assert_int_equal(fcntl(root_fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

static void test_free_twice(void **state)
{
	np_cleanup_close int fd = file_of(5);
	struct np_text text = { 0 };

	(void)state;
	assert_int_equal(np_read_fd(fd, &text), 0);
	np_text_free(&text);
	assert_null(text.data);
	assert_int_equal(text.length, 0);
	np_text_free(&text);
}

static void test_entries(void **state)
{
	struct unit_tree tree = unit_make_tree();
	const struct dirent *entry;
	np_cleanup_close int file = file_of(1);
	DIR *directory;
	int error = 0;

	(void)state;
	unit_make_file(tree.fd, "folder/seen", "");
	unit_make_file(tree.fd, "folder/.hidden", "");
	assert_int_equal(np_open_directory(tree.fd, "folder", &directory), 0);
	assert_true(np_next_entry(directory, &entry, &error));
	assert_string_equal(entry->d_name, "seen");
	assert_false(np_next_entry(directory, &entry, &error));
	assert_int_equal(error, 0);
	rewinddir(directory);
	assert_int_equal(dup2(file, dirfd(directory)), dirfd(directory));
	assert_false(np_next_entry(directory, &entry, &error));
	assert_int_equal(error, -ENOTDIR); /* no end, though nothing comes */
	closedir(directory);
	unit_remove_tree(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),	   cmocka_unit_test(test_offset),
		cmocka_unit_test(test_proc),	   cmocka_unit_test(test_errors),
		cmocka_unit_test(test_close_on_exec), cmocka_unit_test(test_free_twice),
		cmocka_unit_test(test_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
