/* sketch.h - a few bytes for a vector, from which a lower bound of every distance follows.
 *
 * For vectors x and y with the sketches p and q:
 *
 *     |x - y| >= step * (|p - q| - error(x) - error(y))
 *
 * A picture's sketch has the means of its blocks of B x B pixels: by the Cauchy-Schwarz
 * inequality B |mean - mean'| never exceeds the distance of two blocks (Yi, Faloutsos, "Fast time
 * sequence indexing for arbitrary Lp norms", VLDB 2000). Features are brought to 256 levels of
 * one width. Rounding to bytes moves a sketch by error(x), which is kept.
 * SPDX-License-Identifier: MIT */
#ifndef NEIGHBOURS_SKETCH_H
#define NEIGHBOURS_SKETCH_H

#include <stddef.h>
#include <stdint.h>

/* How a set of vectors is sketched. Constant once made. */
struct sketch_plan {
    int width, height, block; /* of pictures; 0 for features */
    size_t dims;              /* of features */
    double low, step;
    size_t bytes; /* of a sketch: a multiple of BYTE_GROUP, the last ones 0 */
};

void sketch_plan_pictures(int width, int height, struct sketch_plan *ret_plan);

/* For features between `low` and `high`; what lies outside only has a larger error. */
void sketch_plan_features(size_t dims, float low, float high, struct sketch_plan *ret_plan);

/* The sketch (bytes) of a picture (height, width) of bytes, or of features (dims); returns its
 * error. */
double sketch_picture(const struct sketch_plan *plan, const uint8_t *pixels, uint8_t *ret_sketch);
double sketch_features(const struct sketch_plan *plan, const float *features, uint8_t *ret_sketch);

#endif
