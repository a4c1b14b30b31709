/* tiff_tags.h - the numbers that stand in a TIFF file's, or an EXIF block's, first directory.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_TIFF_TAGS_H
#define MEDIA_TIFF_TAGS_H

#include <stddef.h>
#include <stdint.h>

enum tiff_tag {
    TIFF_TAG_WIDTH = 256,
    TIFF_TAG_HEIGHT = 257,
    TIFF_TAG_COMPRESSION = 259,
    TIFF_TAG_ORIENTATION = 274,
};

/* The first number of the tag, of 16 or 32 bits, or 0 where the `bytes` bytes at `data` are no
 * TIFF structure or have no such number. Untrusted input. */
uint32_t tiff_tag_number(const uint8_t *data, size_t bytes, enum tiff_tag tag);

#endif
