/* appearance.h - what a person looks like from afar, in a few numbers that stay the same while the
 * person moves: to tell who is who in a video, not to identify anybody.
 * SPDX-License-Identifier: MIT */
#ifndef FACE_APPEARANCE_H
#define FACE_APPEARANCE_H

#include "image/image.h"

enum { APPEARANCE_COLUMNS = 6, APPEARANCE_ROWS = 9 };
enum { APPEARANCE_FLOATS = 3 * APPEARANCE_COLUMNS * APPEARANCE_ROWS };

/* Describes the person whose face has the box x, y, w, h: light and colour of a coarse grid over
 * hair, face and shoulders, freed of the picture's brightness. A unit vector.
 * @param chroma         (2) Cb and Cr of the same picture, at any size
 * @param ret_appearance out (APPEARANCE_FLOATS)
 * @return MIEN_ENOMEM, or MIEN_EINVAL for a box without area */
mien_status appearance_describe(const struct image *grey, const struct image *chroma, float x,
                                float y, float w, float h, float *ret_appearance, mien_error *err);

/* 1 minus the cosine: 0 the same, 2 the opposite. */
float appearance_distance(const float *a, const float *b);

#endif
