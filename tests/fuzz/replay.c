// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs every target over its corpus, as TAP: replay CORPUS_FOLDER, or replay CORPUS_FOLDER TARGET FILE... */
#include "targets.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "files.h"

static int replay_file(const struct fuzz_target *target, int dir_fd, const char *name)
{
	np_cleanup_text struct np_text text = { 0 };
	int result = np_read_text(dir_fd, name, &text);
	uint8_t *exact;

	if (result)
		return result;
	/* Ends where its memory does, so that a read past it is seen. */
	exact = malloc(text.length ? text.length : 1);
	if (!exact)
		return -1;
	memcpy(exact, text.data ? text.data : "", text.length);
	target->run(exact, text.length);
	free(exact);
	return 0;
}

static int replay_folder(const struct fuzz_target *target, const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int count = 0;

	while (dir && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && replay_file(target, dirfd(dir), entry->d_name) == 0)
			count++;
	if (dir)
		closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	const char *corpus = argc > 1 ? argv[1] : NUMAPROBE_FIXTURES "/../fuzz/corpus";
	int number = 0, failed = 0;

	for (const struct fuzz_target *target = fuzz_targets; target->name; target++) {
		char folder[4096];
		int count;

		if (argc > 2 && strcmp(argv[2], target->name) != 0)
			continue;
		snprintf(folder, sizeof(folder), "%s/%s", corpus, target->name);
		fflush(stdout);
		count = replay_folder(target, folder);
		/* An empty corpus is a mistake in the tree. */
		printf("%s %d - %s: %d inputs\n", count ? "ok" : "not ok", ++number, target->name, count);
		failed += !count;
	}
	return failed || !number;
}
