/* picture_format.h - what kind of file some bytes are, by how they begin.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_PICTURE_FORMAT_H
#define MEDIA_PICTURE_FORMAT_H

#include <libavcodec/codec_id.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct picture_format {
    const char *name;     /* "JPEG"; for what is no picture that can be read, "an AVI video" */
    enum AVCodecID codec; /* its decoder; AV_CODEC_ID_NONE for what cannot be read */
    bool video;           /* frame_source.h may read it */
};

/* Never fails: what nothing fits is "text" or "data of an unknown kind". */
struct picture_format picture_format_of(const uint8_t *data, size_t bytes);

/* The kind of a file. False where it cannot be read, or is no regular one: a pipe is left as it
 * is. */
bool picture_format_of_file(const char *path, struct picture_format *ret_format);

#endif
