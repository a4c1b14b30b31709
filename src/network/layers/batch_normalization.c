/* batch_normalization.c - normalise each channel by the batch's mean and variance (Ioffe, Szegedy,
 * ICML 2015); in inference by their running averages, with Keras's defaults: momentum 0.99,
 * epsilon 0.001, biased variance.
 *
 * The batch is seen in slices. Each slice's mean and sum of squared deviations are merged in order
 * by Chan, Golub and LeVeque's formula (1979), so that nothing cancels and the result does not
 * depend on which thread saw which slice.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "network/layer.h"

/* Pixels summed at a time. */
enum { CHUNK = 64 };

struct batch_normalization {
    int slice, slices;
    size_t C, pixels;                /* of one picture */
    float *mean, *inverse_deviation; /* (C) of this batch, or running ones */
    float *factor, *offset;          /* (C): y = factor * x + offset */
    float *mean_dy, *slope;          /* (C): mean of dy; mean of dy * x^ over the deviation */
    float *partial;                  /* (slices, 2, C) */
    float *memory;
};

static mien_status batchnorm_parse(struct layer *layer, struct words *words, mien_error *err)
{
    layer->rate = 0.99f;
    if (words_match(words, "momentum"))
        return words_float(words, "momentum", 0, 1, &layer->rate, err);
    return MIEN_OK;
}

static mien_status batchnorm_shape(struct layer *layer, struct parameter *parameters,
                                   mien_error *err)
{
    size_t C = (size_t)layer->out.C;

    (void)err;
    layer_add_parameter(layer, parameters, "scale", PARAMETER_SCALE, 1, &C);
    layer_add_parameter(layer, parameters, "shift", PARAMETER_SHIFT, 1, &C);
    layer_add_parameter(layer, parameters, "mean", PARAMETER_MEAN, 1, &C);
    layer_add_parameter(layer, parameters, "variance", PARAMETER_VARIANCE, 1, &C);
    return MIEN_OK;
}

static mien_status batchnorm_prepare(const struct layer *layer, struct layer_setup *setup,
                                     mien_error *err)
{
    struct batch_normalization *state = calloc(1, sizeof *state);
    size_t C = (size_t)layer->out.C, slices = setup->training ? (size_t)setup->slices : 0;
    size_t bytes = (6 * C + 2 * C * slices) * sizeof(float);

    if (!state)
        return error_memory(err, sizeof *state);
    state->memory = memory_aligned_new(bytes);
    if (!state->memory) {
        free(state);
        return error_memory(err, bytes);
    }
    state->C = C;
    state->pixels = (size_t)layer->out.H * (size_t)layer->out.W;
    state->slice = setup->slice;
    state->slices = setup->slices;
    state->mean = state->memory;
    state->inverse_deviation = state->mean + C;
    state->factor = state->inverse_deviation + C;
    state->offset = state->factor + C;
    state->mean_dy = state->offset + C;
    state->slope = state->mean_dy + C;
    state->partial = state->slope + C;
    setup->ret_scratch_bytes = memory_aligned_size(2 * C * sizeof(float));
    setup->ret_state = state;
    return MIEN_OK;
}

static void batchnorm_release(void *memory)
{
    struct batch_normalization *state = memory;

    free(state->memory);
    free(state);
}

/* From mean and inverse deviation to one multiplication and one addition. */
static void set_factors(struct batch_normalization *state, const float *scale, const float *shift)
{
    for (size_t c = 0; c < state->C; c++) {
        state->factor[c] = scale[c] * state->inverse_deviation[c];
        state->offset[c] = shift[c] - state->mean[c] * state->factor[c];
    }
}

/* In inference the running averages count; in training settle_forward overwrites this. */
static void batchnorm_update(void *memory, const float *const *weights)
{
    struct batch_normalization *state = memory;

    for (size_t c = 0; c < state->C; c++) {
        state->mean[c] = weights[2][c];
        state->inverse_deviation[c] = 1 / sqrtf(weights[3][c] + BATCHNORM_EPSILON);
    }
    set_factors(state, weights[0], weights[1]);
}

