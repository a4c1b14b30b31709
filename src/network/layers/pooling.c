/* pooling.c - maxpool, avgpool (windows without padding; an odd rest is left out) and globalpool
 * (the mean of every channel).
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <string.h>

#include "base/vector.h"
#include "network/bf16.h"
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

VECTOR_LOOP static void max_loop(const void *x, void *y, size_t C, bool bf16)
{
    for (size_t c = 0; c < C; c++) {
        float value = number_at(x, c, bf16), most = number_at(y, c, bf16);
        number_set(y, c, bf16, value > most ? value : most);
    }
}

/* The first number that equals the maximum takes the gradient; then nothing is left of it. */
VECTOR_LOOP static void max_gradient_loop(const void *x, float *restrict left, const void *y,
                                          void *dx, size_t C, bool bf16)
{
    for (size_t c = 0; c < C; c++) {
        bool takes = number_at(x, c, bf16) == number_at(y, c, bf16);
        number_set(dx, c, bf16, number_at(dx, c, bf16) + (takes ? left[c] : 0.0f));
        left[c] = takes ? 0.0f : left[c];
    }
}

VECTOR_LOOP static void sum_loop(const void *x, float *restrict sum, size_t C, bool bf16)
{
    for (size_t c = 0; c < C; c++)
        sum[c] += number_at(x, c, bf16);
}

VECTOR_LOOP static void scale_loop(const float *restrict sum, void *y, size_t C, bool bf16,
                                   float factor)
{
    for (size_t c = 0; c < C; c++)
        number_set(y, c, bf16, sum[c] * factor);
}

VECTOR_LOOP static void share_loop(const void *dy, void *dx, size_t C, bool bf16, float factor)
{
    for (size_t c = 0; c < C; c++)
        number_set(dx, c, bf16, number_at(dx, c, bf16) + number_at(dy, c, bf16) * factor);
}

/* Calls `visit` for each (input pixel, output pixel) pair of the slice, where their channels
 * begin; `left` pixels of the window follow. */
typedef void pool_visit(const struct layer_run *run, size_t input, size_t output, int left);

static void for_windows(const struct layer_run *run, pool_visit *visit)
{
    const struct layer *l = run->layer;
    struct shape in = l->in[0], out = l->out;

    for (int n = 0; n < run->slice; n++)
        for (int p = 0; p < out.H; p++)
            for (int q = 0; q < out.W; q++) {
                size_t output = (((size_t)n * out.H + p) * out.W + q) * out.C;
                int left = l->filter_h * l->filter_w;
                for (int r = 0; r < l->filter_h; r++)
                    for (int s = 0; s < l->filter_w; s++) {
                        size_t row = (size_t)n * in.H + (size_t)(p * l->stride + r);
                        size_t input = (row * in.W + (size_t)(q * l->stride + s)) * in.C;
                        visit(run, input, output, --left);
                    }
            }
}

static bool is_first(const struct layer_run *run, int left)
{
    return left == run->layer->filter_h * run->layer->filter_w - 1;
}

static void max_visit(const struct layer_run *run, size_t input, size_t output, int left)
{
    size_t C = (size_t)run->layer->out.C;
    const void *x = number_from(run->x[0], input, run->x_bf16);
    void *y = number_to(run->y, output, run->y_bf16);

    if (is_first(run, left))
        memcpy(y, x, C * number_bytes(run->y_bf16));
    else
        max_loop(x, y, C, run->y_bf16);
}

static void max_gradient_visit(const struct layer_run *run, size_t input, size_t output, int left)
{
    size_t C = (size_t)run->layer->out.C;
    bool bf16 = run->x_bf16;

    if (is_first(run, left)) {
        memset(run->scratch, 0, C * sizeof(float));
        sum_loop(number_from(run->dy, output, bf16), run->scratch, C, bf16);
    }
    max_gradient_loop(number_from(run->x[0], input, bf16), run->scratch,
                      number_from(run->y, output, bf16), number_to(run->dx[0], input, bf16), C,
                      bf16);
}

static float window_share(const struct layer *layer)
{
    return 1.0f / (float)(layer->filter_h * layer->filter_w);
}

static void average_visit(const struct layer_run *run, size_t input, size_t output, int left)
{
    size_t C = (size_t)run->layer->out.C;
    bool bf16 = run->x_bf16;

    if (is_first(run, left))
        memset(run->scratch, 0, C * sizeof(float));
    sum_loop(number_from(run->x[0], input, bf16), run->scratch, C, bf16);
    if (left == 0)
        scale_loop(run->scratch, number_to(run->y, output, bf16), C, bf16,
                   window_share(run->layer));
}

static void average_gradient_visit(const struct layer_run *run, size_t input, size_t output,
                                   int left)
{
    bool bf16 = run->x_bf16;

    (void)left;
    share_loop(number_from(run->dy, output, bf16), number_to(run->dx[0], input, bf16),
               (size_t)run->layer->out.C, bf16, window_share(run->layer));
}

static void clear_dx(const struct layer_run *run)
{
    memset(run->dx[0], 0,
           shape_count(run->layer->in[0]) * (size_t)run->slice * number_bytes(run->x_bf16));
}

static void maxpool_forward(const struct layer_run *run)
{
    for_windows(run, max_visit);
}

static void maxpool_backward(const struct layer_run *run)
{
    clear_dx(run);
    for_windows(run, max_gradient_visit);
}

static void avgpool_forward(const struct layer_run *run)
{
    for_windows(run, average_visit);
}

static void avgpool_backward(const struct layer_run *run)
{
    clear_dx(run);
    for_windows(run, average_gradient_visit);
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
    .bf16 = BF16_SAME,
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
    .bf16 = BF16_SAME,
    .parse = pool_parse,
    .shape = pool_shape,
    .prepare = pool_prepare,
    .forward = avgpool_forward,
    .backward = avgpool_backward,
};

const struct layer_kind layer_globalpool = {
    .name = "globalpool",
    .synopsis = "globalpool",
    .inputs_least = 1,
    .inputs_most = 1,
    .recompute = true,
    .bf16 = BF16_SAME,
    .shape = globalpool_shape,
    .prepare = pool_prepare,
    .forward = avgpool_forward,
    .backward = avgpool_backward,
};
