/* optimizer.h - how gradients change parameters: Adam, AdamW, stochastic gradient descent.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_OPTIMIZER_H
#define TRAINING_OPTIMIZER_H

#include "base/thread_pool.h"
#include "network/network.h"

/* g: the gradient, w: a parameter, r: the learning rate, d: the weight decay.
 *
 * Adam (Kingma, Ba, ICLR 2015) in Keras's form, the paper's "epsilon hat": step t subtracts
 * r * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon) of g + d * w.
 * AdamW (Loshchilov, Hutter, ICLR 2019): w is first multiplied by 1 - r * d, then Adam's step of g.
 * SGD in PyTorch's form: m becomes momentum * m + (g + d * w); r * m is subtracted, or with
 * Nesterov's look ahead r * (g + d * w + momentum * m). */
enum optimizer_kind { OPTIMIZER_ADAM, OPTIMIZER_ADAMW, OPTIMIZER_SGD };

struct optimizer_options {
    int kind; /* enum optimizer_kind */
    float beta1, beta2, epsilon;
    float momentum;
    bool nesterov;
    float weight_decay; /* d, of parameters in the role of weights only */
    float clip_norm;    /* gradients longer than this, all together, are scaled down; 0: none */
};

/* Keras's Adam: beta 0.9 and 0.999, epsilon 1e-7; no decay, no clipping. SGD: Nesterov, 0.9. */
void optimizer_options_init(struct optimizer_options *options);

enum { OPTIMIZER_SLOTS = 2 };

struct optimizer {
    struct optimizer_options options;
    float *slots[OPTIMIZER_SLOTS]; /* (block_floats) each: m and v, or m and NULL */
    int64_t step;                  /* taken so far; with the slots, all that it remembers */

    struct optimizer_piece *pieces; /* private */
    double *squares;
    int piece_count;
};

/* `options` NULL: the defaults. */
mien_status optimizer_new(const struct architecture *architecture,
                          const struct optimizer_options *options, struct optimizer **ret_optimizer,
                          mien_error *err);
void optimizer_free(struct optimizer *optimizer);

/* One step on the network's trained parameters by `gradients` (block_floats). The same at any
 * number of threads. */
void optimizer_step(struct optimizer *optimizer, struct network *network, const float *gradients,
                    float learning_rate, struct thread_pool *pool);

#endif
