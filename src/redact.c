/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tokens in place of names, offsets in place of addresses. */
#include "redact.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grains.h"
#include "kernel_check.h"

#define DELETED " (deleted)"

struct token {
	char *text;
	unsigned number;
};

/* The texts of one kind that came up so far. */
struct vocabulary {
	const char *kind;
	void *tree; /* of struct token: tsearch(3) */
	unsigned count;
};

struct redaction {
	struct vocabulary paths, commands, names;
};

static int compare_tokens(const void *left, const void *right)
{
	return strcmp(((const struct token *)left)->text, ((const struct token *)right)->text);
}

static void free_token(void *node)
{
	free(((struct token *)node)->text);
	free(node);
}

/* The number of a text; 0 where memory is short. */
static unsigned number_of(struct vocabulary *vocabulary, const char *text)
{
	struct token *token = malloc(sizeof(*token));
	struct token **found;

	if (!token)
		return 0;
	*token = (struct token){ strdup(text), vocabulary->count + 1 };
	found = token->text ? tsearch(token, &vocabulary->tree, compare_tokens) : NULL;
	if (found == NULL || *found != token)
		free_token(token);
	else
		vocabulary->count++;
	return found ? (*found)->number : 0;
}

/* "path-7" and what goes around it, allocated. NULL: no memory. */
static char *token_of(struct vocabulary *vocabulary, const char *name, const char *before, const char *after)
{
	unsigned number = number_of(vocabulary, name);
	char *token;

	if (number == 0 || asprintf(&token, "%s%s-%u%s", before, vocabulary->kind, number, after) < 0)
		return NULL;
	return token;
}

