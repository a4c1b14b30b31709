/* landmarks.h - where eyes, nose and mouth of a face are, by a small network that sees the face
 * alone. The cells of the detector answer for the whole of a face and hardly see how it is turned;
 * a second, closer look is cheap (Zhang et al., "Joint face detection and alignment using multitask
 * cascaded convolutional networks", IEEE Signal Processing Letters 23(10), 2016).
 * SPDX-License-Identifier: MIT */
#ifndef FACE_LANDMARKS_H
#define FACE_LANDMARKS_H

#include "face/detector.h"
#include "image/warp.h"

enum { LANDMARKS_SIDE = 32, LANDMARKS_NUMBERS = 8 };

/* The square around the middle of a box of this height that the network sees; pixels. */
#define LANDMARKS_SQUARE(height) (1.25f * (height))

/* From a crop of `side` x `side` pixels to the square around this middle. */
struct affine landmarks_map(float centre_x, float centre_y, float height, int side);

/* Makes a crop's levels (LANDMARKS_SIDE, LANDMARKS_SIDE) the network's input: mean 0, deviation
 * about 1, whatever the light is. */
void landmarks_normalize(float *levels);

/* A network of the architecture "landmarks": its numbers are x and y of left eye, right eye, nose
 * and mouth from the square's middle, in its sides. One thread at a time. */
struct landmark_placer;

/* The network is borrowed. MIEN_EINVAL if it places no landmarks. */
mien_status landmark_placer_new(const struct network *network, struct landmark_placer **ret_placer,
                                mien_error *err);
void landmark_placer_free(struct landmark_placer *placer);

/* Fills in the landmarks of `faces` (count), found in `image`. MIEN_ENOMEM, or what image_warp()
 * says; landmarks are then undefined. */
mien_status landmark_placer_place(struct landmark_placer *placer, const struct image *image,
                                  struct detection *faces, size_t count, mien_error *err);

#endif
