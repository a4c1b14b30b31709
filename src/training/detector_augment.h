/* detector_augment.h - the look of a training picture, changed at random: light, lens, sensor,
 * storage, age.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_DETECTOR_AUGMENT_H
#define TRAINING_DETECTOR_AUGMENT_H

#include "image/image.h"

/* Draws from the stream `key` what happens to `picture` (grey; its pixels are overwritten) and
 * writes the result, whole levels of 0 to 255, to `ret_levels` (H, W). What would wipe out a face
 * of `smallest_face` pixels is not drawn. Any number of threads, each its own picture.
 * @return MIEN_ENOMEM */
mien_status detector_augment(struct image *picture, float smallest_face, uint64_t key,
                             float *ret_levels, mien_error *err);

#endif
