/* winograd.c - winograd.h, a block of tiles at a time: patches and tiles to points, a matrix
 * product a point, and back.
 *
 * c input and k output channels of a pass. Products compute a panel of k at a time, so that the
 * points of a block that are on their way stay in the cache.
 * SPDX-License-Identifier: MIT */
#include "network/winograd/winograd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "network/winograd/winograd_kernels.h"

enum {
    POINTS = WINOGRAD_POINTS,
    LANES = WINOGRAD_LANES,
    WEIGHTS = 9, /* of a filter */
    /* Tiles of a block. The products of the weights' gradients sum over tiles, so the more the
     * better there. */
    TILES = 18,
    GRADIENT_TILES = 64,
    APART = LANES, /* keeps the same number at two points out of the same set of the cache */
};

struct winograd {
    struct convolution_shape shape;
    const struct winograd_kernels *kernels;
    struct winograd_pictures x, y;
    float *forward, *backward; /* of each pass: (k / panel, POINTS, c, panel), the points APART */
};

/* The widest panel that divides the channels. */
static int panel_of(int channels)
{
    int panel = WINOGRAD_PANEL_MOST;

    while (channels % panel)
        panel -= LANES;
    return panel;
}

/* From one point to the next of (rows, columns) numbers. */
static size_t stride_of(int rows, int columns)
{
    return (size_t)rows * (size_t)columns + APART;
}

static int count_tiles(const struct convolution_shape *s)
{
    int down = (s->H + WINOGRAD_TILE - 1) / WINOGRAD_TILE;
    int across = (s->W + WINOGRAD_TILE - 1) / WINOGRAD_TILE;

    return s->N * down * across;
}

/* Where tiles reach far beyond the picture, or where there are few channels to each transform,
 * oneDNN is faster; in bf16, with half the cost of a product, sooner. */
static bool is_worth_it(const struct convolution_shape *s)
{
    int computed = count_tiles(s) * POINTS, direct = s->N * s->H * s->W * WEIGHTS;

    return computed * 3 <= direct && (!s->x_bf16 || (s->C >= 32 && s->K >= 32));
}

bool winograd_suits(const struct convolution_shape *s)
{
    return winograd_kernels_choose() && s->R == 3 && s->S == 3 && s->stride == 1 &&
           s->groups == 1 && s->pad_top == 1 && s->pad_left == 1 && s->P == s->H && s->Q == s->W &&
           !s->int8 && s->C % LANES == 0 && s->K % LANES == 0 && s->C <= WINOGRAD_CHANNELS_MOST &&
           s->K <= WINOGRAD_CHANNELS_MOST && is_worth_it(s);
}

static size_t weight_floats(int inputs, int outputs)
{
    int panel = panel_of(outputs);

    return (size_t)(outputs / panel) * POINTS * stride_of(inputs, panel);
}

mien_status winograd_new(const struct convolution_shape *shape, struct winograd **ret_winograd,
                         mien_error *err)
{
    struct winograd *w = calloc(1, sizeof *w);
    size_t forward = weight_floats(shape->C, shape->K) * sizeof(float);
    size_t backward = weight_floats(shape->K, shape->C) * sizeof(float);

    if (!w)
        return error_memory(err, sizeof *w);
    w->shape = *shape;
    w->kernels = winograd_kernels_choose();
    w->x = (struct winograd_pictures){shape->H, shape->W, shape->C, shape->x_bf16};
    w->y = (struct winograd_pictures){shape->H, shape->W, shape->K, shape->y_bf16};
    w->forward = memory_aligned_new(forward);
    w->backward = memory_aligned_new(backward);
    if (!w->forward || !w->backward) {
        winograd_free(w);
        return error_memory(err, forward + backward);
    }
    *ret_winograd = w;
    return MIEN_OK;
}

void winograd_free(struct winograd *winograd)
{
    if (!winograd)
        return;
    free(winograd->forward);
    free(winograd->backward);
    free(winograd);
}

/* --- weights --- */

/* Points of sixteen filters (3, 3, LANES), of outputs from k on, to their place among all. */
static void place_filters(const struct winograd *w, const float *filters, float *weights,
                          int inputs, int outputs, int c, int k)
{
    int panel = panel_of(outputs);
    size_t point = stride_of(inputs, panel);
    size_t offset = (size_t)(c * panel + k % panel);

    w->kernels->from_filters(filters, weights + (size_t)(k / panel) * POINTS * point + offset,
                             point);
}

/* Sixteen by sixteen filters at a time, read once for both directions. Backward they are turned
 * round, and inputs and outputs change places. */
static void pack_square(struct winograd *w, const float *weights, int k, int c)
{
    int C = w->shape.C, K = w->shape.K;
    float forward[LANES][WEIGHTS][LANES], backward[WEIGHTS][LANES];

    for (int i = 0; i < LANES; i++) {
        for (int r = 0; r < WEIGHTS; r++) {
            const float *row = weights + ((size_t)(k + i) * WEIGHTS + (size_t)r) * (size_t)C + c;
            memcpy(backward[WEIGHTS - 1 - r], row, sizeof backward[0]);
            for (int j = 0; j < LANES; j++)
                forward[j][r][i] = row[j];
        }
        place_filters(w, backward[0], w->backward, K, C, k + i, c);
    }
    for (int j = 0; j < LANES; j++)
        place_filters(w, forward[j][0], w->forward, C, K, c + j, k);
}

void winograd_pack(struct winograd *w, const float *weights)
{
    for (int k = 0; k < w->shape.K; k += LANES)
        for (int c = 0; c < w->shape.C; c += LANES)
            pack_square(w, weights, k, c);
}

/* --- passes --- */

