/* winograd.h - training convolutions of 3x3 with a fifth of the multiplications: minimal filtering
 * F(6x6, 3x3) (Lavin, Gray, CVPR 2016), forward and both ways backward.
 *
 * A tile of 6x6 outputs sees a patch of 8x8 inputs. Patches and filters are evaluated at 8x8
 * points; there, convolution is a product a point, and over all tiles and channels a matrix product
 * a point. Arithmetic is f32 where activations are bf16, too. Against exact sums, numbers err by
 * about 1e-5 of the largest one: ten times as much as f32 added up directly, a hundredth of what
 * bf16 does. What is computed of one tile depends on no other. Activations are NHWC.
 *
 * An object may be used by several threads at once, each with a scratch of its own, but not while
 * winograd_pack() runs.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_WINOGRAD_H
#define NETWORK_WINOGRAD_H

#include "network/onednn/onednn.h"

struct winograd;

/* Whether a convolution can be trained this way, and is faster for it than with oneDNN. */
bool winograd_suits(const struct convolution_shape *shape);

/* For a shape that suits. */
mien_status winograd_new(const struct convolution_shape *shape, struct winograd **ret_winograd,
                         mien_error *err);
void winograd_free(struct winograd *winograd);

/* Bytes of scratch memory that each pass below wants, aligned to MEMORY_ALIGNMENT. */
size_t winograd_scratch_bytes(const struct winograd *winograd);

/* Takes new weights (K, 3, 3, C). */
void winograd_pack(struct winograd *winograd, const float *weights);

/* y (N, H, W, K) = x (N, H, W, C) * weights + bias (K, or NULL), then the shape's ReLU. */
void winograd_forward(const struct winograd *winograd, const void *x, const float *bias, void *y,
                      void *scratch);

/* dx (N, H, W, C) from dy (N, H, W, K). */
void winograd_backward_data(const struct winograd *winograd, const void *dy, void *dx,
                            void *scratch);

/* Adds to the gradients of weights (K * 9 * C, in an order of its own) and bias (K, or NULL). */
void winograd_backward_weights(const struct winograd *winograd, const void *x, const void *dy,
                               float *gradient, float *dbias, void *scratch);

/* From that order to dweights (K, 3, 3, C). */
void winograd_order_gradient(const struct winograd *winograd, const float *gradient,
                             float *dweights);

#endif
