/* fuzz_video.c - any bytes as a video file: read or refused, never more.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "media/frame_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* So many frames are enough: others are worth more. */
enum { FRAMES = 20 };

static void check(const struct image *image, int channels)
{
    uint32_t sum = 0;

    if (image->channels != channels || image->width < 1 || image->height < 1)
        abort();
    for (int y = 0; y < image->height; y++) /* every byte is there */
        for (int i = 0; i < image->width * image->channels; i++)
            sum += image_row(image, y)[i];
    if (sum == UINT32_MAX)
        abort();
}

static void read_frames(struct frame_source *source)
{
    struct source_frame frame = {0};
    double last = 0;
    mien_error err;
    bool end = false;

    for (int i = 0; i < FRAMES && !end; i++) {
        if (frame_source_read(source, &frame, &end, &err))
            break;
        if (end)
            break;
        check(&frame.grey, 1);
        check(&frame.chroma[0], 1);
        check(&frame.chroma[1], 1);
        check(&frame.rgb, 3);
        if (!(frame.time_s >= last))
            abort();
        last = frame.time_s;
    }
    source_frame_free(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct frame_source_options options;
    struct frame_source *source;
    mien_error err = {0};
    char path[64];
    int file = memfd_create("video", MFD_CLOEXEC);

    if (file < 0 || write(file, data, bytes) != (ssize_t)bytes)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    frame_source_options_init(&options);
    options.chroma = options.rgb = options.sound = true;
    options.threads = 1;
    options.max_pixels = 1 << 16;
    if (!frame_source_open(path, &options, &source, &err)) {
        read_frames(source);
        frame_source_close(source);
    } else if (!err.status || strncmp(err.message, "/proc/self/fd/", 14) != 0) {
        abort();
    }
    close(file);
    return 0;
}
