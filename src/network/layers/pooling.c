/* pooling.c - maxpool, avgpool (windows without padding; an odd rest is left out) and globalpool
 * (the mean of every channel).
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <string.h>

#include "base/vector.h"
#include "network/layer.h"

static mien_status pool_parse(struct layer *layer, struct words *words, mien_error *err)
{
    mien_status status =
        words_size(words, "window", 1, 64, &layer->filter_h, &layer->filter_w, err);

    layer->stride = layer->filter_h;
    if (!status && words_match(words, "stride"))
        status = words_int(words, "stride", 1, 64, &layer->stride, err);
    return status;
}

static mien_status pool_shape(struct layer *layer, struct parameter *parameters, mien_error *err)
{
    struct shape in = layer->in[0];

    (void)parameters;
    if (in.H < layer->filter_h || in.W < layer->filter_w)
        return error_set(err, MIEN_EINVAL, "a window of %dx%d does not fit into %dx%d",
                         layer->filter_h, layer->filter_w, in.H, in.W);
    layer->out.H = (in.H - layer->filter_h) / layer->stride + 1;
    layer->out.W = (in.W - layer->filter_w) / layer->stride + 1;
    return MIEN_OK;
}

static mien_status globalpool_shape(struct layer *layer, struct parameter *parameters,
                                    mien_error *err)
{
    (void)parameters;
    (void)err;
    layer->filter_h = layer->in[0].H;
    layer->filter_w = layer->in[0].W;
    layer->stride = 1;
    layer->out.H = layer->out.W = 1;
    return MIEN_OK;
}

VECTOR_LOOP static void max_loop(const float *restrict x, float *restrict y, size_t C)
{
    for (size_t c = 0; c < C; c++)
        y[c] = x[c] > y[c] ? x[c] : y[c];
}

VECTOR_LOOP static void add_loop(const float *restrict x, float *restrict y, size_t C)
{
    for (size_t c = 0; c < C; c++)
        y[c] += x[c];
}

VECTOR_LOOP static void scale_loop(float *y, size_t C, float factor)
{
    for (size_t c = 0; c < C; c++)
        y[c] *= factor;
}

/* The first number that equals the maximum takes the gradient; then y is marked as served. */
VECTOR_LOOP static void max_gradient_loop(const float *restrict x, float *restrict left,
                                          const float *restrict y, float *restrict dx, size_t C)
{
    for (size_t c = 0; c < C; c++) {
        float taken = x[c] == y[c] ? left[c] : 0.0f;
        dx[c] += taken;
        left[c] = x[c] == y[c] ? 0.0f : left[c];
    }
}

/* Calls `visit` for each (input pixel, output pixel) pair of the slice. */
typedef void pool_visit(const struct layer_run *run, size_t input, size_t output, bool first);

static void for_windows(const struct layer_run *run, pool_visit *visit)
{
    const struct layer *l = run->layer;
    struct shape in = l->in[0], out = l->out;

    for (int n = 0; n < run->slice; n++)
        for (int p = 0; p < out.H; p++)
            for (int q = 0; q < out.W; q++) {
                size_t output = (((size_t)n * out.H + p) * out.W + q) * out.C;
                for (int r = 0; r < l->filter_h; r++)
                    for (int s = 0; s < l->filter_w; s++) {
                        size_t row = (size_t)n * in.H + (size_t)(p * l->stride + r);
                        size_t input = (row * in.W + (size_t)(q * l->stride + s)) * in.C;
                        visit(run, input, output, r == 0 && s == 0);
                    }
            }
}

static void max_visit(const struct layer_run *run, size_t input, size_t output, bool first)
{
    size_t C = (size_t)run->layer->out.C;

    if (first)
        memcpy(run->y + output, run->x[0] + input, C * sizeof(float));
    else
        max_loop(run->x[0] + input, run->y + output, C);
}

static void max_gradient_visit(const struct layer_run *run, size_t input, size_t output, bool first)
{
    size_t C = (size_t)run->layer->out.C;

    if (first)
        memcpy(run->scratch, run->dy + output, C * sizeof(float));
    max_gradient_loop(run->x[0] + input, run->scratch, run->y + output, run->dx[0] + input, C);
}

static void average_visit(const struct layer_run *run, size_t input, size_t output, bool first)
{
    size_t C = (size_t)run->layer->out.C;

    if (first)
        memcpy(run->y + output, run->x[0] + input, C * sizeof(float));
    else
        add_loop(run->x[0] + input, run->y + output, C);
}

static void average_gradient_visit(const struct layer_run *run, size_t input, size_t output,
                                   bool first)
{
    (void)first;
    add_loop(run->dy + output, run->dx[0] + input, (size_t)run->layer->out.C);
}

static void maxpool_forward(const struct layer_run *run)
{
    for_windows(run, max_visit);
}

static void clear_dx(const struct layer_run *run)
{
    memset(run->dx[0], 0, shape_count(run->layer->in[0]) * (size_t)run->slice * sizeof(float));
}

static void maxpool_backward(const struct layer_run *run)
{
    clear_dx(run);
    for_windows(run, max_gradient_visit);
}

static float window_share(const struct layer *layer)
{
    return 1.0f / (float)(layer->filter_h * layer->filter_w);
}

static void avgpool_forward(const struct layer_run *run)
{
    for_windows(run, average_visit);
    scale_loop(run->y, shape_count(run->layer->out) * (size_t)run->slice, window_share(run->layer));
}

static void avgpool_backward(const struct layer_run *run)
{
    clear_dx(run);
    for_windows(run, average_gradient_visit);
    scale_loop(run->dx[0], shape_count(run->layer->in[0]) * (size_t)run->slice,
               window_share(run->layer));
}

static mien_status pool_prepare(const struct layer *layer, struct layer_setup *setup,
                                mien_error *err)
{
    (void)err;
    setup->ret_scratch_bytes = (size_t)layer->out.C * sizeof(float);
    return MIEN_OK;
}

const struct layer_kind layer_maxpool = {
    .name = "maxpool",
    .synopsis = "maxpool RxS [stride N]",
    .inputs_least = 1,
    .inputs_most = 1,
    .recompute = true,
    .backward_wants_x = true,
    .backward_wants_y = true,
    .parse = pool_parse,
    .shape = pool_shape,
    .prepare = pool_prepare,
    .forward = maxpool_forward,
    .backward = maxpool_backward,
};

const struct layer_kind layer_avgpool = {
    .name = "avgpool",
    .synopsis = "avgpool RxS [stride N]",
    .inputs_least = 1,
    .inputs_most = 1,
    .recompute = true,
    .parse = pool_parse,
    .shape = pool_shape,
    .forward = avgpool_forward,
    .backward = avgpool_backward,
};

const struct layer_kind layer_globalpool = {
    .name = "globalpool",
    .synopsis = "globalpool",
    .inputs_least = 1,
    .inputs_most = 1,
    .recompute = true,
    .shape = globalpool_shape,
    .forward = avgpool_forward,
    .backward = avgpool_backward,
};
