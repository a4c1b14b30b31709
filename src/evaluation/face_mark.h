/* face_mark.h - a face in a picture as the data say: its box, its landmarks, or that it does not
 * count. Coordinates in pixels of the picture, as image.h has them.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_FACE_MARK_H
#define EVALUATION_FACE_MARK_H

#include <stdbool.h>

#include "image/warp.h"

/* Left and right are those of an upright picture of the face, and stay with it when it is turned.
 */
enum face_landmark {
    FACE_LEFT_EYE,
    FACE_RIGHT_EYE,
    FACE_NOSE,
    FACE_MOUTH,
    FACE_LANDMARKS,
};

struct face_mark {
    float x, y, w, h;                   /* box: left, top, width, height */
    float landmarks[FACE_LANDMARKS][2]; /* (landmark, xy); zeros where there are none */
    bool has_landmarks;
    bool ignore; /* perhaps a face: neither to be found nor to be left alone */
};

/* The size of a face: its box's longer side. */
static inline float face_mark_size(const struct face_mark *mark)
{
    return mark->w > mark->h ? mark->w : mark->h;
}

/* Makes the box from the landmarks, upright however the face is turned: with u the larger of the
 * eye distance and 0.95 times the way from the eyes to the mouth, it is 2.75 u high, 0.82 times as
 * wide, and its centre lies 0.42 of the way from the eyes to the mouth. */
void face_mark_box(struct face_mark *mark);

/* The mark in a picture that was mapped so. Boxes stay upright: one with landmarks is made of them
 * anew, one without keeps its middle and is scaled. Where the map mirrors, the eyes change names.
 */
struct face_mark face_mark_mapped(const struct face_mark *mark, const struct affine *map);

/* Intersection over union of two boxes x, y, w, h; 0 where either is empty. */
float face_box_iou(const float a[4], const float b[4]);

#endif
