/* byte_span.h - steps through the bytes of an untrusted file without ever leaving them.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_BYTE_SPAN_H
#define MEDIA_BYTE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A run of bytes of somebody else's memory. */
struct byte_span {
    const uint8_t *data;
    size_t bytes;
};

/* What is left after the first `count` bytes; nothing (NULL, 0) where there are no more. */
static inline struct byte_span span_after(struct byte_span span, size_t count)
{
    return count < span.bytes ? (struct byte_span){span.data + count, span.bytes - count}
                              : (struct byte_span){NULL, 0};
}

static inline bool span_starts_with(struct byte_span span, const char *text, size_t bytes)
{
    return span.bytes >= bytes && !memcmp(span.data, text, bytes);
}

/* The integer of 1 to 4 bytes at `offset`, or 0 where the span does not hold it. */
static inline uint32_t span_integer(struct byte_span span, size_t offset, int bytes,
                                    bool big_endian)
{
    uint32_t value = 0;

    span = span_after(span, offset);
    if (span.bytes < (size_t)bytes)
        return 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint32_t)span.data[i] << 8 * (big_endian ? bytes - 1 - i : i);
    return value;
}

/* Of a JPEG file or what is left of one: the segment from its marker on, past fill bytes, and in
 * `ret_kind` the marker's second byte; nothing where no segment with a length follows. */
static inline struct byte_span span_jpeg_segment(struct byte_span span, int *ret_kind)
{
    while (span.bytes >= 4 && span.data[0] == 0xff && span.data[1] == 0xff)
        span = span_after(span, 1);
    if (span.bytes < 4 || span.data[0] != 0xff || span_integer(span, 2, 2, true) < 2)
        return (struct byte_span){NULL, 0};
    *ret_kind = span.data[1];
    return span;
}

/* What follows a segment. */
static inline struct byte_span span_jpeg_next(struct byte_span segment)
{
    return span_after(segment, 2 + (size_t)span_integer(segment, 2, 2, true));
}

#endif
