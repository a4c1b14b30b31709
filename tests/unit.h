/* unit.h - what every test program includes: cmocka with the headers that it needs, and where
 * the research data is.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The path of a research data file ("fer2013/fer2013.csv.zst"), kept outside the repository.
 * Skips the running test, saying so, where it is not there. `path` holds `size` bytes. */
static inline void unit_data_path(const char *name, char *path, size_t size)
{
    const char *folder = getenv("MIEN_DATA"), *source = getenv("MIEN_SOURCE");

    if (folder)
        snprintf(path, size, "%s/%s", folder, name);
    else
        snprintf(path, size, "%s/../shared/data/%s", source ? source : ".", name);
    if (access(path, R_OK)) {
        fprintf(stderr, "SKIPPED: %s is not here (set MIEN_DATA)\n", path);
        skip();
    }
}

#endif
