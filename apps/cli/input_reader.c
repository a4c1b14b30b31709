/* input_reader.c - pictures from files; standard input is read to its end first.
 * SPDX-License-Identifier: MIT */
#include "input_reader.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "media/picture_format.h"
#include "media/picture_reader.h"
#include "terminal.h"

#define STANDARD_INPUT "standard input"

/* How often a wait for the other end of a pipe looks whether the user wants to stop, ms. */
enum { PATIENCE_MS = 100 };

/* Reads what is there into `bytes`, once there is something. 0 at the end. */
static mien_status read_some(struct text *bytes, size_t *ret_count, mien_error *err)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char block[1 << 16];
    ssize_t count = -1;

    while (!stop_requested()) {
        int ready = poll(&in, 1, PATIENCE_MS);
        if (ready == 0 || (ready < 0 && errno == EINTR))
            continue;
        count = read(STDIN_FILENO, block, sizeof block);
        if (count >= 0 || errno != EINTR)
            break;
    }
    if (stop_requested())
        return error_set(err, MIEN_ECANCELLED, "stopped by the user");
    if (count < 0)
        return error_set(err, MIEN_EIO, STANDARD_INPUT ": %s", strerror(errno));
    text_add_bytes(bytes, block, (size_t)count);
    *ret_count = (size_t)count;
    return bytes->failed ? error_memory(err, bytes->length + (size_t)count) : MIEN_OK;
}

/* What tells a video from a picture. */
enum { START_BYTES = 1024 };

mien_status input_begin(struct input *input, mien_error *err)
{
    size_t count = 1;
    mien_status status = MIEN_OK;

    if (strcmp(input->path, "-") != 0 || isatty(STDIN_FILENO))
        return MIEN_OK;
    while (!status && count && input->start.length < START_BYTES)
        status = read_some(&input->start, &count, err);
    input->video = picture_format_of((const uint8_t *)input->start.data, input->start.length).video;
    return status;
}

/* One input: a file's name, or what standard input brought. */
struct reader {
    const char *path;
    const struct text *bytes; /* NULL: the file's */
};

static mien_status read_channels(const struct reader *reader, int channels, struct image *ret_image,
                                 mien_error *err)
{
    struct picture_options options;

    picture_options_init(&options);
    options.channels = channels;
    if (reader->bytes)
        return picture_read_memory(reader->bytes->data, reader->bytes->length, reader->path,
                                   &options, ret_image, err);
    return picture_read_with(reader->path, &options, ret_image, err);
}

static mien_status read_both(const struct reader *reader, struct image *ret_grey,
                             struct image *ret_rgb, mien_error *err)
{
    struct image grey = {0};
    mien_status status = read_channels(reader, 1, &grey, err);

    if (!status && ret_rgb)
        status = read_channels(reader, 3, ret_rgb, err);
    if (!status)
        *ret_grey = grey;
    else
        image_free(&grey);
    return status;
}

static mien_status read_standard_input(const struct text *start, struct image *ret_grey,
                                       struct image *ret_rgb, mien_error *err)
{
    struct text bytes = {0};
    struct reader reader = {STANDARD_INPUT, &bytes};
    size_t count = 1;
    mien_status status = MIEN_OK;

    if (isatty(STDIN_FILENO))
        return error_set(err, MIEN_EINVAL,
                         STANDARD_INPUT " is a terminal, no picture: - < photo.jpg");
    text_add_bytes(&bytes, start->data, start->length);
    while (!status && count && bytes.length <= PICTURE_MAX_BYTES)
        status = read_some(&bytes, &count, err);
    if (!status)
        status = read_both(&reader, ret_grey, ret_rgb, err);
    text_free(&bytes);
    return status;
}

mien_status input_read(const struct input *input, struct image *ret_grey, struct image *ret_rgb,
                       mien_error *err)
{
    struct reader reader = {input->path, NULL};

    if (input->problem)
        return error_set(err, MIEN_EIO, "%s", input->problem);
    if (!strcmp(input->path, "-"))
        return read_standard_input(&input->start, ret_grey, ret_rgb, err);
    return read_both(&reader, ret_grey, ret_rgb, err);
}
