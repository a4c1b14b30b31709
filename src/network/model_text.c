/* model_text.c - which text and names a model file may hold: UTF-8 that cannot command a
 * terminal, and names that can be columns and arguments.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "network/model_format.h"

/* One well-formed sequence (Unicode 15, table 3-7): its length and code point, or 0. */
static size_t decode(const uint8_t *data, size_t bytes, uint32_t *ret_code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = data[0] < 0x80   ? 1
                    : data[0] < 0xc0 ? 0
                    : data[0] < 0xe0 ? 2
                    : data[0] < 0xf0 ? 3
                    : data[0] < 0xf8 ? 4
                                     : 0;
    uint32_t code = length > 1 ? data[0] & (0x7fu >> length) : data[0];

    if (length == 0 || length > bytes)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((data[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (data[i] & 0x3f);
    }
    if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    *ret_code = code;
    return length;
}

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

size_t model_text_span(const char *data, size_t bytes, bool lines)
{
    size_t at = 0;

    while (at < bytes) {
        uint32_t code = 0;
        size_t length = decode((const uint8_t *)data + at, bytes - at, &code);
        if (length == 0 || (is_control(code) && code != '\t' && !(lines && code == '\n')))
            return at;
        at += length;
    }
    return bytes;
}

bool model_key_is_valid(const char *key, size_t longest)
{
    static const char inner[] = "abcdefghijklmnopqrstuvwxyz0123456789 _-.";
    size_t length = strnlen(key, longest + 1);

    return length >= 1 && length <= longest && strspn(key, inner) == length && key[0] != ' ' &&
           key[length - 1] != ' ';
}

bool model_tensor_name_is_valid(const char *name)
{
    size_t length = strnlen(name, MODEL_NAME_BYTES);

    for (size_t i = 0; i < length; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return false;
    return length >= 1 && length < MODEL_NAME_BYTES;
}
