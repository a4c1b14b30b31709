/* alignment.h - from a face's landmarks to the upright square that a classifier sees.
 * SPDX-License-Identifier: MIT */
#ifndef FACE_ALIGNMENT_H
#define FACE_ALIGNMENT_H

#include "image/warp.h"

/* The map from a square of `side` x `side` pixels to the picture, such that the face with these
 * landmarks (left eye, right eye, nose, mouth as seen in the picture) lies in the square as faces
 * lie in FER2013's crops, but for a slightly tighter frame: a similarity, the best one in the sense
 * of least squares (Umeyama, IEEE TPAMI 13(4), 1991). MIEN_EINVAL if the landmarks coincide. */
mien_status alignment_map(const float landmarks[4][2], int side, struct affine *ret_map,
                          mien_error *err);

#endif
