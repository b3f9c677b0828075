// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Only in a build with sanitizers, which is never installed. Looking for leaks takes ptrace, which a program that is
 * not dumpable refuses to its own threads too; and the environment, where it could be turned off, is empty here.
 */

/* NOLINTBEGIN(bugprone-reserved-identifier): the sanitizer's name for it */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
/* NOLINTEND(bugprone-reserved-identifier) */
