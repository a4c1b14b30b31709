/* fuzz_label_map.c - any bytes as a map of labels: a label of the model for each of the data set,
 * or a refusal. Built with -Dfuzz=true (fuzz/meson.build).
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dataset/label_map.h"

enum { LABELS = 3, MODEL_LABELS = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const char *const names[MODEL_LABELS] = {"happy", "sad"};
    char *labels[LABELS] = {"joy", "blue", "7"};
    const struct dataset dataset = {.label_count = LABELS, .label_names = labels};
    mien_error err = {.message = ""};
    int file = memfd_create("map", 0), *to = NULL;
    char path[64];

    if (file < 0 || write(file, data, bytes) != (ssize_t)bytes)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (label_map_new(&dataset, names, MODEL_LABELS, path, &to, &err) && (!err.message[0] || to))
        abort(); /* a refusal without a reason, or with a result */
    for (int label = 0; to && label < LABELS; label++)
        if (to[label] < LABEL_UNKNOWN || to[label] >= MODEL_LABELS)
            abort();
    free(to);
    close(file);
    return 0;
}
