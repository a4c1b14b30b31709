/* input_reader.h - one input as a picture, from a file or standard input.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_INPUT_READER_H
#define CLI_INPUT_READER_H

#include "image/image.h"
#include "input_list.h"

/* Finds out whether standard input brings a picture or a video, for which it reads some of it; of
 * others that is known. Fails as input_read(). */
mien_status input_begin(struct input *input, mien_error *err);

/* Reads an input as an upright grey picture, and, unless `ret_rgb` is NULL, in colour, too: grey is
 * read by itself, so that it is the same with colour and without. The input's problem, if it has
 * one, is the error. Any thread.
 * @return as picture_read() (media/picture_reader.h), or MIEN_ECANCELLED while standard input
 *         keeps it waiting */
mien_status input_read(const struct input *input, struct image *ret_grey, struct image *ret_rgb,
                       mien_error *err);

#endif
