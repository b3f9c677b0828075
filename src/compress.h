/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packing a report by zstd, where numaprobe was built with it. */
#ifndef NUMAPROBE_COMPRESS_H
#define NUMAPROBE_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "files.h"

/* By its first bytes. Works without zstd. */
bool np_is_compressed(const char *bytes, size_t length);

/* A frame of zstd. 0, -ENOMEM, or -ENOTSUP: built without it. */
int np_compress(const char *bytes, size_t length, struct np_text *ret);

/*
 * What was packed, with a NUL behind it, never using much more memory than its length. 0, -ENOMEM, -ENOTSUP,
 * -EBADMSG: damaged, or -EFBIG: more than limit bytes.
 */
int np_decompress(const char *bytes, size_t length, size_t limit, struct np_text *ret);

#endif