VECTOR_LOOP static void affine_loop(const float *restrict x, float *y, size_t pixels, size_t C,
                                    const float *restrict factor, const float *restrict offset)
{
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < C; c++)
            y[p * C + c] = x[p * C + c] * factor[c] + offset[c];
}

static void batchnorm_forward(const struct layer_run *run)
{
    const struct batch_normalization *state = run->state;

    affine_loop(run->x[0], run->y, state->pixels * (size_t)run->slice, state->C, state->factor,
                state->offset);
}

/* Adds each channel's numbers, less `mean`, to `sum`, and their squares to `squares`. */
VECTOR_LOOP static void sum_loop(const float *restrict x, size_t pixels, size_t C,
                                 const float *restrict mean, float *restrict sum,
                                 float *restrict squares)
{
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < C; c++) {
            float d = x[p * C + c] - mean[c];
            sum[c] += d;
            squares[c] += d * d;
        }
}

VECTOR_LOOP static void add_and_clear(float *restrict total, float *restrict part, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        total[i] += part[i];
        part[i] = 0;
    }
}

static float *partial_of(const struct batch_normalization *state, int slice_number)
{
    return state->partial + (size_t)slice_number * 2 * state->C;
}

/* Long sums of floats lose digits: CHUNK pixels are summed at a time, then the chunks. The first
 * pixel stands in for the mean, so that the squares do not cancel. */
static void batchnorm_gather_forward(const struct layer_run *run)
{
    const struct batch_normalization *state = run->state;
    size_t C = state->C, pixels = state->pixels * (size_t)run->pictures;
    float *total = partial_of(state, run->slice_number), *part = run->scratch;

    memset(total, 0, 2 * C * sizeof *total);
    memset(part, 0, 2 * C * sizeof *part);
    for (size_t first = 0; first < pixels; first += CHUNK) {
        size_t count = pixels - first < CHUNK ? pixels - first : CHUNK;
        sum_loop(run->x[0] + first * C, count, C, run->x[0], part, part + C);
        add_and_clear(total, part, 2 * C);
    }
    for (size_t c = 0; c < C; c++) { /* sums about the first pixel to mean and deviations */
        float mean = total[c] / (float)pixels;
        total[C + c] -= total[c] * mean;
        total[c] = run->x[0][c] + mean;
    }
}

/* Merges one channel's slices: mean and biased variance of the batch. */
static void merge_channel(const struct batch_normalization *state, size_t c, int pictures,
                          double *ret_mean, double *ret_variance)
{
    double count = 0, mean = 0, squares = 0;

    for (int s = 0; s < state->slices && s * state->slice < pictures; s++) {
        const float *partial = partial_of(state, s);
        int here =
            pictures - s * state->slice < state->slice ? pictures - s * state->slice : state->slice;
        double more = (double)here * (double)state->pixels;
        double delta = partial[c] - mean;
        mean += delta * more / (count + more);
        squares += partial[state->C + c] + delta * delta * count * more / (count + more);
        count += more;
    }
    *ret_mean = mean;
    *ret_variance = squares / count;
}

static void batchnorm_settle_forward(void *memory, const struct layer *layer, int pictures,
                                     float *const *weights)
{
    struct batch_normalization *state = memory;
    float momentum = layer->rate;

    for (size_t c = 0; c < state->C; c++) {
        double mean, variance;
        merge_channel(state, c, pictures, &mean, &variance);
        state->mean[c] = (float)mean;
        state->inverse_deviation[c] = 1 / sqrtf((float)variance + BATCHNORM_EPSILON);
        weights[2][c] = momentum * weights[2][c] + (1 - momentum) * (float)mean;
        weights[3][c] = momentum * weights[3][c] + (1 - momentum) * (float)variance;
    }
    set_factors(state, weights[0], weights[1]);
}

