/* optimizer.h - how gradients change parameters.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_OPTIMIZER_H
#define TRAINING_OPTIMIZER_H

#include "base/thread_pool.h"
#include "network/network.h"

/* Adam (Kingma, Ba, ICLR 2015) in Keras's form, the paper's "epsilon hat": step t subtracts
 * rate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon). */
struct adam {
    float beta1, beta2, epsilon;
    float *m, *v; /* (block_floats) */
    size_t count;
    long step;
};

/* Keras's defaults: beta 0.9 and 0.999, epsilon 1e-7. */
mien_status adam_new(const struct architecture *architecture, struct adam **ret_adam,
                     mien_error *err);
void adam_free(struct adam *adam);

/* One step on the network's trained parameters by `gradients` (block_floats). */
void adam_step(struct adam *adam, struct network *network, const float *gradients,
               float learning_rate, struct thread_pool *pool);

#endif
