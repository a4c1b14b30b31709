/* exif.c - find the EXIF block of a picture file.
 * Untrusted input: everything is read through byte_span.h.
 * Exif 2.32 (CIPA DC-008) 4.5, the PNG chunk eXIf, the WebP container.
 * SPDX-License-Identifier: MIT */
#include "media/exif.h"

#include "media/byte_span.h"
#include "media/tiff_tags.h"

/* The payload of the first APP1 segment that is EXIF. */
static struct byte_span jpeg_exif(struct byte_span file)
{
    int kind = 0;
    struct byte_span segment = span_jpeg_segment(span_after(file, 2), &kind);

    while (segment.bytes && kind != 0xda) {
        if (kind == 0xe1 && span_starts_with(span_after(segment, 4), "Exif\0\0", 6))
            return span_after(segment, 10);
        segment = span_jpeg_segment(span_jpeg_next(segment), &kind);
    }
    return segment;
}

/* A PNG chunk is its length, its name, the contents and a checksum. */
static struct byte_span png_exif(struct byte_span file)
{
    struct byte_span chunk = span_after(file, 8);

    while (chunk.bytes && !span_starts_with(span_after(chunk, 4), "eXIf", 4))
        chunk = span_after(chunk, (size_t)span_integer(chunk, 0, 4, true) + 12);
    return span_after(chunk, 8);
}

/* A RIFF chunk is its name, its length and the contents, padded to an even length. */
static struct byte_span webp_exif(struct byte_span file)
{
    struct byte_span chunk = span_after(file, 12), contents;

    while (chunk.bytes && !span_starts_with(chunk, "EXIF", 4)) {
        size_t length = span_integer(chunk, 4, 4, false);
        chunk = span_after(chunk, 8 + length + length % 2);
    }
    contents = span_after(chunk, 8);
    /* Some programs put JPEG's prefix here, too. */
    return span_starts_with(contents, "Exif\0\0", 6) ? span_after(contents, 6) : contents;
}

/* The TIFF structure that holds the file's EXIF tags; a TIFF file is one itself. */
static struct byte_span exif_block(struct byte_span file)
{
    if (span_starts_with(file, "\xff\xd8", 2))
        return jpeg_exif(file);
    if (span_starts_with(file, "\x89PNG", 4))
        return png_exif(file);
    if (span_starts_with(file, "RIFF", 4))
        return webp_exif(file);
    return file;
}

int exif_orientation(const uint8_t *data, size_t bytes)
{
    struct byte_span block = exif_block((struct byte_span){data, bytes});
    uint32_t orientation = tiff_tag_number(block.data, block.bytes, TIFF_TAG_ORIENTATION);

    return orientation >= 1 && orientation <= 8 ? (int)orientation : 1;
}
