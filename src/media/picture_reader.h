/* picture_reader.h - photographs from files and from memory, upright, as grey or RGB.
 *
 * Reads JPEG, PNG, BMP, GIF (its first frame), WebP, TIFF and PNM. The first bytes decide what a
 * file is, never its name, and only the decoder of that format ever sees it: no playlist, no
 * archive, no protocol ("http:", "concat:") is followed. The picture is turned as its EXIF
 * orientation says; transparency is laid on white; 16 bits become 8; CMYK becomes RGB.
 *
 * Not read: HEIC, AVIF, animated WebP, JPEG inside TIFF; the message says so.
 *
 * Damage. What cannot be decoded whole is refused, but for a JPEG whose end is missing: where
 * seven eighths of its rows are there it is read, the missing rows grey. (Not where it is
 * progressive: what such a file lacks cannot be told.)
 *
 * FFmpeg prints nothing meanwhile: its log level, which is the process's, is lowered during the
 * call and put back after (ffmpeg_quiet.h).
 *
 * Threads. Every function may be called from any number of threads.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_PICTURE_READER_H
#define MEDIA_PICTURE_READER_H

#include <stddef.h>

#include "image/image.h"

/* The most bytes of a picture file. */
#define PICTURE_MAX_BYTES ((size_t)512 << 20)

/* The most pixels by default: the largest telephone cameras. Decoding needs up to about eight
 * bytes a pixel. */
#define PICTURE_MAX_PIXELS 200000000

struct picture_options {
    int channels;      /* 1 grey (frame_image.h says which), 3 RGB; default 3 */
    size_t max_pixels; /* a picture of more is refused undecoded; default PICTURE_MAX_PIXELS */
};

void picture_options_init(struct picture_options *options);

/* Reads the file `path` with the default options. The message starts with `path`. The caller frees
 * `ret_image`.
 * @return MIEN_EIO (cannot be opened or read, no regular file), MIEN_EUNSUPPORTED (no picture of a
 *         known format), MIEN_ECORRUPT (damaged, empty), MIEN_EINVAL (too large), MIEN_ENOMEM */
mien_status picture_read(const char *path, struct image *ret_image, mien_error *err);

mien_status picture_read_with(const char *path, const struct picture_options *options,
                              struct image *ret_image, mien_error *err);

/* Reads a picture from the `bytes` bytes at `data`, borrowed for the call; `name` is what messages
 * call it. */
mien_status picture_read_memory(const void *data, size_t bytes, const char *name,
                                const struct picture_options *options, struct image *ret_image,
                                mien_error *err);

#endif
