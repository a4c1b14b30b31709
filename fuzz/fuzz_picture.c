/* fuzz_picture.c - any bytes as a picture file: read or refused, never more.
 * Build with clang and -fsanitize=fuzzer,address,undefined against media, image, base, FFmpeg.
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/picture_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* What the reader promises of a picture. */
static void check(const struct image *image, const struct picture_options *options)
{
    uint32_t sum = 0;

    if (image->channels != options->channels || image->width < 1 || image->height < 1 ||
        (size_t)image->width * (size_t)image->height > options->max_pixels)
        abort();
    for (int y = 0; y < image->height; y++) /* every byte is there */
        for (int i = 0; i < image->width * image->channels; i++)
            sum += image_row(image, y)[i];
    if (sum == UINT32_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    /* Small pictures only: more inputs a second, and the bound is tried, too. */
    struct picture_options options = {bytes % 2 ? 1 : 3, 1 << 16};
    struct image image;
    mien_error err = {0};

    if (picture_read_memory(data, bytes, "fuzz", &options, &image, &err)) {
        if (!err.status || strncmp(err.message, "fuzz: ", 6) != 0)
            abort();
        return 0;
    }
    check(&image, &options);
    image_free(&image);
    return 0;
}
