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

static mien_status read_standard_input(const struct text *start, struct image *ret_image,
                                       mien_error *err)
{
    struct picture_options options;
    struct text bytes = {0};
    size_t count = 1;
    mien_status status = MIEN_OK;

    if (isatty(STDIN_FILENO))
        return error_set(err, MIEN_EINVAL,
                         STANDARD_INPUT " is a terminal, no picture: - < photo.jpg");
    picture_options_init(&options);
    text_add_bytes(&bytes, start->data, start->length);
    while (!status && count && bytes.length <= PICTURE_MAX_BYTES)
        status = read_some(&bytes, &count, err);
    if (!status)
        status =
            picture_read_memory(bytes.data, bytes.length, STANDARD_INPUT, &options, ret_image, err);
    text_free(&bytes);
    return status;
}

mien_status input_read(const struct input *input, struct image *ret_image, mien_error *err)
{
    if (input->problem)
        return error_set(err, MIEN_EIO, "%s", input->problem);
    if (!strcmp(input->path, "-"))
        return read_standard_input(&input->start, ret_image, err);
    return picture_read(input->path, ret_image, err);
}
