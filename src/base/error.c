/* error.c - fill in a mien_error.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* U+0080 to U+009F, two bytes each, command a terminal as well as those below a space. */
static void replace_control_characters(char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text, next = (unsigned char)text[1];
        if (byte < 0x20 || byte == 0x7f)
            *text = '?';
        else if (byte == 0xc2 && next >= 0x80 && next < 0xa0)
            text[0] = text[1] = '?';
    }
}

mien_status error_set(mien_error *err, mien_status status, const char *format, ...)
{
    va_list args;

    if (!err)
        return status;
    err->status = status;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    replace_control_characters(err->message);
    return status;
}

mien_status error_prefix(mien_error *err, mien_status status, const char *format, ...)
{
    char message[sizeof err->message];
    va_list args;
    size_t used;

    if (!err)
        return status;
    memcpy(message, err->message, sizeof message);
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, ": %s", message);
    replace_control_characters(err->message);
    return status;
}

mien_status error_memory(mien_error *err, size_t bytes)
{
    return error_set(err, MIEN_ENOMEM, "out of memory: %zu bytes could not be had", bytes);
}
