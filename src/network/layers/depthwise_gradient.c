/* depthwise_gradient.c - dweights (R, S, C) = sum over pixels of x (H, W, C) * dy (P, Q, C).
 * SPDX-License-Identifier: MIT */
#include "network/layers/depthwise_gradient.h"

#include "base/vector.h"
#include "network/bf16.h"

/* One row of dy (Q, C) with the row of x (W, C) that row r of the filter meets: dweights (S, C). */
VECTOR_LOOP static void add_row(const struct layer *l, const void *x, const void *dy, bool bf16,
                                float *restrict dweights)
{
    size_t C = (size_t)l->out.C;
    int W = l->in[0].W, Q = l->out.W, S = l->filter_w;

    for (int q = 0; q < Q; q++)
        for (int s = 0; s < S; s++) {
            int w = q * l->stride + s - S / 2;
            if (w < 0 || w >= W)
                continue;
            for (size_t c = 0; c < C; c++)
                dweights[(size_t)s * C + c] +=
                    number_at(x, (size_t)w * C + c, bf16) * number_at(dy, (size_t)q * C + c, bf16);
        }
}

VECTOR_LOOP static void add_bias(const void *dy, size_t pixels, size_t C, bool bf16,
                                 float *restrict dbias)
{
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < C; c++)
            dbias[c] += number_at(dy, p * C + c, bf16);
}

static void add_picture(const struct layer *l, const void *x, const void *dy, bool bf16,
                        float *dweights)
{
    size_t C = (size_t)l->out.C, x_row = (size_t)l->in[0].W * C, dy_row = (size_t)l->out.W * C;

    for (int p = 0; p < l->out.H; p++)
        for (int r = 0; r < l->filter_h; r++) {
            int h = p * l->stride + r - l->filter_h / 2;
            if (h >= 0 && h < l->in[0].H)
                add_row(l, number_from(x, (size_t)h * x_row, bf16),
                        number_from(dy, (size_t)p * dy_row, bf16), bf16,
                        dweights + (size_t)(r * l->filter_w) * C);
        }
}

void depthwise_gradient(const struct layer_run *run, const void *dy, float *dweights, float *dbias)
{
    const struct layer *l = run->layer;
    size_t x_count = shape_count(l->in[0]), dy_count = shape_count(l->out);
    bool bf16 = run->x_bf16;

    for (size_t n = 0; n < (size_t)run->pictures; n++)
        add_picture(l, number_from(run->x[0], n * x_count, bf16),
                    number_from(dy, n * dy_count, bf16), bf16, dweights);
    if (dbias)
        add_bias(dy, (size_t)run->pictures * (size_t)l->out.H * (size_t)l->out.W, (size_t)l->out.C,
                 bf16, dbias);
}

void depthwise_gradient_order(const struct layer *layer, const float *dweights, float *ret_ordered)
{
    size_t C = (size_t)layer->out.C, taps = (size_t)layer->filter_h * (size_t)layer->filter_w;

    for (size_t c = 0; c < C; c++)
        for (size_t i = 0; i < taps; i++)
            ret_ordered[c * taps + i] = dweights[i * C + c];
}
