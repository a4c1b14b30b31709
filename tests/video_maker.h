/* video_maker.h - videos for tests, made by the program ffmpeg in a folder of the test's own.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_VIDEO_MAKER_H
#define TESTS_VIDEO_MAKER_H

#include "tests/temp_folder.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "image/image.h"

/* Runs a shell command in the folder, which must succeed. */
static inline void made_run(const char *format, ...)
{
    char command[4096];
    va_list arguments;
    int length = snprintf(command, sizeof command, "cd %s && ", temp_folder);

    va_start(arguments, format);
    vsnprintf(command + length, sizeof command - (size_t)length, format, arguments);
    va_end(arguments);
    if (system(command))
        fail_msg("failed: %s", command);
}

/* ffmpeg without a word. */
#define MADE_FFMPEG "ffmpeg -nostdin -v error -y "

/* A grey picture of `width` x `height` at `rate` frames a second, whose every pixel of frame n has
 * the luma 20 + n, but for 4 x 4 at its top left, which have 200: a way to see which frame this is,
 * and which way up. */
#define MADE_COUNTER                                                                               \
    MADE_FFMPEG                                                                                    \
    "-f lavfi -i \"nullsrc=s=%dx%d:r=%d,format=gray,geq=lum='if(lt(X,4)*lt(Y,4),200,20+N)'\" "     \
    "-frames:v %d "

/* Bytes of a file; the caller frees. */
static inline uint8_t *made_bytes(const char *name, size_t *ret_bytes)
{
    FILE *file = fopen(temp_path(name), "rb");
    uint8_t *data;
    long bytes;

    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    bytes = ftell(file);
    rewind(file);
    data = malloc((size_t)bytes + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t)bytes, file), bytes);
    fclose(file);
    *ret_bytes = (size_t)bytes;
    return data;
}

static inline void made_write(const char *name, const void *data, size_t bytes)
{
    FILE *file = fopen(temp_path(name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, bytes, file), bytes);
    fclose(file);
}

#endif
