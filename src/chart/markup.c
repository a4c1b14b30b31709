/* markup.c - escaping for HTML and SVG, and base 64.
 * SPDX-License-Identifier: MIT */
#include "chart/markup.h"

#include <glib.h>
#include <string.h>

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\t':
    case '\n':
        return NULL;
    case 0x7f:
        return "\xef\xbf\xbd";
    default:
        return (unsigned char)c < 0x20 ? "\xef\xbf\xbd" : NULL;
    }
}

void markup_add(struct text *text, const char *plain)
{
    char *valid = g_utf8_make_valid(plain, -1);

    for (const char *c = valid; *c; c++) {
        const char *entity = entity_of(*c);
        if (entity)
            text_add_bytes(text, entity, strlen(entity));
        else
            text_add_bytes(text, c, 1);
    }
    g_free(valid);
}

void markup_add_base64(struct text *text, const uint8_t *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < count; i += 3) {
        size_t left = count - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        char out[4] = {digits[group >> 18], digits[group >> 12 & 63],
                       left > 1 ? digits[group >> 6 & 63] : '=',
                       left > 2 ? digits[group & 63] : '='};
        text_add_bytes(text, out, sizeof out);
    }
}
