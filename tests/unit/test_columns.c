/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of the mappings table: names, values, and which of them are shown. */
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "column_choice.h"
#include "sample.h"

/* A mapping with another number of pages in every counter, and its row. */
static struct np_snapshot *sample_counters(struct np_row *ret)
{
	static const unsigned numbers[] = { 1, 3 };
	struct np_snapshot *snapshot = sample_system(2, numbers);
	struct np_target *target = sample_target(snapshot, 42, "a b", 3);
	struct np_mapping *mapping = sample_mapping(snapshot, target, 0x1000, 0x9000, "rw-p", "/x\ny");
	struct np_tally *pages = &mapping->pages;

	mapping->offset = 0x3000;
	pages->by_node[NP_R_PRESENT][0] = 1;
	pages->by_node[NP_R_PRESENT][1] = 2;
	pages->by_node[NP_R_HINTED][0] = 4;
	pages->by_node[NP_R_PROTNONE][2] = 8;
	pages->thp = 16;
	pages->hugetlb = 32;
	pages->zero = 64;
	pages->special = 128;
	pages->swapped = 256;
	pages->migrating = 512;
	pages->device = 1024;
	pages->poisoned = 2048;
	pages->marker = 4096;
	pages->guard = 8192;
	pages->unknown = 16384;
	*ret = (struct np_row){ &snapshot->system, target, mapping, NULL };
	return snapshot;
}

static void check(const struct np_row *row, const char *name, const char *expected)
{
	const struct np_view view = { .bytes = true };
	struct np_column_ref ref;
	struct np_value value;
	char *text;

	assert_int_equal(np_column_find(name, strlen(name), &ref), 0);
	value = np_column_value(&ref, row);
	text = np_value_format(&value, &view, 1, false); /* so that bytes are pages */
	assert_string_equal(text, expected);
	free(text);
}

static void test_values(void **state)
{
	struct np_row row;
	struct np_snapshot *snapshot = sample_counters(&row);

	(void)state;
	check(&row, "PID", "42");
	check(&row, "COMMAND", "a b");
	check(&row, "START", "1000");
	check(&row, "END", "9000");
	check(&row, "SIZE", "32768");
	check(&row, "PERMS", "rw-p");
	check(&row, "OFFSET", "3000");
	check(&row, "RESIDENT", "15");
	check(&row, "PRESENT", "3");
	check(&row, "HINTED", "4");
	check(&row, "PROTNONE", "8");
	check(&row, "N1", "5");
	check(&row, "N3", "2");
	check(&row, "N0", "?");
	check(&row, "NODELESS", "8");
	check(&row, "THP", "16");
	check(&row, "HUGETLB", "32");
	check(&row, "ZERO", "64");
	check(&row, "SPECIAL", "128");
	check(&row, "SWAPPED", "256");
	check(&row, "MIGRATING", "512");
	check(&row, "OTHER", "15360");
	check(&row, "UNKNOWN", "16384");
	check(&row, "POLICY", "?");
	check(&row, "PAGESIZE", "?");
	check(&row, "PATH", "/x\\x0ay");
	np_snapshot_destroy(snapshot);
}

static void test_unknown_hints(void **state)
{
	struct np_row row;
	struct np_snapshot *snapshot = sample_counters(&row);

	(void)state;
	row.mapping->pages.by_node[NP_R_ACCESSIBLE][0] = 1;
	check(&row, "PRESENT", "?");
	check(&row, "HINTED", "?");
	check(&row, "RESIDENT", "16");
	check(&row, "PROTNONE", "8");
	np_snapshot_destroy(snapshot);
}

static void test_numa_maps(void **state)
{
	struct np_row row;
	struct np_snapshot *snapshot = sample_counters(&row);
	struct np_mapping *mapping = &snapshot->targets[0].mappings[0];

	(void)state;
	mapping->policy = strdup("bind:0-1");
	mapping->page_bytes = NP_FACT(2097152);
	check(&row, "policy", "bind:0-1");
	check(&row, "pagesize", "2097152");
	np_snapshot_destroy(snapshot);
}

static void test_names(void **state)
{
	static const char *const bad[] = { "", "N", "NO", "STAR", "STARTS", "N-1", "N+1", "N1x", "N1024", "N99999999999" };
	struct np_column_ref ref;

	(void)state;
	assert_int_equal(np_column_find("nodes", 5, &ref), 0);
	assert_true(ref.node == NP_NODE_ALL);
	assert_int_equal(np_column_find("n1023,", 5, &ref), 0);
	assert_int_equal(ref.node, 1023);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(np_column_find(bad[i], strlen(bad[i]), &ref), -EINVAL);
}

