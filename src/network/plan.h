/* plan.h - run a network forward and backward on batches of one size.
 *
 * A plan makes every primitive and all memory once; running allocates nothing. The batch is cut
 * into slices small enough for the second-level cache, and each thread takes a slice through as
 * many layers as it can. In training these runs of layers, the stages, end where the whole batch
 * must meet: at batch normalisation, which needs figures of the whole batch, and at dense layers,
 * whose weights are larger than a slice. What crosses a stage is kept for the whole batch;
 * everything else lives in a worker's scratch memory, and backward computes it again where that is
 * cheap. Slices are added up in a fixed order: the result is the same at any number of threads.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_PLAN_H
#define NETWORK_PLAN_H

#include "base/thread_pool.h"
#include "network/network.h"

enum { PLAN_BATCH_MAX = 65536 };

/* What a plan's activations, gradients and scratch memory may take: a model file must not be able
 * to bring a machine down. */
#define PLAN_BYTES_MAX ((size_t)8 << 30)

/* The other processes that train the same network, each on its share of a batch. Called from the
 * plan's thread, in the same order in every process. */
struct plan_peers {
    int count; /* processes, this one among them */
    /* Every process's `mine` (count), by rank, in ret_all (processes, count). */
    void (*gather)(void *context, const double *mine, size_t count, double *ret_all);
    /* These gradients are done and may be added up over all processes while backward goes on. */
    void (*ready)(void *context, float *gradients, size_t count);
    void *context;
};

struct plan_options {
    int batch; /* most pictures at once, 1 to PLAN_BATCH_MAX */
    bool training;
    /* 16-bit activations and convolutions where plan_has_bf16(). In training the weights stay f32,
     * and gradients of weights and figures of normalisation are summed in f32. */
    bool bf16;
    bool input_gradient;            /* training: backward also gives d(loss)/d(input) */
    struct thread_pool *pool;       /* borrowed; NULL: the caller's thread alone */
    const struct plan_peers *peers; /* training; borrowed; NULL: this process alone */
};

/* Whether the processor multiplies bf16 by itself. */
bool plan_has_bf16(void);

/* For one thread at a time; several plans may share a network that is not being trained. */
struct plan;

/* The network is borrowed. For training it must own its parameters, whose running statistics
 * forward then updates, and something in front of every output to be trained, else MIEN_EINVAL.
 * MIEN_EUNSUPPORTED if more than PLAN_BYTES_MAX would be needed. */
mien_status plan_new(const struct network *network, const struct plan_options *options,
                     struct plan **ret_plan, mien_error *err);
void plan_free(struct plan *plan);

/* (batch, H, W, C) grey or colour levels 0 to 255 that plan_forward() reads: fill in the first
 * `pictures`. */
float *plan_input(struct plan *plan);

/* Call after the network's parameters have changed. */
void plan_update(struct plan *plan);

/* Training with peers: the number in the whole batch of the next batches' first picture. */
void plan_place(struct plan *plan, size_t first);

/* Runs the first `pictures` (1 to batch). `key` chooses the dropout masks of this step. */
void plan_forward(struct plan *plan, int pictures, uint64_t key);

/* (batch, H, W, C) of output `number` after plan_forward(); plan_backward() overwrites it. */
const float *plan_output(const struct plan *plan, int number);

/* H * W * C of that output. */
size_t plan_output_floats(const struct plan *plan, int number);

/* Training: where the loss puts d(loss)/d(output), for all outputs, before plan_backward(). */
float *plan_output_gradient(struct plan *plan, int number);

/* Computes the gradients of all parameters for the pictures of the last plan_forward(). */
void plan_backward(struct plan *plan);

/* (block_floats), laid out as the network's block. */
float *plan_gradients(struct plan *plan);

/* (batch, H, W, C) of the input, with `input_gradient`; else NULL. */
const float *plan_input_gradient(const struct plan *plan);

/* Reports the implementation of every primitive (onednn.h). */
void plan_implementations(const struct plan *plan,
                          void (*report)(void *context, const char *operation,
                                         const char *implementation),
                          void *context);

#endif
