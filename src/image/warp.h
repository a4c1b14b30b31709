/* warp.h - a turned, scaled or sheared region of a picture as a small upright patch: how a face
 * gets from a photograph into a network.
 * SPDX-License-Identifier: MIT */
#ifndef IMAGE_WARP_H
#define IMAGE_WARP_H

#include "image/image.h"

/* An affine map of the plane, from a position (x, y) to
 *     (m[0][0] x + m[0][1] y + m[0][2],  m[1][0] x + m[1][1] y + m[1][2])
 * in the continuous coordinates of image.h (the first pixel's centre is (0.5, 0.5)). */
struct affine {
    double m[2][3];
};

/* The similarity (turn, scale, shift, no mirroring) that maps the `count` points `from` (count, 2)
 * nearest to `to` (count, 2) by least squares. MIEN_EINVAL where there are fewer than two points,
 * or all of `from` coincide. */
mien_status affine_similarity(const float (*from)[2], const float (*to)[2], int count,
                              struct affine *ret_map, mien_error *err);

/* MIEN_EINVAL where the map is not finite or flattens the plane. */
mien_status affine_inverse(const struct affine *map, struct affine *ret_inverse, mien_error *err);

/* Fills `target` from `source`: the pixel with its centre at (x, y) of the target shows what
 * `target_to_source` finds at its image in the source, interpolated linearly between pixel
 * centres; where the map shrinks, the region is averaged down first, so that nothing aliases.
 * `edge` says what lies outside the source. Channels may differ: RGB to grey gives the very bytes
 * that converting `source` first would give.
 * @return MIEN_ENOMEM, or MIEN_EINVAL where the map is not finite or reaches beyond 2^20 pixels */
mien_status image_warp(const struct image *source, const struct affine *target_to_source,
                       enum image_edge edge, struct image *target, mien_error *err);

/* The same by cubic convolution between 16 pixel centres, which keeps fine detail. */
mien_status image_warp_sharp(const struct image *source, const struct affine *target_to_source,
                             enum image_edge edge, struct image *target, mien_error *err);

#endif
