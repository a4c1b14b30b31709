/* rearrange.c - layers that move or combine numbers without weights: normalize, flatten, add,
 * concat (channels), upsample (each pixel becomes 2x2).
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vector.h"
#include "network/bf16.h"
#include "network/layer.h"

/* --- normalize: (x - mean) / deviation, both in grey levels --- */

static mien_status normalize_parse(struct layer *layer, struct words *words, mien_error *err)
{
    mien_status status = words_float(words, "mean", -1e6f, 1e6f, &layer->mean, err);

    return status ? status : words_float(words, "deviation", 1e-6f, 1e6f, &layer->deviation, err);
}

static mien_status same_shape(struct layer *layer, struct parameter *parameters, mien_error *err)
{
    (void)layer;
    (void)parameters;
    (void)err;
    return MIEN_OK;
}

VECTOR_LOOP static void normalize_loop(const void *restrict x, bool x_bf16, void *restrict y,
                                       bool y_bf16, size_t count, float factor, float offset)
{
    for (size_t i = 0; i < count; i++)
        number_set(y, i, y_bf16, number_at(x, i, x_bf16) * factor + offset);
}

static void normalize_forward(const struct layer_run *run)
{
    const struct layer *l = run->layer;
    size_t count = shape_count(l->out) * (size_t)run->slice;
    float factor = 1 / l->deviation, offset = -l->mean / l->deviation;

    normalize_loop(run->x[0], run->x_bf16, run->y, run->y_bf16, count, factor, offset);
}

static void normalize_backward(const struct layer_run *run)
{
    const struct layer *l = run->layer;

    normalize_loop(run->dy, run->y_bf16, run->dx[0], run->x_bf16,
                   shape_count(l->out) * (size_t)run->slice, 1 / l->deviation, 0);
}

const struct layer_kind layer_normalize = {
    .name = "normalize",
    .synopsis = "normalize MEAN DEVIATION",
    .bf16 = BF16_WRITES,
    .inputs_least = 1,
    .inputs_most = 1,
    .recompute = true,
    .parse = normalize_parse,
    .shape = same_shape,
    .forward = normalize_forward,
    .backward = normalize_backward,
};

/* --- flatten: (H, W, C) becomes (1, 1, H * W * C), the same numbers --- */

static mien_status flatten_shape(struct layer *layer, struct parameter *parameters, mien_error *err)
{
    size_t count = shape_count(layer->in[0]);

    (void)parameters;
    if (count > INT32_MAX)
        return error_set(err, MIEN_EINVAL, "%zu numbers are too many", count);
    layer->out = (struct shape){1, 1, (int)count};
    return MIEN_OK;
}

static void copy(const struct layer_run *run, const void *from, void *to)
{
    if (from != to)
        memcpy(to, from,
               shape_count(run->layer->out) * (size_t)run->slice * number_bytes(run->y_bf16));
}

static void flatten_forward(const struct layer_run *run)
{
    copy(run, run->x[0], run->y);
}

static void flatten_backward(const struct layer_run *run)
{
    copy(run, run->dy, run->dx[0]);
}

const struct layer_kind layer_flatten = {
    .name = "flatten",
    .synopsis = "flatten",
    .bf16 = BF16_SAME,
    .inputs_least = 1,
    .inputs_most = 1,
    .recompute = true,
    .in_place = true,
    .shape = flatten_shape,
    .forward = flatten_forward,
    .backward = flatten_backward,
};

/* --- add: the sum of two values of one shape --- */

static mien_status add_shape(struct layer *layer, struct parameter *parameters, mien_error *err)
{
    struct shape a = layer->in[0], b = layer->in[1];

    (void)parameters;
    if (a.H != b.H || a.W != b.W || a.C != b.C)
        return error_set(err, MIEN_EINVAL, "%dx%dx%d and %dx%dx%d cannot be added", a.H, a.W, a.C,
                         b.H, b.W, b.C);
    return MIEN_OK;
}

/* The state is the least sum: 0 where a ReLU follows. */
static mien_status add_prepare(const struct layer *layer, struct layer_setup *setup,
                               mien_error *err)
{
    float *least = malloc(sizeof *least);

    (void)layer;
    if (!least)
        return error_memory(err, sizeof *least);
    *least = setup->relu ? 0 : -INFINITY;
    setup->ret_state = least;
    return MIEN_OK;
}

VECTOR_LOOP static void add_loop(const void *a, const void *b, void *y, size_t count, bool bf16,
                                 float least)
{
    for (size_t i = 0; i < count; i++) {
        float sum = number_at(a, i, bf16) + number_at(b, i, bf16);
        number_set(y, i, bf16, sum < least ? least : sum); /* NaN stays */
    }
}

static void add_forward(const struct layer_run *run)
{
    const float *least = run->state;

    add_loop(run->x[0], run->x[1], run->y, shape_count(run->layer->out) * (size_t)run->slice,
             run->y_bf16, *least);
}

