/* augmentation.h - pictures changed at random, so that a network sees each one differently.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_AUGMENTATION_H
#define TRAINING_AUGMENTATION_H

#include <stdbool.h>
#include <stdint.h>

struct augmentation {
    bool flip;      /* left and right, every other picture */
    float contrast; /* deviations from the picture's mean times 1 - c to 1 + c; 0 to 1 */
};

/* The reference system's: flip, contrast 0.2. */
void augmentation_init(struct augmentation *augmentation);

/* A grey picture (H, W) of bytes becomes levels (H, W), drawn from the stream `key`: the same key
 * gives the same picture. NULL: only converted. Any threads. */
void augmentation_apply(const struct augmentation *augmentation, const uint8_t *pixels, int H,
                        int W, uint64_t key, float *ret_levels);

#endif
