/* optimizer.c - Adam, AdamW and SGD over the network's block of parameters, a piece a task.
 * SPDX-License-Identifier: MIT */
#include "training/optimizer.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/vector.h"

enum { PIECE = 1 << 16 }; /* parameters a task, at most */

/* A stretch of one trained parameter tensor. */
struct optimizer_piece {
    size_t first, count;
    bool decays;
};

void optimizer_options_init(struct optimizer_options *options)
{
    *options = (struct optimizer_options){
        .kind = OPTIMIZER_ADAM,
        .beta1 = 0.9f,
        .beta2 = 0.999f,
        .epsilon = 1e-7f,
        .momentum = 0.9f,
        .nesterov = true,
    };
}

static int count_pieces(const struct architecture *a)
{
    int count = 0;

    for (int i = 0; i < a->parameter_count; i++)
        if (parameter_trained(&a->parameters[i]))
            count += (int)((a->parameters[i].count + PIECE - 1) / PIECE);
    return count;
}

static void cut_pieces(const struct architecture *a, struct optimizer_piece *piece)
{
    for (int i = 0; i < a->parameter_count; i++) {
        const struct parameter *p = &a->parameters[i];
        for (size_t at = 0; at < p->count && parameter_trained(p); at += PIECE) {
            size_t left = p->count - at;
            *piece++ = (struct optimizer_piece){p->offset + at, left < PIECE ? left : PIECE,
                                                p->role == PARAMETER_WEIGHTS};
        }
    }
}

static mien_status allocate(struct optimizer *o, const struct architecture *a, mien_error *err)
{
    size_t bytes = a->block_floats * sizeof(float), pieces = (size_t)o->piece_count;
    bool two = o->options.kind != OPTIMIZER_SGD;

    o->pieces = calloc(pieces ? pieces : 1, sizeof *o->pieces);
    o->squares = calloc(pieces ? pieces : 1, sizeof *o->squares);
    o->slots[0] = memory_aligned_new(bytes);
    o->slots[1] = two ? memory_aligned_new(bytes) : NULL;
    if (!o->pieces || !o->squares || !o->slots[0] || (two && !o->slots[1]))
        return error_memory(err, bytes);
    return MIEN_OK;
}

mien_status optimizer_new(const struct architecture *architecture,
                          const struct optimizer_options *options, struct optimizer **ret_optimizer,
                          mien_error *err)
{
    struct optimizer *optimizer = calloc(1, sizeof *optimizer);
    mien_status status;

    if (!optimizer)
        return error_memory(err, sizeof *optimizer);
    if (options)
        optimizer->options = *options;
    else
        optimizer_options_init(&optimizer->options);
    optimizer->piece_count = count_pieces(architecture);
    status = allocate(optimizer, architecture, err);
    if (status) {
        optimizer_free(optimizer);
        return status;
    }
    cut_pieces(architecture, optimizer->pieces);
    *ret_optimizer = optimizer;
    return MIEN_OK;
}

void optimizer_free(struct optimizer *optimizer)
{
    if (!optimizer)
        return;
    free(optimizer->pieces);
    free(optimizer->squares);
    for (int i = 0; i < OPTIMIZER_SLOTS; i++)
        free(optimizer->slots[i]);
    free(optimizer);
}

/* --- a step --- */

struct step {
    struct optimizer *optimizer;
    float *weights;         /* (block_floats) */
    const float *gradients; /* (block_floats) */
    float rate;
    float adam_rate; /* corrected for moments that started at 0 */
    float scale;     /* of the gradients, where they are clipped */
};

/* `decay` is added to the gradient, `keep` multiplies the weights first. */
VECTOR_LOOP static void adam_loop(float *restrict w, const float *restrict g, float *restrict m,
                                  float *restrict v, size_t count, float beta1, float beta2,
                                  float epsilon, float rate, float scale, float decay, float keep)
{
    for (size_t i = 0; i < count; i++) {
        float slope = scale * g[i] + decay * w[i];
        m[i] = beta1 * m[i] + (1 - beta1) * slope;
        v[i] = beta2 * v[i] + (1 - beta2) * slope * slope;
        w[i] = keep * w[i] - rate * m[i] / (sqrtf(v[i]) + epsilon);
    }
}

VECTOR_LOOP static void sgd_loop(float *restrict w, const float *restrict g, float *restrict m,
                                 size_t count, float momentum, float ahead, float rate, float scale,
                                 float decay)
{
    for (size_t i = 0; i < count; i++) {
        float slope = scale * g[i] + decay * w[i];
        m[i] = momentum * m[i] + slope;
        w[i] -= rate * (ahead > 0 ? slope + ahead * m[i] : m[i]);
    }
}

static void step_task(void *context, int index, int worker)
{
    const struct step *s = context;
    const struct optimizer_options *o = &s->optimizer->options;
    const struct optimizer_piece *piece = &s->optimizer->pieces[index];
    float decay = piece->decays ? o->weight_decay : 0;
    bool apart = o->kind == OPTIMIZER_ADAMW;
    float *w = s->weights + piece->first, *m = s->optimizer->slots[0] + piece->first;
    const float *g = s->gradients + piece->first;

    (void)worker;
    if (o->kind == OPTIMIZER_SGD)
        sgd_loop(w, g, m, piece->count, o->momentum, o->nesterov ? o->momentum : 0, s->rate,
                 s->scale, decay);
    else
        adam_loop(w, g, m, s->optimizer->slots[1] + piece->first, piece->count, o->beta1, o->beta2,
                  o->epsilon, s->adam_rate, s->scale, apart ? 0 : decay,
                  apart ? 1 - s->rate * decay : 1);
}

static void square_task(void *context, int index, int worker)
{
    const struct step *s = context;
    const struct optimizer_piece *piece = &s->optimizer->pieces[index];
    const float *g = s->gradients + piece->first;
    double sum = 0;

    (void)worker;
    for (size_t i = 0; i < piece->count; i++)
        sum += (double)g[i] * (double)g[i];
    s->optimizer->squares[index] = sum;
}

/* What brings the gradient's norm down to the limit; as PyTorch's clip_grad_norm_. */
static float clip_scale(struct step *s, struct thread_pool *pool)
{
    struct optimizer *o = s->optimizer;
    double sum = 0, scale;

    if (!(o->options.clip_norm > 0))
        return 1;
    thread_pool_run(pool, o->piece_count, square_task, s);
    for (int i = 0; i < o->piece_count; i++)
        sum += o->squares[i];
    scale = (double)o->options.clip_norm / (sqrt(sum) + 1e-6);
    return scale < 1 ? (float)scale : 1;
}

void optimizer_step(struct optimizer *optimizer, struct network *network, const float *gradients,
                    float learning_rate, struct thread_pool *pool)
{
    const struct optimizer_options *o = &optimizer->options;
    double t = (double)++optimizer->step;
    struct step step = {optimizer, network->block, gradients, learning_rate, 0, 1};

    if (o->kind != OPTIMIZER_SGD)
        step.adam_rate = (float)((double)learning_rate * sqrt(1 - pow((double)o->beta2, t)) /
                                 (1 - pow((double)o->beta1, t)));
    step.scale = clip_scale(&step, pool);
    thread_pool_run(pool, optimizer->piece_count, step_task, &step);
}
