/* gif_blocks.c - walk the blocks of a GIF file from picture to picture.
 * GIF89a specification, sections 18 to 24. Untrusted input: no position is used unchecked.
 * SPDX-License-Identifier: MIT */
#include "media/gif_blocks.h"

#include <stdbool.h>

/* Bytes of the colour table that a descriptor's flags announce. */
static size_t table_bytes(uint8_t flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* Skips sub-blocks, each its length and its bytes, and the empty one that ends them. */
static bool skip_sub_blocks(const uint8_t *data, size_t bytes, size_t *position)
{
    while (*position < bytes) {
        size_t length = data[*position];
        *position += 1 + length;
        if (length == 0)
            return true;
    }
    return false;
}

int gif_blocks_pictures(const uint8_t *data, size_t bytes, int most)
{
    enum { HEADER = 13, HEADER_FLAGS = 10, IMAGE = 10, IMAGE_FLAGS = 9 };
    int pictures = 0;
    size_t position = bytes >= HEADER ? HEADER + table_bytes(data[HEADER_FLAGS]) : bytes;

    while (pictures < most && position < bytes) {
        uint8_t kind = data[position];
        if (kind == 0x2c) { /* a picture: descriptor, colours, code size, data */
            if (bytes - position < IMAGE)
                break;
            position += IMAGE + table_bytes(data[position + IMAGE_FLAGS]) + 1;
        } else if (kind == 0x21) { /* an extension: label, data */
            position += 2;
        } else {
            break;
        }
        if (!skip_sub_blocks(data, bytes, &position))
            break;
        pictures += kind == 0x2c;
    }
    return pictures;
}
