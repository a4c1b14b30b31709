/* optimizer.c - Adam over the network's block of parameters.
 * SPDX-License-Identifier: MIT */
#include "training/optimizer.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/vector.h"

enum { PIECE = 1 << 16 }; /* parameters a task */

mien_status adam_new(const struct architecture *architecture, struct adam **ret_adam,
                     mien_error *err)
{
    struct adam *adam = calloc(1, sizeof *adam);
    size_t bytes = architecture->block_floats * sizeof(float);

    if (!adam)
        return error_memory(err, sizeof *adam);
    *adam = (struct adam){0.9f,
                          0.999f,
                          1e-7f,
                          memory_aligned_new(bytes),
                          memory_aligned_new(bytes),
                          architecture->block_floats,
                          0};
    if (!adam->m || !adam->v) {
        adam_free(adam);
        return error_memory(err, bytes);
    }
    *ret_adam = adam;
    return MIEN_OK;
}

void adam_free(struct adam *adam)
{
    if (!adam)
        return;
    free(adam->m);
    free(adam->v);
    free(adam);
}

struct adam_run {
    const struct adam *adam;
    float *weights;
    const float *gradients;
    float rate;
};

VECTOR_LOOP static void adam_loop(float *restrict w, const float *restrict g, float *restrict m,
                                  float *restrict v, size_t count, float beta1, float beta2,
                                  float epsilon, float rate)
{
    for (size_t i = 0; i < count; i++) {
        m[i] = beta1 * m[i] + (1 - beta1) * g[i];
        v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
        w[i] -= rate * m[i] / (sqrtf(v[i]) + epsilon);
    }
}

static void adam_task(void *context, int index, int worker)
{
    const struct adam_run *run = context;
    size_t first = (size_t)index * PIECE, left = run->adam->count - first;

    (void)worker;
    adam_loop(run->weights + first, run->gradients + first, run->adam->m + first,
              run->adam->v + first, left < PIECE ? left : PIECE, run->adam->beta1, run->adam->beta2,
              run->adam->epsilon, run->rate);
}

/* Running statistics have zero gradients and so zero moments: the step leaves them as they are. */
void adam_step(struct adam *adam, struct network *network, const float *gradients,
               float learning_rate, struct thread_pool *pool)
{
    double t = (double)++adam->step;
    double correction = sqrt(1 - pow(adam->beta2, t)) / (1 - pow(adam->beta1, t));
    struct adam_run run = {adam, network->block, gradients, (float)(learning_rate * correction)};

    thread_pool_run(pool, (int)((adam->count + PIECE - 1) / PIECE), adam_task, &run);
}
