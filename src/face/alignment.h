/* alignment.h - from a face's box and landmarks to the upright square that a classifier sees.
 * SPDX-License-Identifier: MIT */
#ifndef FACE_ALIGNMENT_H
#define FACE_ALIGNMENT_H

#include "image/warp.h"

/* The map from a square of `side` x `side` pixels to the picture, such that a face with this box
 * (x, y, width, height; above 0 in size) and these landmarks (left eye, right eye, nose, mouth as
 * seen in the picture) lies in the square about as faces lie in FER2013's crops. Box and landmarks
 * each tell a place and a size; their mean is nearer to the truth than either, as they err in
 * different faces. The turn is the landmarks'. MIEN_EINVAL if the landmarks are not finite. */
mien_status alignment_map(const float box[4], const float landmarks[4][2], int side,
                          struct affine *ret_map, mien_error *err);

#endif