static void add_backward(const struct layer_run *run)
{
    for (int i = 0; i < 2; i++)
        if (run->dx[i])
            copy(run, run->dy, run->dx[i]);
}

const struct layer_kind layer_add = {
    .name = "add",
    .synopsis = "add NAME",
    .bf16 = BF16_SAME,
    .inputs_least = 2,
    .inputs_most = 2,
    .recompute = true,
    .fuses_relu = true,
    .shape = add_shape,
    .prepare = add_prepare,
    .release = free,
    .forward = add_forward,
    .backward = add_backward,
};

/* --- concat: channels of several values of one height and width, one after the other --- */

static mien_status concat_shape(struct layer *layer, struct parameter *parameters, mien_error *err)
{
    struct shape a = layer->in[0];

    (void)parameters;
    layer->out.C = 0;
    for (int i = 0; i < layer->input_count; i++) {
        struct shape b = layer->in[i];
        if (a.H != b.H || a.W != b.W)
            return error_set(err, MIEN_EINVAL, "%dx%d and %dx%d cannot be put side by side", a.H,
                             a.W, b.H, b.W);
        layer->out.C += b.C;
    }
    return MIEN_OK;
}

static size_t slice_pixels(const struct layer_run *run, struct shape shape)
{
    return (size_t)shape.H * (size_t)shape.W * (size_t)run->slice;
}

static void concat_forward(const struct layer_run *run)
{
    const struct layer *l = run->layer;
    size_t pixels = slice_pixels(run, l->out), offset = 0, bytes = number_bytes(run->y_bf16);

    for (int i = 0; i < l->input_count; i++) {
        size_t C = (size_t)l->in[i].C;
        for (size_t p = 0; p < pixels; p++)
            memcpy(number_to(run->y, p * (size_t)l->out.C + offset, run->y_bf16),
                   number_from(run->x[i], p * C, run->y_bf16), C * bytes);
        offset += C;
    }
}

static void concat_backward(const struct layer_run *run)
{
    const struct layer *l = run->layer;
    size_t pixels = slice_pixels(run, l->out), offset = 0, bytes = number_bytes(run->y_bf16);

    for (int i = 0; i < l->input_count; i++) {
        size_t C = (size_t)l->in[i].C;
        for (size_t p = 0; run->dx[i] && p < pixels; p++)
            memcpy(number_to(run->dx[i], p * C, run->y_bf16),
                   number_from(run->dy, p * (size_t)l->out.C + offset, run->y_bf16), C * bytes);
        offset += C;
    }
}

const struct layer_kind layer_concat = {
    .name = "concat",
    .synopsis = "concat NAME...",
    .bf16 = BF16_SAME,
    .inputs_least = 2,
    .inputs_most = LAYER_INPUTS_MAX,
    .recompute = true,
    .shape = concat_shape,
    .forward = concat_forward,
    .backward = concat_backward,
};

/* --- upsample: every pixel becomes 2x2 --- */

static mien_status upsample_shape(struct layer *layer, struct parameter *parameters,
                                  mien_error *err)
{
    (void)parameters;
    (void)err;
    layer->out.H *= 2;
    layer->out.W *= 2;
    return MIEN_OK;
}

static void upsample_forward(const struct layer_run *run)
{
    struct shape out = run->layer->out, in = run->layer->in[0];
    size_t bytes = (size_t)out.C * number_bytes(run->y_bf16);

    for (int row = 0; row < out.H * run->slice; row++)
        for (int q = 0; q < out.W; q++) {
            size_t from = ((size_t)(row / 2) * (size_t)in.W + (size_t)(q / 2)) * bytes;
            size_t to = ((size_t)row * (size_t)out.W + (size_t)q) * bytes;
            memcpy((char *)run->y + to, (const char *)run->x[0] + from, bytes);
        }
}

static void upsample_backward(const struct layer_run *run)
{
    struct shape out = run->layer->out, in = run->layer->in[0];
    size_t C = (size_t)out.C;
    bool bf16 = run->y_bf16;

    memset(run->dx[0], 0, shape_count(in) * (size_t)run->slice * number_bytes(bf16));
    for (int row = 0; row < out.H * run->slice; row++)
        for (int q = 0; q < out.W; q++) {
            size_t to = ((size_t)(row / 2) * (size_t)in.W + (size_t)(q / 2)) * C;
            size_t from = ((size_t)row * (size_t)out.W + (size_t)q) * C;
            void *sum = number_to(run->dx[0], to, bf16);
            add_loop(sum, number_from(run->dy, from, bf16), sum, C, bf16, -INFINITY);
        }
}

const struct layer_kind layer_upsample = {
    .name = "upsample",
    .synopsis = "upsample",
    .bf16 = BF16_SAME,
    .inputs_least = 1,
    .inputs_most = 1,
    .recompute = true,
    .shape = upsample_shape,
    .forward = upsample_forward,
    .backward = upsample_backward,
};
