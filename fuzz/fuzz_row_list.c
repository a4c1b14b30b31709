/* fuzz_row_list.c - any bytes as a list of rows: sorted rows of the data set, or a refusal.
 * Built with -Dfuzz=true (fuzz/meson.build).
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dataset/row_list.h"

enum { ROWS = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    mien_error err = {.message = ""};
    int file = memfd_create("rows", 0);
    uint32_t *rows = NULL;
    size_t count = 0;
    char path[64];

    if (file < 0 || write(file, data, bytes) != (ssize_t)bytes)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (row_list_read(path, ROWS, &rows, &count, &err) && (!err.message[0] || rows))
        abort(); /* a refusal without a reason, or with a result */
    for (size_t i = 0; i < count; i++)
        if (rows[i] >= ROWS || (i && rows[i] <= rows[i - 1]))
            abort();
    free(rows);
    close(file);
    return 0;
}
