/* temp_folder.h - a folder of the test's own: fixtures of a single test, or of all of a program.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_TEMP_FOLDER_H
#define TESTS_TEMP_FOLDER_H

#include "tests/unit.h"

#include <ftw.h>
#include <string.h>

static char temp_folder[32];

static inline int temp_folder_new(void **state)
{
    (void)state;
    strcpy(temp_folder, "/tmp/mien-test-XXXXXX");
    return mkdtemp(temp_folder) ? 0 : -1;
}

static inline int temp_remove(const char *path, const struct stat *facts, int kind,
                              struct FTW *where)
{
    (void)facts;
    (void)kind;
    (void)where;
    return remove(path);
}

/* With all that is in it. */
static inline int temp_folder_free(void **state)
{
    (void)state;
    return nftw(temp_folder, temp_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of `name` in the folder; good until eight further ones were asked for. */
static inline const char *temp_path(const char *name)
{
    static char paths[8][320];
    static int turn;
    char *path = paths[turn++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", temp_folder, name);
    return path;
}

#endif
