/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one file that knows libzstd. */
#include "compress.h"

#include <errno.h>
#include <string.h>

#include "config.h"

/* RFC 8878, 3.1.1: the magic number of a frame, little-endian. */
bool np_is_compressed(const char *bytes, size_t length)
{
	return length >= 4 && memcmp(bytes, "\x28\xb5\x2f\xfd", 4) == 0;
}

#ifdef HAVE_ZSTD

#include <zstd.h>

#define LEVEL 9		/* a report shrinks to a twentieth; higher ones gain little */
#define WINDOW_LOG_MOST 27 /* 128 MiB: what level 19 and below ever ask for, and the library's own default */

/* With a checksum: without one, a damaged frame may well unpack to something else. */
static size_t compress_checked(void *data, size_t room, const char *bytes, size_t length)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t got;

	if (!context)
		return (size_t)-1; /* ZSTD_error_GENERIC */
	ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	got = ZSTD_compress2(context, data, room, bytes, length);
	ZSTD_freeCCtx(context);
	return got;
}

int np_compress(const char *bytes, size_t length, struct np_text *ret)
{
	size_t room = ZSTD_compressBound(length), got;
	char *data = malloc(room);

	if (!data)
		return -ENOMEM;
	got = compress_checked(data, room, bytes, length);
	if (ZSTD_isError(got)) {
		free(data);
		return -ENOMEM;
	}
	*ret = (struct np_text){ data, got };
	return 0;
}

/* One byte more than the limit is enough to know. */
static int grow(struct np_text *text, size_t limit, ZSTD_outBuffer *room)
{
	size_t wanted = room->size ? 2 * room->size : (size_t)64 << 10;
	char *data;

	if (room->size > limit)
		return -EFBIG;
	if (wanted > limit)
		wanted = limit + 1;
	data = realloc(text->data, wanted + 1);
	if (!data)
		return -ENOMEM;
	text->data = data;
	room->dst = data;
	room->size = wanted;
	return 0;
}

static int decompress(ZSTD_DStream *stream, ZSTD_inBuffer *in, size_t limit, struct np_text *text)
{
	ZSTD_outBuffer out = { NULL, 0, 0 };
	size_t left = 1;

	while (left != 0 || in->pos < in->size) {
		int result = out.pos == out.size ? grow(text, limit, &out) : 0;
		size_t before = out.pos;

		if (result)
			return result;
		left = ZSTD_decompressStream(stream, &out, in);
		if (ZSTD_isError(left))
			return -EBADMSG;
		if (left != 0 && in->pos == in->size && out.pos == before) /* it ends too early */
			return -EBADMSG;
	}
	if (out.pos > limit)
		return -EFBIG;
	text->length = out.pos;
	text->data[out.pos] = '\0';
	return 0;
}

int np_decompress(const char *bytes, size_t length, size_t limit, struct np_text *ret)
{
	np_cleanup_text struct np_text text = { 0 };
	ZSTD_inBuffer in = { bytes, length, 0 };
	ZSTD_DStream *stream = ZSTD_createDStream();
	int result;

	if (!stream)
		return -ENOMEM;
	ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, WINDOW_LOG_MOST);
	result = decompress(stream, &in, limit, &text);
	ZSTD_freeDStream(stream);
	if (result)
		return result;
	*ret = text;
	text = (struct np_text){ 0 };
	return 0;
}

#else

int np_compress(const char *bytes __attribute__((unused)), size_t length __attribute__((unused)),
		struct np_text *ret __attribute__((unused)))
{
	return -ENOTSUP;
}

int np_decompress(const char *bytes __attribute__((unused)), size_t length __attribute__((unused)),
		  size_t limit __attribute__((unused)), struct np_text *ret __attribute__((unused)))
{
	return -ENOTSUP;
}

#endif
