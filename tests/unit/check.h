/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmocka, with the headers that it wants before it. */
#ifndef NUMAPROBE_TESTS_CHECK_H
#define NUMAPROBE_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
