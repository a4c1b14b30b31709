/* network.h - an architecture with its parameters.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_NETWORK_H
#define NETWORK_NETWORK_H

#include "network/architecture.h"
#include "network/quantized.h"

/* The parameters are either one block of the network's own (training) or borrowed, tensor by
 * tensor, from a mapped model file (inference). Shared between threads while nobody trains it. */
struct network {
    const struct architecture *architecture; /* borrowed */
    float *block;                            /* (architecture->block_floats), or NULL */
    const float **tensors;                   /* (parameter_count), in the architecture's order */
    /* (parameter_count), or NULL; where `values` is set, the tensor is NULL. Such a network is only
     * used, not trained. */
    const struct quantized *quantized;
    /* What the logits of each output are divided by before the softmax; 1 unless calibrated. */
    float temperatures[ARCHITECTURE_OUTPUTS_MAX];
};

/* Own parameters, initialised: weights Glorot uniform (Glorot, Bengio, AISTATS 2010), biases,
 * shifts and means 0, scales and variances 1. The same seed gives the same numbers. */
mien_status network_new(const struct architecture *architecture, uint64_t seed,
                        struct network **ret_network, mien_error *err);

/* Borrowed parameters: `tensors` and `quantized` (parameter_count each; the latter may be NULL)
 * must outlive the network. */
mien_status network_borrow(const struct architecture *architecture, const float *const *tensors,
                           const struct quantized *quantized, struct network **ret_network,
                           mien_error *err);

void network_free(struct network *network);

#endif
