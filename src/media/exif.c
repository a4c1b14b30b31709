/* exif.c - find the EXIF block of a picture file.
 * Untrusted input: every offset is checked against the bytes left before it is followed.
 * Exif 2.32 (CIPA DC-008) 4.5, the PNG chunk eXIf, the WebP container.
 * SPDX-License-Identifier: MIT */
#include "media/exif.h"

#include <stdbool.h>
#include <string.h>

#include "media/tiff_tags.h"

/* A run of bytes of the file. */
struct span {
    const uint8_t *data;
    size_t bytes;
};

static const struct span nothing = {NULL, 0};

/* What is left of a span after its first `count` bytes. */
static struct span after(struct span span, size_t count)
{
    return count <= span.bytes ? (struct span){span.data + count, span.bytes - count} : nothing;
}

static bool starts_with(struct span span, const char *text, size_t bytes)
{
    return span.bytes >= bytes && !memcmp(span.data, text, bytes);
}

/* An integer of 2 or 4 bytes at the start of the span, or 0 where the span is shorter. */
static uint32_t integer(struct span span, int bytes, bool big_endian)
{
    uint32_t value = 0;

    if (span.bytes < (size_t)bytes)
        return 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint32_t)span.data[i] << 8 * (big_endian ? bytes - 1 - i : i);
    return value;
}

/* The payload of the first APP1 segment that is EXIF. */
static struct span jpeg_exif(struct span file)
{
    struct span segment = after(file, 2);

    while (segment.bytes >= 4 && segment.data[0] == 0xff && segment.data[1] != 0xda) {
        uint32_t length = integer(after(segment, 2), 2, true);
        if (segment.data[1] == 0xff) { /* a fill byte */
            segment = after(segment, 1);
            continue;
        }
        if (segment.data[1] == 0xe1 && starts_with(after(segment, 4), "Exif\0\0", 6))
            return after(segment, 10);
        if (length < 2)
            break;
        segment = after(segment, 2 + (size_t)length);
    }
    return nothing;
}

/* The contents of the first chunk of this name: PNG has (length, name), RIFF (name, length). */
static struct span png_exif(struct span file)
{
    struct span chunk = after(file, 8);

    while (chunk.bytes >= 12) {
        if (starts_with(after(chunk, 4), "eXIf", 4))
            return after(chunk, 8);
        chunk = after(chunk, (size_t)integer(chunk, 4, true) + 12);
    }
    return nothing;
}

static struct span webp_exif(struct span file)
{
    struct span chunk = after(file, 12);

    while (chunk.bytes >= 8) {
        size_t length = integer(after(chunk, 4), 4, false);
        if (starts_with(chunk, "EXIF", 4)) {
            chunk = after(chunk, 8);
            /* Some programs put JPEG's prefix here, too. */
            return starts_with(chunk, "Exif\0\0", 6) ? after(chunk, 6) : chunk;
        }
        chunk = after(chunk, 8 + length + length % 2);
    }
    return nothing;
}

/* The TIFF structure that holds the file's EXIF tags; a TIFF file is one itself. */
static struct span exif_block(struct span file)
{
    if (starts_with(file, "\xff\xd8", 2))
        return jpeg_exif(file);
    if (starts_with(file, "\x89PNG", 4))
        return png_exif(file);
    if (starts_with(file, "RIFF", 4))
        return webp_exif(file);
    return file;
}

int exif_orientation(const uint8_t *data, size_t bytes)
{
    struct span block = exif_block((struct span){data, bytes});
    int orientation = tiff_tag_number(block.data, block.bytes, TIFF_TAG_ORIENTATION);

    return orientation >= 1 && orientation <= 8 ? orientation : 1;
}
