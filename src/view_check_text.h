/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one test of --check-kernel found, in words. */
#ifndef NUMAPROBE_VIEW_CHECK_TEXT_H
#define NUMAPROBE_VIEW_CHECK_TEXT_H

#include "kernel_check.h"

/*
 * Of a test that was made, and that no table shows: of any effect but distorts. The caller frees it; NULL where memory
 * is short.
 */
char *np_check_text(const struct np_check_test *test);

#endif
