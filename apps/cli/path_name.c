/* path_name.c - the last part of a path.
 * SPDX-License-Identifier: MIT */
#include "path_name.h"

const char *path_name(const char *path)
{
    const char *name = path;

    for (const char *at = path; *at; at++)
        if (*at == '/' && at[1] && at[1] != '/')
            name = at + 1;
    return name;
}
