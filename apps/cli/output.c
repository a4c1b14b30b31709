/* output.c - JSON and new files as all commands write them.
 * SPDX-License-Identifier: MIT */
#include "output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

mien_status output_json(json_t *value, mien_error *err)
{
    char *line = value ? json_dumps(value, JSON_REAL_PRECISION(9) | JSON_ENCODE_ANY) : NULL;

    json_decref(value);
    if (!line)
        return error_set(err, MIEN_ENOMEM, "JSON: out of memory");
    puts(line); /* main() reports what could not be written */
    free(line);
    return MIEN_OK;
}

json_t *output_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* Bytes of the UTF-8 character at `text`, or 0 if it is none; Jansson judges the details. */
static size_t character_bytes(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    size_t bytes = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    json_t *character = strnlen(text, bytes) == bytes ? json_stringn(text, bytes) : NULL;

    json_decref(character);
    return character ? bytes : 0;
}

json_t *output_string(const char *text)
{
    json_t *string = json_string(text);
    struct text mended = {0};

    if (string)
        return string;
    while (*text) {
        size_t bytes = character_bytes(text);
        if (bytes)
            text_add_bytes(&mended, text, bytes);
        else
            text_add(&mended, "\xEF\xBF\xBD");
        text += bytes ? bytes : 1;
    }
    string = mended.failed || !mended.data ? NULL : json_string(mended.data);
    text_free(&mended);
    return string;
}

mien_status output_check_new(const char *path, bool force, mien_error *err)
{
    if (force || access(path, F_OK))
        return MIEN_OK;
    return error_set(err, MIEN_EINVAL, "%s: exists; --force overwrites it", path);
}

mien_status output_check_new_in(const char *folder, const char *name, bool force, mien_error *err)
{
    struct text path = {0};
    mien_status status;

    text_add(&path, "%s/%s", folder, name);
    status =
        path.failed ? error_memory(err, strlen(folder)) : output_check_new(path.data, force, err);
    text_free(&path);
    return status;
}
