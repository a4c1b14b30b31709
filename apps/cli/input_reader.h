/* input_reader.h - one input as a picture, from a file or standard input.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_INPUT_READER_H
#define CLI_INPUT_READER_H

#include "image/image.h"
#include "input_list.h"

/* Finds out whether standard input brings a picture or a video, for which it reads some of it; of
 * others that is known. Fails as input_read(). */
mien_status input_begin(struct input *input, mien_error *err);

/* Reads an input as an upright RGB picture; its problem, if it has one, is the error. Any thread.
 * @return as picture_read() (media/picture_reader.h), or MIEN_ECANCELLED while standard input
 *         keeps it waiting */
mien_status input_read(const struct input *input, struct image *ret_image, mien_error *err);

#endif
