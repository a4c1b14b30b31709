/* levels.h - what cameras, lenses, storage and age do to a grey picture (H, W) of levels, 0 black
 * to 255 white. Levels may leave that range on the way; levels_round() brings them back.
 * Any number of threads, each its own picture.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_LEVELS_H
#define TRAINING_LEVELS_H

#include <stdint.h>

/* A Gaussian of `sigma` pixels, LEVELS_BLUR_LEAST to 8. */
#define LEVELS_BLUR_LEAST 0.2f
void levels_blur(float *levels, int H, int W, float sigma);

/* The mean along a line of `length` pixels, at most 31, at `angle` radians; `scratch` holds (H, W)
 * and is overwritten. */
void levels_motion_blur(float *levels, int H, int W, float length, float angle, float *scratch);

/* Adds noise of standard deviation `sigma`, nearly normal, a number of its own a pixel. */
void levels_noise(float *levels, int H, int W, float sigma, uint64_t key);

/* Adds noise of standard deviation about `sigma` in grains of 2 x 2 pixels. */
void levels_grain(float *levels, int H, int W, float sigma, uint64_t key);

/* Quantises the cosine transform of blocks of 8 x 8 pixels, as JPEG does; the grid of blocks
 * begins at (left, top), -7 to 0. `step` is the lowest frequency's, 1 fine to 60 coarse; the
 * highest one's is seven times as large. */
void levels_blocks(float *levels, int H, int W, float step, int left, int top);

/* Multiplies by 1 at the middle to `edge` at the corners, with the square of the distance. */
void levels_vignette(float *levels, int H, int W, float edge);

/* Multiplies by `from` at one side to `to` at the other, along `angle` radians. */
void levels_slope(float *levels, int H, int W, float from, float to, float angle);

/* Rounds to whole levels within 0 to 255. */
void levels_round(float *levels, int H, int W);

#endif