/* The same in place of an allocated text, of which name may be a part. */
static int replace(char **text, struct vocabulary *vocabulary, const char *name, const char *before, const char *after)
{
	char *token = token_of(vocabulary, name, before, after);

	if (!token)
		return -ENOMEM;
	free(*text);
	*text = token;
	return 0;
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* Names of memory that the kernel gives: arch_vma_name(), special_mapping_name(), anon_inode files, hugetlb and shmem. */
static bool is_kernels_name(const char *path)
{
	static const char *const names[] = {
		"", "[heap]", "[stack]", "[vdso]", "[vvar]", "[vvar_vclock]", "[vsyscall]", "[uprobes]", "[sigpage]",
		"[shadow stack]", "/anon_hugepage (deleted)", "/dev/zero", "/dev/zero (deleted)",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(path, names[i]) == 0)
			return true;
	return starts_with(path, "anon_inode:[");
}

/* A name that a program gave its memory: prctl(PR_SET_VMA_ANON_NAME). */
static int redact_anon_name(struct redaction *redaction, char **path, const char *prefix)
{
	size_t length = strlen(prefix);
	char *name = strndup(*path + length, strlen(*path) - length - 1);
	int result = name ? replace(path, &redaction->names, name, prefix, "]") : -ENOMEM;

	free(name);
	return result;
}

static int redact_path(struct redaction *redaction, char **path)
{
	static const char *const prefixes[] = { "[anon:", "[anon_shmem:" };
	char *name;
	int result;

	if (!*path || is_kernels_name(*path))
		return 0;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (starts_with(*path, prefixes[i]) && ends_with(*path, "]"))
			return redact_anon_name(redaction, path, prefixes[i]);
	if (!ends_with(*path, DELETED))
		return replace(path, &redaction->paths, *path, "", "");
	name = strndup(*path, strlen(*path) - strlen(DELETED));
	result = name ? replace(path, &redaction->paths, name, "", DELETED) : -ENOMEM;
	free(name);
	return result;
}

/* A file of the kernel's, below which no name is a person's. Control groups are named after users and services. */
static bool is_kernels_file(const char *path)
{
	return strcmp(path, "/proc") == 0 || starts_with(path, "/proc/") || strcmp(path, "/sys") == 0 ||
	       (starts_with(path, "/sys/") && !starts_with(path, "/sys/fs/"));
}

/* A word, or its token. */
static int print_word(struct redaction *redaction, const char *start, size_t length, FILE *out)
{
	char *word = strndup(start, length), *token = NULL;
	bool is_path = word && length > 1 && *word == '/' && !is_kernels_file(word);
	int result;

	if (is_path)
		token = token_of(&redaction->paths, word, "", "");
	result = word && (token || !is_path) ? 0 : -ENOMEM;
	if (!result)
		fputs(token ? token : word, out);
	free(token);
	free(word);
	return result;
}

/* Text of numaprobe's own, in which a path may be a word. */
static int redact_words(struct redaction *redaction, char **text)
{
	const char *rest = *text;
	char *done = NULL;
	size_t size;
	FILE *out = rest ? open_memstream(&done, &size) : NULL;
	int result = 0;

	if (!out)
		return rest ? -ENOMEM : 0;
	while (*rest && !result) {
		size_t length = strcspn(rest, " ,;:()'\"");

		result = print_word(redaction, rest, length, out);
		rest += length;
		if (*rest)
			fputc(*rest++, out);
	}
	if (fclose(out) != 0)
		result = -ENOMEM;
	if (result) {
		free(done);
		return result;
	}
	free(*text);
	*text = done;
	return 0;
}

/* "4711" or "PID 4711". A process may have such a name, but it was not looked for by it. */
static bool is_pid(const char *what)
{
	const char *digits = starts_with(what, "PID ") ? what + 4 : what;

	return *digits && digits[strspn(digits, "0123456789")] == '\0';
}

/* What a problem is about: a file of the kernel's, a process, an option, another file, or a command that was looked for. */
static int redact_what(struct redaction *redaction, char **what)
{
	if (is_kernels_file(*what) || is_pid(*what))
		return 0;
	if (starts_with(*what, "--"))
		return redact_words(redaction, what);
	return replace(what, **what == '/' ? &redaction->paths : &redaction->commands, *what, "", "");
}

/* Before the mappings lose their addresses. */
static void redact_range(struct np_target *target)
{
	uint64_t length = target->range_end - target->range_start, offset = 0;

	if (target->range_end == 0)
		return;
	for (size_t i = 0; target->mappings && i < target->mapping_count; i++) {
		const struct np_mapping *mapping = &target->mappings[i];

		if (target->range_start >= mapping->start && target->range_start < mapping->end)
			offset = target->range_start - mapping->start;
	}
	target->range_start = offset;
	target->range_end = offset + length;
}

static int redact_mappings(struct redaction *redaction, struct np_target *target)
{
	int result = 0;

	for (size_t i = 0; target->mappings && i < target->mapping_count && !result; i++) {
		struct np_mapping *mapping = &target->mappings[i];

		result = redact_path(redaction, &mapping->path);
		mapping->end -= mapping->start;
		mapping->start = 0;
	}
	return result;
}

static int redact_comparison(struct redaction *redaction, struct np_comparison *comparison)
{
	int result = redact_words(redaction, &comparison->reason);

	for (size_t i = 0; i < comparison->mapping_count && !result; i++) {
		struct np_mapping_comparison *mapping = &comparison->mappings[i];

		result = redact_path(redaction, &mapping->path);
		mapping->end -= mapping->start;
		mapping->start = 0;
	}
	return result;
}

/* A thread's name may be its program's, or say what it works for. */
static int redact_threads(struct redaction *redaction, struct np_target *target)
{
	int result = 0;

	for (size_t i = 0; i < target->thread_count && !result; i++) {
		struct np_thread *thread = &target->threads_seen[i];

		if (thread->name)
			result = replace(&thread->name, &redaction->commands, thread->name, "", "");
	}
	return result;
}

static int redact_target(struct redaction *redaction, struct np_target *target)
{
	int result = 0;

	if (target->command)
		result = replace(&target->command, &redaction->commands, target->command, "", "");
	if (!result)
		result = redact_words(redaction, &target->source.why_not_better);
	if (!result)
		result = redact_words(redaction, &target->source.how_hints);
	redact_range(target);
	if (!result && target->grains) /* while mappings have their addresses */
		result = np_grains_pack(&target->grains, target->mappings, target->mappings ? target->mapping_count : 0);
	if (!result)
		result = redact_threads(redaction, target);
	if (!result)
		result = redact_mappings(redaction, target);
	for (size_t i = 0; i < target->comparison_count && !result; i++)
		result = redact_comparison(redaction, &target->comparisons[i]);
	return result;
}

static int redact_problem(struct redaction *redaction, struct np_problem *problem)
{
	int result = redact_what(redaction, &problem->what);

	if (!result)
		result = redact_words(redaction, &problem->operation);
	return result ? result : redact_words(redaction, &problem->effect);
}

static int redact_check(struct redaction *redaction, struct np_kernel_check *check)
{
	int result = check ? redact_words(redaction, &check->regime_why) : 0;

	for (size_t i = 0; check && i < check->test_count && !result; i++)
		result = redact_words(redaction, &check->tests[i].why);
	for (size_t i = 0; check && i < NP_PROBES && !result; i++)
		result = redact_words(redaction, &check->probes[i].why);
	return result;
}

static int redact_all(struct redaction *redaction, struct np_snapshot *snapshot)
{
	int result = redact_words(redaction, &snapshot->check.why_not);

	if (!result)
		result = redact_check(redaction, snapshot->kernel_check);
	for (size_t i = 0; i < snapshot->target_count && !result; i++)
		result = redact_target(redaction, &snapshot->targets[i]);
	for (size_t i = 0; i < snapshot->problem_count && !result; i++)
		result = redact_problem(redaction, &snapshot->problems[i]);
	return result;
}

int np_redact(struct np_snapshot *snapshot)
{
	struct redaction redaction = { { "path", NULL, 0 }, { "command", NULL, 0 }, { "name", NULL, 0 } };
	int result = 0;

	if (!snapshot->redacted)
		result = redact_all(&redaction, snapshot);
	snapshot->redacted = true;
	tdestroy(redaction.paths.tree, free_token);
	tdestroy(redaction.commands.tree, free_token);
	tdestroy(redaction.names.tree, free_token);
	return result;
}
