// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's types, whole and damaged: whatever is wrong is an error, and nothing beyond their end is read. */
#include "unit.h"

#include <linux/btf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "child.h"
#include "walk/btf.h"

#define ROOM 4096

/* A blob in the making: types and strings. */
struct blob {
	uint32_t types[256];
	size_t type_words;
	char strings[1024];
	size_t string_bytes;
};

static uint32_t name_of(struct blob *blob, const char *text)
{
	size_t at = blob->string_bytes;

	strcpy(blob->strings + at, text);
	blob->string_bytes += strlen(text) + 1;
	return (uint32_t)at;
}

static void put(struct blob *blob, uint32_t word)
{
	blob->types[blob->type_words++] = word;
}

static void put_head(struct blob *blob, const char *name, uint32_t kind, uint32_t members)
{
	put(blob, *name ? name_of(blob, name) : 0);
	put(blob, kind << 24 | members);
	put(blob, 8);
}

static void put_member(struct blob *blob, const char *name, uint32_t type, uint32_t bits)
{
	put(blob, *name ? name_of(blob, name) : 0);
	put(blob, type);
	put(blob, bits);
}

/* All that is wanted, mm_struct's in an unnamed structure, as it is since 6.2. */
static struct blob make_blob(void)
{
	static const struct {
		const char *structure, *members[3];
	} plain[] = {
		{ "task_struct", { "mm", "files" } }, { "files_struct", { "fdt" } }, { "fdtable", { "max_fds", "fd" } },
		{ "file", { "f_op", "private_data" } },
	};
	struct blob blob = { .string_bytes = 1 };

	put_head(&blob, "int", BTF_KIND_INT, 0);
	put(&blob, 32);
	put_head(&blob, "", BTF_KIND_STRUCT, 2);
	put_member(&blob, "pgd", 1, 64);
	put_member(&blob, "mm_users", 1, 128);
	for (size_t i = 0; i < UNIT_COUNT(plain); i++) {
		uint32_t count = plain[i].members[1] ? 2 : 1;

		put_head(&blob, plain[i].structure, BTF_KIND_STRUCT, count);
		for (uint32_t k = 0; k < count; k++)
			put_member(&blob, plain[i].members[k], 1, 64 * (k + 1));
	}
	put_head(&blob, "mm_struct", BTF_KIND_STRUCT, 1);
	put_member(&blob, "", 2, 64);
	return blob;
}

static size_t write_blob(const struct blob *blob, uint8_t *ret)
{
	struct btf_header header = { .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(header),
				     .type_len = (uint32_t)(4 * blob->type_words), .str_off = (uint32_t)(4 * blob->type_words),
				     .str_len = (uint32_t)blob->string_bytes };

	memcpy(ret, &header, sizeof(header));
	memcpy(ret + sizeof(header), blob->types, 4 * blob->type_words);
	memcpy(ret + sizeof(header) + 4 * blob->type_words, blob->strings, blob->string_bytes);
	return sizeof(header) + 4 * blob->type_words + blob->string_bytes;
}

