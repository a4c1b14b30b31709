/* picture_size.c - the size in the header of each format.
 * Untrusted input: everything is read through byte_span.h.
 * SPDX-License-Identifier: MIT */
#include "media/picture_size.h"

#include "media/byte_span.h"
#include "media/tiff_tags.h"

/* The first segment that starts a frame: markers c0 to cf but for tables (c4, cc) and c8. */
static void jpeg_size(struct byte_span file, uint32_t *width, uint32_t *height)
{
    int kind = 0;
    struct byte_span segment = span_jpeg_segment(span_after(file, 2), &kind);

    while (segment.bytes && kind != 0xda) {
        if (kind >= 0xc0 && kind <= 0xcf && kind != 0xc4 && kind != 0xc8 && kind != 0xcc) {
            *height = span_integer(segment, 5, 2, true);
            *width = span_integer(segment, 7, 2, true);
            return;
        }
        segment = span_jpeg_segment(span_jpeg_next(segment), &kind);
    }
}

/* After the file's header of 14 bytes, that of the picture, which begins with its own size: 12 in
 * OS/2's. A negative height says that the rows go down. */
static void bmp_size(struct byte_span file, uint32_t *width, uint32_t *height)
{
    bool short_header = span_integer(file, 14, 4, false) == 12;

    *width = span_integer(file, 18, short_header ? 2 : 4, false);
    *height = short_header ? span_integer(file, 20, 2, false) : span_integer(file, 22, 4, false);
    *height = *height > INT32_MAX ? 0 - *height : *height;
}

bool picture_size(struct picture_format format, const uint8_t *data, size_t bytes,
                  uint32_t *ret_width, uint32_t *ret_height)
{
    struct byte_span file = {data, bytes};
    uint32_t width = 0, height = 0;

    switch (format.codec) {
    case AV_CODEC_ID_MJPEG:
        jpeg_size(file, &width, &height);
        break;
    case AV_CODEC_ID_PNG:
        width = span_integer(file, 16, 4, true);
        height = span_integer(file, 20, 4, true);
        break;
    case AV_CODEC_ID_GIF:
        width = span_integer(file, 6, 2, false);
        height = span_integer(file, 8, 2, false);
        break;
    case AV_CODEC_ID_BMP:
        bmp_size(file, &width, &height);
        break;
    case AV_CODEC_ID_TIFF:
        width = tiff_tag_number(data, bytes, TIFF_TAG_WIDTH);
        height = tiff_tag_number(data, bytes, TIFF_TAG_HEIGHT);
        break;
    default:
        return false;
    }
    if (!width || !height)
        return false;
    *ret_width = width;
    *ret_height = height;
    return true;
}
