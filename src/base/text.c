/* text.c - growing text, nearest names, and a decoder of UTF-8.
 * SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

static bool reserve(struct text *text, size_t more)
{
    size_t wanted, capacity = text->capacity ? text->capacity : 256;
    char *data;

    if (text->failed)
        return false;
    if (__builtin_add_overflow(text->length, more + 1, &wanted))
        goto failed;
    if (wanted <= text->capacity)
        return true;
    while (capacity < wanted)
        if (__builtin_mul_overflow(capacity, (size_t)2, &capacity))
            goto failed;
    data = realloc(text->data, capacity);
    if (!data)
        goto failed;
    text->data = data;
    text->capacity = capacity;
    return true;
failed:
    text->failed = true;
    return false;
}

void text_add_bytes(struct text *text, const void *bytes, size_t count)
{
    if (!reserve(text, count))
        return;
    memcpy(text->data + text->length, bytes, count);
    text->length += count;
    text->data[text->length] = 0;
}

void text_add(struct text *text, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0 || !reserve(text, (size_t)length)) {
        text->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, args);
    va_end(args);
    text->length += (size_t)length;
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

mien_status text_save(const struct text *text, const char *path, mien_error *err)
{
    struct atomic_file file;
    mien_status status =
        text->failed ? error_memory(err, text->capacity) : atomic_file_open(path, &file, err);

    if (status)
        return status;
    fwrite(text->data, 1, text->length, file.stream);
    return atomic_file_commit(&file, err);
}

enum { LONGEST_NAME = 63 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein distance by one row of the table; SIZE_MAX for names that are too long. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST_NAME + 1], m = strlen(a), n = strlen(b);

    if (m > LONGEST_NAME || n > LONGEST_NAME)
        return SIZE_MAX;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = smaller(change, 1 + smaller(row[j], row[j - 1]));
        }
    }
    return row[n];
}

const char *text_nearest(const char *word, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    size_t least = smaller(3, strlen(word) / 2 + 1); /* three typing errors or more: a guess */

    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, names[i]);
        if (d < least) {
            least = d;
            nearest = names[i];
        }
    }
    return nearest;
}

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

size_t text_clean_span(const char *data, size_t bytes, bool lines)
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