/* Memory that ends where the blob does, as far as 4 bytes allow, with none behind it. */
static int parse_at_the_end(const uint8_t *bytes, size_t length)
{
	static uint8_t *page;
	struct np_swap_layout layout;
	struct np_offsets offsets;
	uint8_t *at;

	if (!page) {
		page = mmap(NULL, 2 * ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert_true(page != MAP_FAILED);
		assert_int_equal(mprotect(page + ROOM, ROOM, PROT_NONE), 0);
	}
	at = page + ROOM - (length + 3) / 4 * 4;
	memcpy(at, bytes, length);
	np_btf_swap_layout(at, length, &layout);
	return np_btf_offsets(at, length, &offsets);
}

static void test_offsets(void **state)
{
	struct blob blob = make_blob();
	uint8_t bytes[ROOM];
	size_t length = write_blob(&blob, bytes);
	struct np_offsets offsets;

	(void)state;
	assert_int_equal(np_btf_offsets(bytes, length, &offsets), 0);
	assert_int_equal(offsets.task_mm, 8);
	assert_int_equal(offsets.task_files, 16);
	assert_int_equal(offsets.file_private_data, 16);
	assert_int_equal(offsets.mm_pgd, 16);
	assert_int_equal(offsets.mm_users, 24);
	assert_int_equal(offsets.mm_mmap_lock, NP_NO_OFFSET);
}

static void test_prefixes(void **state)
{
	struct blob blob = make_blob();
	uint8_t bytes[ROOM];
	size_t length = write_blob(&blob, bytes);

	(void)state;
	for (size_t cut = 0; cut < length; cut++)
		assert_int_equal(parse_at_the_end(bytes, cut), -EINVAL);
	assert_int_equal(parse_at_the_end(bytes, length), 0);
}

/* Every word by words that mean too much. */
static void test_words(void **state)
{
	static const uint32_t words[] = { 0, 1, 2, 8, 0xff, 0xffff, 0x7fffffff, 0xfffffff0, 0xffffffff,
					  BTF_KIND_STRUCT << 24 | 0xffff, BTF_KIND_UNION << 24 | 0xffff, 31U << 24 };
	struct blob blob = make_blob();
	uint8_t bytes[ROOM];
	size_t length = write_blob(&blob, bytes);

	(void)state;
	for (size_t at = 4; at + 4 <= length; at += 4)
		for (size_t i = 0; i < UNIT_COUNT(words); i++) {
			uint8_t copy[ROOM];
			int result;

			memcpy(copy, bytes, length);
			memcpy(copy + at, &words[i], 4);
			result = parse_at_the_end(copy, length);
			assert_true(result == 0 || result == -EINVAL || result == -ENOENT);
		}
}

static int parse_circle(long unused)
{
	struct blob blob = make_blob();
	uint8_t bytes[ROOM];

	(void)unused;
	blob.types[4 + 4] = 2; /* the unnamed structure's first member is that structure, without a name */
	blob.types[4 + 3] = 0;
	blob.types[4 + 7] = 2;
	blob.types[4 + 6] = 0;
	return parse_at_the_end(bytes, write_blob(&blob, bytes)) == -ENOENT ? 0 : 1;
}

static void test_circle(void **state)
{
	(void)state;
	assert_int_equal(status_of(parse_circle, 0), 0);
}

/* Which functions and types there are says how many swap types the kernel keeps for itself. */
static void test_swap_layout(void **state)
{
	static const struct {
		const char *functions[4];
		bool marker;
		struct np_swap_layout layout;
	} rows[] = {
		{ { NULL }, false, { -1, -1, -1, 0, -1 } },
		{ { "memory_failure" }, false, { 1, -1, -1, 0, -1 } },
		{ { "migrate_pages" }, false, { 0, 2, 0, 0, -1 } },
		{ { "memory_failure", "migrate_pages", "make_device_exclusive_range" }, true, { 1, 3, 4, -1, -1 } },
		{ { "migrate_pages", "make_device_exclusive" }, true, { 0, 3, 3, -1, -1 } },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
		struct blob blob = make_blob();
		struct np_swap_layout layout;
		uint8_t bytes[ROOM];

		for (size_t k = 0; rows[i].functions[k]; k++)
			put_head(&blob, rows[i].functions[k], BTF_KIND_FUNC, 0);
		if (rows[i].marker)
			put_head(&blob, "pte_marker", BTF_KIND_TYPEDEF, 0);
		assert_int_equal(np_btf_swap_layout(bytes, write_blob(&blob, bytes), &layout), 0);
		assert_int_equal(layout.hwpoison, rows[i].layout.hwpoison);
		assert_int_equal(layout.migration, rows[i].layout.migration);
		assert_int_equal(layout.device, rows[i].layout.device);
		assert_int_equal(layout.marker, rows[i].layout.marker);
		assert_int_equal(layout.swapin_error, rows[i].layout.swapin_error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_circle),
		cmocka_unit_test(test_swap_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
