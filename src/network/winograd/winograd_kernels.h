/* winograd_kernels.h - the loops of winograd.h: transforms between pictures and points, and the
 * products between them.
 *
 * A block is some tiles of a batch, in order. Its numbers at the points are (POINTS, tiles,
 * channels), each point `stride` floats after the one before. Channels are multiples of
 * WINOGRAD_LANES.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_WINOGRAD_KERNELS_H
#define NETWORK_WINOGRAD_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    WINOGRAD_TILE = 6, /* outputs on a side of a tile */
    WINOGRAD_SIDE = 8, /* points, and inputs of its patch, on a side */
    WINOGRAD_POINTS = 64,
    WINOGRAD_LANES = 16, /* floats of a vector */
    WINOGRAD_CHANNELS_MOST = 1024,
    WINOGRAD_PANEL_MOST = 64, /* channels of a panel: those that a product computes at once */
};

/* Pictures (N, H, W, C) of bf16 or f32. */
struct winograd_pictures {
    int H, W, C;
    bool bf16;
};

struct winograd_block {
    int first, tiles;
    size_t stride;
};

struct winograd_kernels {
    /* Patches of x to points, all channels. */
    void (*from_patches)(const struct winograd_pictures *pictures, const void *x,
                         const struct winograd_block *block, float *points);

    /* Points of `width` channels from `channel` on to tiles of y: + bias (C, or NULL), at least
     * `least`. */
    void (*to_tiles)(const struct winograd_pictures *pictures, const float *points,
                     const struct winograd_block *block, int channel, int width, const float *bias,
                     float least, void *y);

    /* The adjoint: those channels of tiles of dy to points. */
    void (*from_tiles)(const struct winograd_pictures *pictures, const void *dy,
                       const struct winograd_block *block, int channel, int width, float *points);

    /* Filters (3, 3, LANES) to points, `stride` floats apart. */
    void (*from_filters)(const float *filters, float *points, size_t stride);

    /* Adds `count` numbers of filters' gradients, from points `point_stride` apart, to those of the
     * nine weights, which are `weight_stride` apart. */
    void (*add_filters)(const float *points, size_t point_stride, size_t count, float *gradient,
                        size_t weight_stride);

    /* C (rows, width) = A (rows, depth) * B (depth, width). a_row and a_column are the distances in
     * A; B and C are dense. Each sum is taken in the order of depth. */
    void (*product)(size_t rows, size_t depth, int width, const float *a, size_t a_row,
                    size_t a_column, const float *b, float *c);
};

/* Those of this processor, or NULL if it has none. */
const struct winograd_kernels *winograd_kernels_choose(void);

#endif
