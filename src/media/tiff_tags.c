/* tiff_tags.c - read one directory of a TIFF structure (TIFF 6.0, section 2).
 * Untrusted input: every offset is checked against the bytes left before it is followed.
 * SPDX-License-Identifier: MIT */
#include "media/tiff_tags.h"

#include <stdbool.h>
#include <string.h>

enum { ENTRY = 12, SHORT = 3 };

/* An integer of 2 or 4 bytes. */
static uint32_t integer(const uint8_t *data, int bytes, bool big_endian)
{
    uint32_t value = 0;

    for (int i = 0; i < bytes; i++)
        value |= (uint32_t)data[i] << 8 * (big_endian ? bytes - 1 - i : i);
    return value;
}

int tiff_tag_number(const uint8_t *data, size_t bytes, enum tiff_tag tag)
{
    bool big_endian;
    size_t directory, entries;

    if (bytes < 8 || (memcmp(data, "MM\0*", 4) != 0 && memcmp(data, "II*\0", 4) != 0))
        return 0;
    big_endian = data[0] == 'M';
    directory = integer(data + 4, 4, big_endian);
    if (directory > bytes - 2)
        return 0;
    entries = integer(data + directory, 2, big_endian);
    if (entries > (bytes - directory - 2) / ENTRY)
        entries = (bytes - directory - 2) / ENTRY;
    for (size_t i = 0; i < entries; i++) {
        const uint8_t *entry = data + directory + 2 + i * ENTRY;
        if (integer(entry, 2, big_endian) == tag && integer(entry + 2, 2, big_endian) == SHORT)
            return (int)integer(entry + 8, 2, big_endian);
    }
    return 0;
}
