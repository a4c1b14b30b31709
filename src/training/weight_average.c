/* weight_average.c - moving average of parameters.
 * SPDX-License-Identifier: MIT */
#include "training/weight_average.h"

#include <math.h>

#include "base/vector.h"

enum { PIECE = 1 << 16 }; /* parameters a task */

struct update {
    float *average;
    const float *weights;
    size_t count;
    float decay;
};

VECTOR_LOOP static void move(float *restrict average, const float *restrict weights, size_t count,
                             float decay)
{
    for (size_t i = 0; i < count; i++)
        average[i] = decay * average[i] + (1 - decay) * weights[i];
}

static void update_task(void *context, int index, int worker)
{
    const struct update *u = context;
    size_t first = (size_t)index * PIECE, left = u->count - first;

    (void)worker;
    move(u->average + first, u->weights + first, left < PIECE ? left : PIECE, u->decay);
}

void weight_average_update(struct network *average, const struct network *network, float decay,
                           int64_t step, struct thread_pool *pool)
{
    float soon = (float)((1 + (double)step) / (10 + (double)step));
    struct update update = {average->block, network->block, network->architecture->block_floats,
                            fminf(decay, soon)};

    thread_pool_run(pool, (int)((update.count + PIECE - 1) / PIECE), update_task, &update);
}
