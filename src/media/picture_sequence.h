/* picture_sequence.h - picture files as the frames of a video.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_PICTURE_SEQUENCE_H
#define MEDIA_PICTURE_SEQUENCE_H

#include <stddef.h>

#include "base/error.h"

struct picture_sequence {
    char **paths; /* (count) */
    size_t count;
};

/* The pictures of a folder, those below it and hidden ones not among them, in the order of the
 * numbers in their names (9.png before 10.png); or those that a pattern such as shots/%04d.png
 * names, from the first number below 10 that is there, on until one is missing; or one picture.
 * @return MIEN_EIO (no such folder, no picture), MIEN_ENOMEM */
mien_status picture_sequence_new(const char *place, struct picture_sequence *ret_sequence,
                                 mien_error *err);

/* Accepts a zeroed one. */
void picture_sequence_free(struct picture_sequence *sequence);

#endif