/* The headings that a choice comes to, with blanks between them. */
static void expand(const struct np_column_choice *choice, const struct np_snapshot *snapshot, bool in_use,
		   const char *expected)
{
	struct np_column_list list;
	char headings[400] = "", buffer[16];

	assert_int_equal(np_column_choice_expand(choice, snapshot, in_use, &list), 0);
	for (size_t i = 0; i < list.count; i++) {
		strcat(headings, i ? " " : "");
		strcat(headings, np_column_heading(&list.refs[i], buffer));
	}
	assert_string_equal(headings, expected);
	free(list.refs);
}

static void test_choice(void **state)
{
	struct np_column_choice choice = { 0 };
	struct np_row row;
	struct np_snapshot *snapshot = sample_counters(&row);
	const char *unknown;
	size_t length;

	(void)state;
	expand(&choice, snapshot, false, "START SIZE PERMS RESIDENT HINTED PROTNONE N1 N3 NODELESS PATH");
	assert_int_equal(np_column_choice_parse("+thp", &choice, &unknown, &length), 0);
	expand(&choice, snapshot, false, "START SIZE PERMS RESIDENT HINTED PROTNONE N1 N3 NODELESS PATH THP");
	assert_int_equal(np_column_choice_parse("PATH,n3,NODES", &choice, &unknown, &length), 0);
	expand(&choice, snapshot, false, "PATH N3 N1 N3");
	assert_int_equal(np_column_choice_parse("+pid", &choice, &unknown, &length), 0);
	expand(&choice, snapshot, false, "PATH N3 N1 N3 PID");
	assert_int_equal(np_column_choice_parse("PID,bogus,END", &choice, &unknown, &length), -EINVAL);
	assert_int_equal(length, 5);
	assert_memory_equal(unknown, "bogus", 5);
	expand(&choice, snapshot, false, "PATH N3 N1 N3 PID");
	np_column_choice_free(&choice);
	np_snapshot_destroy(snapshot);
}

static void test_default_columns(void **state)
{
	const struct np_column_choice choice = { 0 }, all = { .all = true };
	static const unsigned numbers[] = { 0, 1 };
	struct np_snapshot *snapshot = sample_system(2, numbers);
	struct np_target *target = sample_target(snapshot, 1, "a", 1);
	struct np_mapping *mapping = sample_mapping(snapshot, target, 0x1000, 0x9000, "rw-p", "");

	(void)state;
	snapshot->system.nodes[1].memory_bytes = NP_FACT(0);
	expand(&choice, snapshot, true, "START SIZE PERMS RESIDENT HINTED PROTNONE N0 PATH");
	expand(&choice, snapshot, false, "START SIZE PERMS RESIDENT HINTED PROTNONE N0 N1 PATH");
	mapping->pages.by_node[NP_R_PRESENT][1] = 1;
	expand(&choice, snapshot, true, "START SIZE PERMS RESIDENT HINTED PROTNONE N0 N1 PATH");
	sample_target(snapshot, 2, "b", 1);
	expand(&choice, snapshot, true, "PID START SIZE PERMS RESIDENT HINTED PROTNONE N0 N1 PATH");
	expand(&all, snapshot, true,
	       "PID COMMAND THREADS START END SIZE PERMS OFFSET RESIDENT PRESENT HINTED PROTNONE N0 N1 NODELESS "
	       "PREFERRED OFFNODE THP HUGETLB "
	       "ZERO SPECIAL SWAPPED MIGRATING OTHER UNKNOWN POLICY PAGESIZE PATH");
	np_snapshot_destroy(snapshot);
}

static void test_process_columns(void **state)
{
	struct np_column_choice choice = { .processes = true }, all = { .processes = true, .all = true };
	struct np_column_ref start = { NULL, 0 };
	struct np_snapshot *snapshot = sample_postgres();
	const char *unknown;
	size_t length;

	(void)state;
	expand(&choice, snapshot, true, "PID COMMAND THREADS RESIDENT HINTED PROTNONE N0 N1 PREFERRED OFFNODE SWAPPED");
	expand(&all, snapshot, true,
	       "PID COMMAND THREADS RESIDENT PRESENT HINTED PROTNONE N0 N1 NODELESS PREFERRED OFFNODE THP HUGETLB ZERO "
	       "SPECIAL SWAPPED MIGRATING OTHER UNKNOWN");
	choice.watched = choice.timed = true;
	expand(&choice, snapshot, true,
	       "TIME PID COMMAND RESIDENT HINTED PROTNONE N0 N1 OFFNODE MADE CLEARED MOVED FAULTS SCANS");
	assert_int_equal(np_column_choice_parse("pid,n1", &choice, &unknown, &length), 0);
	assert_true(choice.processes);
	assert_false(np_column_choice_names_mappings(&choice, &start));
	assert_int_equal(np_column_find("start", 5, &start), 0);
	assert_true(np_column_choice_names_mappings(&choice, &start));
	np_column_choice_free(&choice);
	np_snapshot_destroy(snapshot);
}

