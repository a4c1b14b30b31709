/* augmentation.h - pictures changed at random, so that a network sees each one differently.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_AUGMENTATION_H
#define TRAINING_AUGMENTATION_H

#include <stdbool.h>
#include <stdint.h>

/* How far each picture may be changed; 0 and false are off. Uniform within the bounds unless told
 * otherwise. What a warp moves in from outside the picture is its mirror image. */
struct augmentation {
    bool flip;        /* left and right, every other picture */
    float rotation;   /* turned by -r to r degrees; 0 to 180 */
    float shift;      /* moved by -s to s of the side, each axis on its own; 0 to 1 */
    float zoom;       /* enlarged by 1 / (1 + z) to 1 + z, uniform in the logarithm; 0 to 3 */
    float shear;      /* rows moved against each other by -s to s pixels a row; 0 to 1 */
    float crop;       /* 0 to c of the width and of the height cut away, anywhere at the edges,
                         and the rest resized to the whole; 0 to 0.9 */
    float gamma;      /* black to white to the power of 1 / (1 + g) to 1 + g, uniform in the
                         logarithm; 0 to 4 */
    float contrast;   /* deviations from the picture's mean times 1 - c to 1 + c; 0 to 1 */
    float brightness; /* -b to b of white added; 0 to 1 */
    float blur;       /* every other picture: a Gaussian of 0 to b pixels; 0 to 8 */
    float noise;  /* every other picture: with a standard deviation of 0 to n levels; 0 to 128 */
    float blocks; /* every other picture: coarse JPEG, its first step 0 to b levels; 0 to 64 */
    float cutout; /* a square with sides of c times the height gets the picture's mean, its
                     centre anywhere (DeVries, Taylor 2017); 0 to 1 */
    float erase;  /* probability that a rectangle is filled with noise (Zhong et al., AAAI
                     2020, with sides of 3 to 10 to 10 to 3); 0 to 1 */
    float erase_area; /* it covers 0.02 to a of the picture; 0.02 to 1 */
};

/* The reference system's: flip, contrast 0.2. What would be erased covers at most 0.2. */
void augmentation_init(struct augmentation *augmentation);

/* A grey picture (H, W) of bytes becomes levels (H, W), which may leave 0 to 255, drawn from the
 * stream `key`: the same key gives the same picture, and what is off takes nothing from what is
 * on. NULL: only converted. Any threads. */
void augmentation_apply(const struct augmentation *augmentation, const uint8_t *pixels, int H,
                        int W, uint64_t key, float *ret_levels);

#endif
