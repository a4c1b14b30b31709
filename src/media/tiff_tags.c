/* tiff_tags.c - read one directory of a TIFF structure (TIFF 6.0, section 2).
 * Untrusted input: everything is read through byte_span.h.
 * SPDX-License-Identifier: MIT */
#include "media/tiff_tags.h"

#include "media/byte_span.h"

enum { ENTRY_BYTES = 12 };

/* Types of an entry's value. */
enum { TYPE_SHORT = 3, TYPE_LONG = 4 };

uint32_t tiff_tag_number(const uint8_t *data, size_t bytes, enum tiff_tag tag)
{
    struct byte_span file = {data, bytes}, entry;
    bool big_endian = span_starts_with(file, "MM\0*", 4);
    uint32_t entries;

    if (!big_endian && !span_starts_with(file, "II*\0", 4))
        return 0;
    entry = span_after(file, span_integer(file, 4, 4, big_endian));
    entries = span_integer(entry, 0, 2, big_endian);
    entry = span_after(entry, 2);
    for (; entries && entry.bytes >= ENTRY_BYTES; entries--) {
        uint32_t type = span_integer(entry, 2, 2, big_endian);
        if (span_integer(entry, 0, 2, big_endian) == (uint32_t)tag &&
            (type == TYPE_SHORT || type == TYPE_LONG))
            return span_integer(entry, 8, type == TYPE_SHORT ? 2 : 4, big_endian);
        entry = span_after(entry, ENTRY_BYTES);
    }
    return 0;
}