static void test_process_values(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	struct np_target *target = snapshot->targets;
	struct np_row row = { &snapshot->system, target, NULL, NULL };

	(void)state;
	check(&row, "THREADS", "14");
	check(&row, "PREFERRED", "0");
	check(&row, "OFFNODE", "21.7%"); /* (3482 + 308) of (12390 + 3482 + 1229 + 308 + 64) MiB */
	check(&row, "START", "-");
	target->preferred_node = NP_FACT(5); /* a node that has been taken offline */
	check(&row, "OFFNODE", "100.0%");
	target->preferred_node = NP_FACT(-1);
	check(&row, "PREFERRED", "-");
	check(&row, "OFFNODE", "-");
	target->preferred_node = NP_NOT_KNOWN;
	check(&row, "PREFERRED", "?");
	check(&row, "OFFNODE", "?");
	target->preferred_node = NP_FACT(0);
	target->pages.by_node[NP_R_PRESENT][2] = 1; /* on a node that is not known */
	check(&row, "OFFNODE", "?");
	np_snapshot_destroy(snapshot);
}

static void test_rates(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	struct np_row row = { &snapshot->system, snapshot->targets, NULL, NULL };
	struct np_rates *rates = calloc(1, sizeof(*rates));

	(void)state;
	check(&row, "MADE", "?");
	assert_non_null(rates);
	snapshot->targets[0].rates = rates;
	check(&row, "CLEARED", "?");
	*rates = (struct np_rates){ "12:00", 250000000, NP_FACT(512), NP_FACT(0), NP_FACT(1), NP_NOT_KNOWN };
	check(&row, "MADE", "2048");
	check(&row, "CLEARED", "0");
	check(&row, "MOVED", "4.0");
	check(&row, "FAULTS", "?");
	check(&row, "TIME", "12:00");
	rates->interval_ns = 86400000000000;
	check(&row, "MOVED", "<0.1");
	rates->interval_ns = 0;
	check(&row, "MADE", "?");
	np_snapshot_destroy(snapshot);
}

/* The total's share counts those processes alone that have a preferred node. */
static void test_total_off_node(void **state)
{
	struct np_snapshot *snapshot = sample_postgres();
	struct np_target *none = sample_target(snapshot, 2, "none", 1);
	struct np_row row = { &snapshot->system, none, NULL, snapshot };

	(void)state;
	none->pages.by_node[NP_R_PRESENT][1] = MIB_PAGES(1);
	none->preferred_node = NP_FACT(-1);
	check(&row, "OFFNODE", "21.7%");
	check(&row, "PID", "-");
	check(&row, "PREFERRED", "-");
	none->preferred_node = NP_NOT_KNOWN;
	check(&row, "OFFNODE", "?");
	np_snapshot_destroy(snapshot);
}

static void test_compare(void **state)
{
	const struct np_value one = { NP_VALUE_PAGES, 1, NULL }, two = { NP_VALUE_PAGES, 2, NULL };
	const struct np_value none = { NP_VALUE_UNKNOWN, 0, NULL };
	const struct np_value nothing = { NP_VALUE_NONE, 0, NULL };
	const struct np_value a = { NP_VALUE_TEXT, 0, "a" }, b = { NP_VALUE_TEXT, 0, "b" };

	(void)state;
	assert_true(np_value_compare(&one, &two) < 0);
	assert_true(np_value_compare(&two, &one) > 0);
	assert_true(np_value_compare(&one, &one) == 0);
	assert_true(np_value_compare(&a, &b) < 0);
	assert_true(np_value_compare(&none, &two) > 0);
	assert_true(np_value_compare(&b, &none) < 0);
	assert_true(np_value_compare(&none, &none) == 0);
	assert_true(np_value_compare(&nothing, &one) < 0);
	assert_true(np_value_compare(&one, &nothing) > 0);
	assert_true(np_value_compare(&none, &nothing) > 0);
	assert_true(np_value_compare(&nothing, &nothing) == 0);
}

static void test_list_fits(void **state)
{
	char *text = NULL, *next;
	size_t length, count;
	FILE *out = open_memstream(&text, &length);
	const struct np_column *columns = np_columns(&count);

	(void)state;
	np_columns_print(out);
	fclose(out);
	for (size_t i = 0; i < count; i++)
		assert_non_null(strstr(text, columns[i].name));
	for (char *line = text; *line; line = next + 1) {
		next = strchr(line, '\n');
		assert_true(next - line <= 80);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	   cmocka_unit_test(test_unknown_hints),
		cmocka_unit_test(test_numa_maps),  cmocka_unit_test(test_names),
		cmocka_unit_test(test_choice),	   cmocka_unit_test(test_default_columns),
		cmocka_unit_test(test_process_columns), cmocka_unit_test(test_process_values),
		cmocka_unit_test(test_total_off_node), cmocka_unit_test(test_rates),
		cmocka_unit_test(test_compare),	   cmocka_unit_test(test_list_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