static struct winograd_block block_at(const struct winograd *w, int first, int most)
{
    int left = count_tiles(&w->shape) - first;

    return (struct winograd_block){.first = first, .tiles = left < most ? left : most};
}

/* y = x * weights in the layout of `forward`, the same for both directions. */
static void convolve(const struct winograd *w, const struct winograd_pictures *from, const void *x,
                     const float *weights, const struct winograd_pictures *to, const float *bias,
                     float least, void *y, float *scratch)
{
    int panel = panel_of(to->C);
    size_t c = (size_t)from->C, point = stride_of(from->C, panel);
    struct winograd_block in, out;

    for (int first = 0; (in = block_at(w, first, TILES)).tiles > 0; first += TILES) {
        const float *at = weights;
        float *sums;
        out = in;
        in.stride = stride_of(in.tiles, from->C);
        sums = scratch + POINTS * in.stride;
        out.stride = stride_of(in.tiles, panel);
        w->kernels->from_patches(from, x, &in, scratch);
        for (int k = 0; k < to->C; k += panel) {
            for (size_t i = 0; i < POINTS; i++, at += point)
                w->kernels->product((size_t)in.tiles, c, panel, scratch + i * in.stride, c, 1, at,
                                    sums + i * out.stride);
            w->kernels->to_tiles(to, sums, &out, k, panel, bias, least, y);
        }
    }
}

void winograd_forward(const struct winograd *w, const void *x, const float *bias, void *y,
                      void *scratch)
{
    convolve(w, &w->x, x, w->forward, &w->y, bias, w->shape.relu ? 0 : -INFINITY, y, scratch);
}

void winograd_backward_data(const struct winograd *w, const void *dy, void *dx, void *scratch)
{
    convolve(w, &w->y, dy, w->backward, &w->x, NULL, -INFINITY, dx, scratch);
}

/* One of the points is 1 in both directions, where all numbers of a tile add up. */
static void add_bias(const float *points, const struct winograd_block *block, int width,
                     float *dbias)
{
    const float *ones = points + (WINOGRAD_SIDE + 1) * block->stride;

    for (int t = 0; t < block->tiles; t++)
        for (int k = 0; k < width; k++)
            dbias[k] += ones[t * width + k];
}

/* The gradients of a panel of filters from a block's points of x and dy. */
static void add_panel(const struct winograd *w, const float *x,
                      const struct winograd_block *x_block, const float *dy,
                      const struct winograd_block *dy_block, float *gradient, float *sums)
{
    int panel = panel_of(w->shape.K), rows = panel_of(w->shape.C);
    size_t C = (size_t)w->shape.C, count = (size_t)rows * (size_t)panel;

    for (size_t c = 0; c < C; c += (size_t)rows) {
        for (size_t i = 0; i < POINTS; i++)
            w->kernels->product((size_t)rows, (size_t)x_block->tiles, panel,
                                x + i * x_block->stride + c, 1, C, dy + i * dy_block->stride,
                                sums + i * (count + APART));
        w->kernels->add_filters(sums, count + APART, count, gradient + c * (size_t)panel,
                                C * (size_t)panel);
    }
}

/* The gradient of a panel of filters is (WEIGHTS, C, panel). */
void winograd_backward_weights(const struct winograd *w, const void *x, const void *dy,
                               float *gradient, float *dbias, void *scratch)
{
    int C = w->shape.C, K = w->shape.K, panel = panel_of(K);
    float *x_points = scratch, *dy_points, *sums;
    struct winograd_block in, out;

    for (int first = 0; (in = block_at(w, first, GRADIENT_TILES)).tiles > 0;
         first += GRADIENT_TILES) {
        out = in;
        in.stride = stride_of(in.tiles, C);
        out.stride = stride_of(in.tiles, panel);
        dy_points = x_points + POINTS * in.stride;
        sums = dy_points + POINTS * out.stride;
        w->kernels->from_patches(&w->x, x, &in, x_points);
        for (int k = 0; k < K; k += panel) {
            w->kernels->from_tiles(&w->y, dy, &out, k, panel, dy_points);
            if (dbias)
                add_bias(dy_points, &out, panel, dbias + k);
            add_panel(w, x_points, &in, dy_points, &out, gradient + (size_t)k * WEIGHTS * (size_t)C,
                      sums);
        }
    }
}

/* Both directions convolve; weights' gradients hold points of x, of a panel of dy and of filters.
 */
size_t winograd_scratch_bytes(const struct winograd *w)
{
    int C = w->shape.C, K = w->shape.K, most = C > K ? C : K, tiles = count_tiles(&w->shape);
    int block = tiles < TILES ? tiles : TILES;
    int gradient_block = tiles < GRADIENT_TILES ? tiles : GRADIENT_TILES;
    size_t convolving = stride_of(block, most) + stride_of(block, WINOGRAD_PANEL_MOST);
    size_t gradient = stride_of(gradient_block, C) + stride_of(gradient_block, panel_of(K)) +
                      stride_of(panel_of(C), panel_of(K));

    return POINTS * (convolving > gradient ? convolving : gradient) * sizeof(float);
}

void winograd_order_gradient(const struct winograd *w, const float *gradient, float *dweights)
{
    size_t C = (size_t)w->shape.C, K = (size_t)w->shape.K, panel = (size_t)panel_of(w->shape.K);

    for (size_t k = 0; k < K; k++)
        for (size_t r = 0; r < WEIGHTS; r++)
            for (size_t c = 0; c < C; c++)
                dweights[(k * WEIGHTS + r) * C + c] =
                    gradient[((k / panel * WEIGHTS + r) * C + c) * panel + k % panel];
}
