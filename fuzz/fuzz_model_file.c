/* fuzz_model_file.c - libFuzzer over the model reader: any bytes open or are refused in words.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "network/model_file.h"
#include "network/model_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static volatile size_t sink;

/* Reads all that the object hands out, so that a wrong pointer is found out. */
static void read_everything(const struct model_file *file)
{
    const struct model_description *content = &file->content;

    sink += strlen(content->architecture) + strlen(content->history);
    for (size_t i = 0; i < content->label_count; i++)
        sink += strlen(content->labels[i]);
    for (size_t i = 0; i < content->about_count; i++)
        sink += strlen(model_file_about(file, content->about[i].key));
    for (size_t i = 0; i < content->tensor_count; i++) {
        const struct model_tensor *tensor = model_file_tensor(file, content->tensors[i].name);
        for (size_t b = 0; b < tensor->bytes; b++)
            sink += ((const uint8_t *)tensor->data)[b];
    }
}

static void try_to_open(const uint8_t *data, size_t bytes, bool verify)
{
    struct model_file *file;
    mien_error err = {0};

    if (model_file_open_memory(data, bytes, verify, &file, &err)) {
        size_t length = strlen(err.message);
        if (length == 0 || text_clean_span(err.message, length, false) != length)
            abort(); /* a refusal without a reason, or one that a terminal cannot show */
        return;
    }
    read_everything(file);
    model_file_close(file);
}

/* Makes size and checksum right, which no mutation finds. */
static void seal(uint8_t *data, size_t bytes)
{
    struct sha256 hash;
    uint64_t size = bytes;

    memcpy(data + MODEL_HEADER_SIZE, &size, sizeof size);
    sha256_init(&hash);
    sha256_update(&hash, data + MODEL_HEADER_BYTES, bytes - MODEL_HEADER_BYTES);
    sha256_final(&hash, data + MODEL_HEADER_SHA256);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    void *copy;

    if (posix_memalign(&copy, MEMORY_ALIGNMENT, bytes ? bytes : 1))
        return 0;
    if (bytes)
        memcpy(copy, data, bytes);
    try_to_open(copy, bytes, false);
    if (bytes >= MODEL_HEADER_BYTES) {
        seal(copy, bytes);
        try_to_open(copy, bytes, true);
    }
    free(copy);
    return 0;
}
