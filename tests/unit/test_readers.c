/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of readers, each tried on this very process. */
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "readers.h"

#define PAGES 1000

static unsigned page_bytes;

/* Memory of which the first half is there. */
static struct np_span_addr half_touched(void)
{
	char *area = mmap(NULL, PAGES * page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(area != MAP_FAILED);
	madvise(area, PAGES * page_bytes, MADV_NOHUGEPAGE);
	memset(area, 1, PAGES / 2 * page_bytes);
	return (struct np_span_addr){ (uintptr_t)area, (uintptr_t)area + PAGES * page_bytes };
}

static int setup(void **state)
{
	static struct np_span_addr span;
	static struct np_reading reading;

	page_bytes = (unsigned)sysconf(_SC_PAGESIZE);
	span = half_touched();
	reading = (struct np_reading){ .pid = getpid(), .spans = &span, .span_count = 1, .page_bytes = page_bytes,
				       .pagemap_fd = -1 };
	reading.dir_fd = open("/proc/self", O_PATH | O_DIRECTORY);
	*state = &reading;
	return reading.dir_fd < 0;
}

static void test_names(void **state)
{
	(void)state;
	for (const struct np_reader *reader = np_readers; reader->name; reader++) {
		assert_ptr_equal(np_reader_find(reader->name, strlen(reader->name)), reader);
		assert_true(reader->source && reader->cost && reader->read);
	}
	assert_null(np_reader_find("smap", 4));
	assert_null(np_reader_find("smaps,maps", 10));
	assert_ptr_equal(np_reader_find("smaps,maps", 5), np_reader_find("smaps", 5));
}

static void test_reads_something(void **state)
{
	for (const struct np_reader *reader = np_readers; reader->name; reader++) {
		struct np_read read = { 0 };
		int result = reader->read(reader, *state, &read);

		/* No walker here; an old kernel lacks PAGEMAP_SCAN; a container may forbid process_vm_readv. */
		if (reader->kind == NP_READER_FILE || !strcmp(reader->name, "pagemap"))
			assert_int_equal(result, 0);
		if (reader->kind == NP_READER_WALK)
			assert_int_equal(result, -ENOTSUP);
		if (!result && strcmp(reader->name, "none") != 0)
			assert_true(read.bytes_read > 0);
		np_read_free(&read);
	}
}

static void assert_counts_half(struct np_reading *reading, const char *name)
{
	const struct np_reader *reader = np_reader_find(name, strlen(name));
	uint64_t by_span = 0;
	struct np_read read = { .by_span = &by_span };
	int result = reader->read(reader, reading, &read);

	if (result == -ENOTSUP || result == -EPERM || result == -ENOSYS)
		return;
	assert_int_equal(result, 0);
	assert_true(read.counted);
	assert_int_equal(read.pages, PAGES / 2);
	assert_int_equal(by_span, PAGES / 2);
	np_read_free(&read);
}

/* Memory of its own: process_vm_readv has filled the other one. */
static void test_counts(void **state)
{
	struct np_reading reading = *(struct np_reading *)*state;
	struct np_span_addr span = half_touched();

	reading.spans = &span;
	assert_counts_half(&reading, "pagemap");
	assert_counts_half(&reading, "pagemap_scan");
	assert_counts_half(&reading, "move_pages");
}

static int stop(void *argument)
{
	++*(int *)argument;
	return -EINTR;
}

static void test_interrupt(void **state)
{
	struct np_reading reading = *(struct np_reading *)*state;
	const struct np_reader *reader = np_reader_find("pagemap", 7);
	struct np_read read = { 0 };
	int calls = 0;

	reading.interrupt = stop;
	reading.interrupt_argument = &calls;
	assert_int_equal(reader->read(reader, &reading, &read), -EINTR);
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),  cmocka_unit_test(test_reads_something),
		cmocka_unit_test(test_counts), cmocka_unit_test(test_interrupt),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