VECTOR_LOOP static void gradient_sums_loop(const float *restrict x, const float *restrict dy,
                                           size_t pixels, size_t C, const float *restrict mean,
                                           float *restrict sum_dy, float *restrict sum_dy_x)
{
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < C; c++) {
            float d = dy[p * C + c];
            sum_dy[c] += d;
            sum_dy_x[c] += d * (x[p * C + c] - mean[c]);
        }
}

static void batchnorm_gather_backward(const struct layer_run *run)
{
    const struct batch_normalization *state = run->state;
    size_t C = state->C, pixels = state->pixels * (size_t)run->pictures;
    float *total = partial_of(state, run->slice_number), *part = run->scratch;

    memset(total, 0, 2 * C * sizeof *total);
    memset(part, 0, 2 * C * sizeof *part);
    for (size_t first = 0; first < pixels; first += CHUNK) {
        size_t count = pixels - first < CHUNK ? pixels - first : CHUNK;
        gradient_sums_loop(run->x[0] + first * C, run->dy + first * C, count, C, state->mean, part,
                           part + C);
        add_and_clear(total, part, 2 * C);
    }
}

static void batchnorm_settle_backward(void *memory, const struct layer *layer, int pictures,
                                      float *const *gradients)
{
    struct batch_normalization *state = memory;
    double count = (double)pictures * (double)state->pixels;

    (void)layer;
    for (size_t c = 0; c < state->C; c++) {
        double sum_dy = 0, sum_dy_x = 0;
        for (int s = 0; s < state->slices && s * state->slice < pictures; s++) {
            sum_dy += partial_of(state, s)[c];
            sum_dy_x += partial_of(state, s)[state->C + c];
        }
        sum_dy_x *= state->inverse_deviation[c];
        gradients[0][c] = (float)sum_dy_x;
        gradients[1][c] = (float)sum_dy;
        state->mean_dy[c] = (float)(sum_dy / count);
        state->slope[c] = (float)(sum_dy_x / count * state->inverse_deviation[c]);
    }
}

/* dx = factor * (dy - mean(dy) - x^ * mean(dy * x^)), where x^ is x normalised (section 3). The
 * mean is taken off x first: multiplied out, the terms would cancel and lose digits. */
VECTOR_LOOP static void gradient_loop(const float *restrict x, const float *dy, float *dx,
                                      size_t pixels, size_t C, const float *restrict factor,
                                      const float *restrict mean, const float *restrict mean_dy,
                                      const float *restrict slope)
{
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < C; c++)
            dx[p * C + c] =
                factor[c] * (dy[p * C + c] - mean_dy[c] - (x[p * C + c] - mean[c]) * slope[c]);
}

static void batchnorm_backward(const struct layer_run *run)
{
    const struct batch_normalization *state = run->state;
    size_t C = state->C, counted = state->pixels * (size_t)run->pictures;
    size_t all = state->pixels * (size_t)run->slice;

    gradient_loop(run->x[0], run->dy, run->dx[0], counted, C, state->factor, state->mean,
                  state->mean_dy, state->slope);
    memset(run->dx[0] + counted * C, 0, (all - counted) * C * sizeof(float));
}

const struct layer_kind layer_batchnorm = {
    .name = "batchnorm",
    .synopsis = "batchnorm [momentum M]",
    .inputs_least = 1,
    .inputs_most = 1,
    .recompute = true,
    .in_place = true,
    .backward_wants_x = true,
    .parse = batchnorm_parse,
    .shape = batchnorm_shape,
    .prepare = batchnorm_prepare,
    .release = batchnorm_release,
    .update = batchnorm_update,
    .forward = batchnorm_forward,
    .backward = batchnorm_backward,
    .gather_forward = batchnorm_gather_forward,
    .settle_forward = batchnorm_settle_forward,
    .gather_backward = batchnorm_gather_backward,
    .settle_backward = batchnorm_settle_backward,
};
