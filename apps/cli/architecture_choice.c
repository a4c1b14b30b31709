/* architecture_choice.c - find and parse the architecture that `--arch` names.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "architecture_choice.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

mien_status architecture_choose(const char *name, struct architecture **ret_architecture,
                                mien_error *err)
{
    const char *builtin = architecture_builtin(name);
    struct file_map map;
    mien_status status;
    char *text;

    if (builtin)
        return architecture_parse(builtin, name, ret_architecture, err);
    status = file_map_open(name, &map, err);
    if (status)
        return error_prefix(err, status, "--arch: no built-in architecture, and as a file");
    text = strndup((const char *)map.data, map.bytes);
    if (!text)
        status = error_memory(err, map.bytes);
    else if (strlen(text) < map.bytes)
        status = error_set(err, MIEN_ECORRUPT, "--arch: %s is no text: byte %zu is zero", name,
                           strlen(text));
    else
        status = architecture_parse(text, name, ret_architecture, err);
    file_map_close(&map);
    free(text);
    return status;
}
