/* activation.c - relu, leaky, silu, hardswish, sigmoid: one number in, one number out.
 * Swish/SiLU: Elfwing, Uchibe, Doya, Neural Networks 107, 2018. Hard swish: Howard et al.,
 * "Searching for MobileNetV3", 2019.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/vector.h"
#include "network/bf16.h"
#include "network/layer.h"

static mien_status activation_shape(struct layer *layer, struct parameter *parameters,
                                    mien_error *err)
{
    (void)layer;
    (void)parameters;
    (void)err;
    return MIEN_OK;
}

static mien_status leaky_parse(struct layer *layer, struct words *words, mien_error *err)
{
    return words_float(words, "slope", 0, 1, &layer->rate, err);
}

static size_t slice_count(const struct layer_run *run)
{
    return shape_count(run->layer->out) * (size_t)run->slice;
}

VECTOR_LOOP static void leaky_loop(const float *x, float *y, size_t count, float slope)
{
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

VECTOR_LOOP static void leaky_gradient_loop(const float *y, const float *dy, float *dx,
                                            size_t count, float slope)
{
    for (size_t i = 0; i < count; i++)
        dx[i] = y[i] > 0 ? dy[i] : slope * dy[i];
}

VECTOR_LOOP static void relu_bf16_loop(const uint16_t *x, uint16_t *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] & 0x8000 ? 0 : x[i];
}

static void relu_forward(const struct layer_run *run)
{
    if (run->y_bf16)
        relu_bf16_loop((const uint16_t *)run->x[0], (uint16_t *)run->y, slice_count(run));
    else
        leaky_loop(run->x[0], run->y, slice_count(run), 0);
}

/* relu is leaky with slope 0 */
static void leaky_forward(const struct layer_run *run)
{
    leaky_loop(run->x[0], run->y, slice_count(run), run->layer->rate);
}

static void leaky_backward(const struct layer_run *run)
{
    leaky_gradient_loop(run->y, run->dy, run->dx[0], slice_count(run), run->layer->rate);
}

static float logistic(float x)
{
    return 1.0f / (1.0f + expf(-x));
}

static void silu_forward(const struct layer_run *run)
{
    size_t count = slice_count(run);

    for (size_t i = 0; i < count; i++)
        run->y[i] = run->x[0][i] * logistic(run->x[0][i]);
}

static void silu_backward(const struct layer_run *run)
{
    size_t count = slice_count(run);

    for (size_t i = 0; i < count; i++) {
        float s = logistic(run->x[0][i]);
        run->dx[0][i] = run->dy[i] * s * (1 + run->x[0][i] * (1 - s));
    }
}

VECTOR_LOOP static void hardswish_loop(const float *x, float *y, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float gate = x[i] + 3;
        gate = gate < 0 ? 0 : gate > 6 ? 6 : gate;
        y[i] = x[i] * gate * (1.0f / 6);
    }
}

VECTOR_LOOP static void hardswish_gradient_loop(const float *x, const float *dy, float *dx,
                                                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float slope = x[i] <= -3 ? 0 : x[i] >= 3 ? 1 : x[i] * (1.0f / 3) + 0.5f;
        dx[i] = dy[i] * slope;
    }
}

static void hardswish_forward(const struct layer_run *run)
{
    hardswish_loop(run->x[0], run->y, slice_count(run));
}

static void hardswish_backward(const struct layer_run *run)
{
    hardswish_gradient_loop(run->x[0], run->dy, run->dx[0], slice_count(run));
}

static void sigmoid_forward(const struct layer_run *run)
{
    size_t count = slice_count(run);

    for (size_t i = 0; i < count; i++)
        run->y[i] = logistic(run->x[0][i]);
}

static void sigmoid_backward(const struct layer_run *run)
{
    size_t count = slice_count(run);

    for (size_t i = 0; i < count; i++)
        run->dx[0][i] = run->dy[i] * run->y[i] * (1 - run->y[i]);
}

#define ACTIVATION                                                                                 \
    .inputs_least = 1, .inputs_most = 1, .recompute = true, .in_place = true,                      \
    .shape = activation_shape

const struct layer_kind layer_relu = {
    .name = "relu",
    .synopsis = "relu",
    .bf16 = BF16_SAME,
    .backward_wants_y = true,
    .forward = relu_forward,
    .backward = leaky_backward,
    ACTIVATION,
};

const struct layer_kind layer_leaky = {
    .name = "leaky",
    .synopsis = "leaky SLOPE",
    .backward_wants_y = true,
    .parse = leaky_parse,
    .forward = leaky_forward,
    .backward = leaky_backward,
    ACTIVATION,
};

const struct layer_kind layer_silu = {
    .name = "silu",
    .synopsis = "silu",
    .backward_wants_x = true,
    .forward = silu_forward,
    .backward = silu_backward,
    ACTIVATION,
};

const struct layer_kind layer_hardswish = {
    .name = "hardswish",
    .synopsis = "hardswish",
    .backward_wants_x = true,
    .forward = hardswish_forward,
    .backward = hardswish_backward,
    ACTIVATION,
};

const struct layer_kind layer_sigmoid = {
    .name = "sigmoid",
    .synopsis = "sigmoid",
    .backward_wants_y = true,
    .forward = sigmoid_forward,
    .backward = sigmoid_backward,
    ACTIVATION,
};
