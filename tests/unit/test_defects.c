/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of defects: whole, and what versions suggest. */
#include "unit.h"

#include "defects.h"

static enum np_effect follow(const char *release)
{
	const char *note;

	return np_defect_by_version(np_defect_find(NP_DEFECT_FOLLOW), release, &note);
}

static void test_versions_that_have_it(void **state)
{
	static const char *const affected[] = {
		"6.1.0-50-amd64", "6.1.192",  "6.1.0-rc1", "6.1", "6.2.16", "6.3.13-arch1", "6.4.0-rc7",
		"6.4",		  "6.4.12", "6.5.0-rc7", "6.4.12-200.fc38.x86_64",
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(affected); i++)
		assert_int_equal(follow(affected[i]), NP_EFFECT_YES);
}

static void test_versions_that_do_not(void **state)
{
	static const char *const clean[] = {
		"6.0.19", "5.10.0-40-amd64", "4.18.0-553.el8", "6.4.13", "6.4.16-1", "6.5.0", "6.5", "6.5.1",
		"6.6.0-rc1", "6.12.117+deb13-amd64", "7.0.0-rc1", "7.3.4", "10.0",
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(clean); i++)
		assert_int_equal(follow(clean[i]), NP_EFFECT_NO);
}

static void test_no_version(void **state)
{
	static const char *const bad[] = { "", "linux", "6", "6.", ".1", "-6.1", "six.one" };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(bad); i++)
		assert_int_equal(follow(bad[i]), NP_EFFECT_NOT_TESTED);
	assert_int_equal(follow(NULL), NP_EFFECT_NOT_TESTED);
}

static void test_notes(void **state)
{
	const struct np_defect *defect = np_defect_find(NP_DEFECT_FOLLOW);
	const char *note;

	(void)state;
	np_defect_by_version(defect, "6.1.192", &note);
	assert_non_null(strstr(note, "never was"));
	np_defect_by_version(defect, "6.10.3", &note);
	assert_null(note);
	np_defect_by_version(defect, "6.12.1", &note);
	assert_null(note);
}

static void test_explanations(void **state)
{
	const struct np_defect *defect = np_defect_find(NP_DEFECT_FOLLOW);
	static const struct {
		const char *release;
		enum np_effect tested;
		const char *part;
	} rows[] = {
		{ "6.1.192", NP_EFFECT_YES, "suggests so too; 6.1.y is commonly believed repaired" },
		{ "6.1.192", NP_EFFECT_NO, "it was repaired here" },
		{ "6.12.1", NP_EFFECT_YES, "it came here in another way" },
		{ "6.12.1", NP_EFFECT_NO, "suggests so too" },
		{ "6.12.1", NP_EFFECT_NOT_TESTED, "that it is not there" },
		{ "6.2.0", NP_EFFECT_NOT_TESTED, "that it is there" },
		{ "odd", NP_EFFECT_YES, "says nothing" },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
		char *text = np_defect_explain(defect, rows[i].release, rows[i].tested);

		assert_non_null(text);
		assert_non_null(strstr(text, rows[i].part));
		free(text);
	}
}

static void test_table(void **state)
{
	(void)state;
	for (const struct np_defect *defect = np_defects; defect->name; defect++) {
		assert_ptr_equal(np_defect_find(defect->name), defect);
		assert_non_null(defect->symptom);
		assert_true(defect->repaired[0] && defect->repairs[0].id && defect->tests[0]);
		for (const char *const *test = defect->tests; *test; test++)
			assert_ptr_equal(np_defect_of_test(*test), defect);
	}
	assert_null(np_defect_find("nonsense"));
	assert_null(np_defect_find(NULL));
	assert_null(np_defect_of_test("smaps-counts-protnone"));
}

/* The text of the man page, where line breaks and macros at the start of a line are blanks. */
static char *read_man_page(void)
{
	const char *source = getenv("srcdir");
	np_cleanup_close int root_fd = -1;
	struct np_text text = { 0 };
	bool macro = false;

	assert_int_equal(np_root_open(source ? source : ".", &root_fd), 0);
	assert_int_equal(np_read_text(root_fd, "man/numaprobe.8.in", &text), 0);
	for (char *at = text.data; *at; at++) {
		if (*at == '.' && (at == text.data || at[-1] == ' '))
			macro = at[1] >= 'A' && at[1] <= 'Z';
		else if (*at == ' ' || *at == '\n')
			macro = false;
		if (macro || *at == '\n')
			*at = ' ';
	}
	return text.data;
}

/* All blanks between words count as one. */
static bool has_words(const char *page, const char *words)
{
	for (; *page; page++) {
		const char *at = page, *word = words;

		while (*word && (*at == *word || (*at == ' ' && at > page && at[-1] == ' '))) {
			word += *at == *word;
			at++;
		}
		if (!*word)
			return true;
	}
	return false;
}

static void expect_words(const char *page, const char *words)
{
	if (!has_words(page, words))
		fail_msg("numaprobe(8) does not have: %s", words);
}

static void test_man_page(void **state)
{
	char *page = read_man_page();

	(void)state;
	assert_false(has_words(page, "474098edac26 is a fine commit"));
	for (const struct np_defect *defect = np_defects; defect->name; defect++) {
		char *line, *releases = strdup("");

		assert_true(asprintf(&line, "%s Pq Dq %s %s. ", defect->name, defect->subject, defect->symptom) > 0);
		expect_words(page, line);
		free(line);
		for (const char *const *release = defect->repaired; *release; release++) {
			assert_true(asprintf(&line, "%s%s%s", releases, *releases ? ", " : "", *release) > 0);
			free(releases);
			releases = line;
		}
		assert_true(asprintf(&line, "Since %s. Repaired in %s, by:", defect->introduced, releases) > 0);
		expect_words(page, line);
		free(line);
		free(releases);
		for (const struct np_commit *repair = defect->repairs; repair->id; repair++) {
			assert_true(asprintf(&line, "%s %s ", repair->id, repair->subject) > 0);
			expect_words(page, line);
			free(line);
		}
		for (const struct np_branch_note *branch = defect->branches; branch->branch; branch++)
			expect_words(page, branch->note);
	}
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions_that_have_it), cmocka_unit_test(test_versions_that_do_not),
		cmocka_unit_test(test_no_version),	      cmocka_unit_test(test_notes),
		cmocka_unit_test(test_explanations),	      cmocka_unit_test(test_table),
		cmocka_unit_test(test_man_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
