/* depthwise_gradient.h - the gradient of a depthwise convolution's weights, for filters that oneDNN
 * has no fast code for (5x5: its general code takes twenty times as long in bf16).
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_DEPTHWISE_GRADIENT_H
#define NETWORK_DEPTHWISE_GRADIENT_H

#include "network/layer.h"

/* Adds the gradient of the run's pictures to `dweights` (R, S, C) and, unless NULL, `dbias` (C);
 * dy (slice, P, Q, C) has the type of x. */
void depthwise_gradient(const struct layer_run *run, const void *dy, float *dweights, float *dbias);

/* dweights (R, S, C) to the layer's order (C, R, S). */
void depthwise_gradient_order(const struct layer *layer, const float *dweights, float *ret_ordered);

#endif
