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

VECTOR_LOOP static void leaky_loop(const void *x, void *y, size_t count, bool bf16, float slope)
{
    for (size_t i = 0; i < count; i++) {
        float value = number_at(x, i, bf16);
        number_set(y, i, bf16, value * (value > 0 ? 1 : slope));
    }
}

VECTOR_LOOP static void leaky_gradient_loop(const void *y, const void *dy, void *dx, size_t count,
                                            bool bf16, float slope)
{
    for (size_t i = 0; i < count; i++)
        number_set(dx, i, bf16, number_at(dy, i, bf16) * (number_at(y, i, bf16) > 0 ? 1 : slope));
}

/* relu is leaky with slope 0 */
static void leaky_forward(const struct layer_run *run)
{
    leaky_loop(run->x[0], run->y, slice_count(run), run->y_bf16, run->layer->rate);
}

static void leaky_backward(const struct layer_run *run)
{
    leaky_gradient_loop(run->y, run->dy, run->dx[0], slice_count(run), run->y_bf16,
                        run->layer->rate);
}

static float logistic(float x)
{
    return 1.0f / (1.0f + expf(-x));
}

static void silu_forward(const struct layer_run *run)
{
    size_t count = slice_count(run);

    for (size_t i = 0; i < count; i++) {
        float x = number_at(run->x[0], i, run->y_bf16);
        number_set(run->y, i, run->y_bf16, x * logistic(x));
    }
}

static void silu_backward(const struct layer_run *run)
{
    size_t count = slice_count(run);

    for (size_t i = 0; i < count; i++) {
        float x = number_at(run->x[0], i, run->y_bf16), s = logistic(x);
        number_set(run->dx[0], i, run->y_bf16,
                   number_at(run->dy, i, run->y_bf16) * s * (1 + x * (1 - s)));
    }
}

VECTOR_LOOP static void hardswish_loop(const void *x, void *y, size_t count, bool bf16)
{
    for (size_t i = 0; i < count; i++) {
        float value = number_at(x, i, bf16), gate = value + 3;
        gate = gate < 0 ? 0 : gate > 6 ? 6 : gate;
        number_set(y, i, bf16, value * gate * (1.0f / 6));
    }
}

VECTOR_LOOP static void hardswish_gradient_loop(const void *x, const void *dy, void *dx,
                                                size_t count, bool bf16)
{
    for (size_t i = 0; i < count; i++) {
        float value = number_at(x, i, bf16);
        float slope = value <= -3 ? 0 : value >= 3 ? 1 : value * (1.0f / 3) + 0.5f;
        number_set(dx, i, bf16, number_at(dy, i, bf16) * slope);
    }
}

static void hardswish_forward(const struct layer_run *run)
{
    hardswish_loop(run->x[0], run->y, slice_count(run), run->y_bf16);
}

static void hardswish_backward(const struct layer_run *run)
{
    hardswish_gradient_loop(run->x[0], run->dy, run->dx[0], slice_count(run), run->y_bf16);
}

static void sigmoid_forward(const struct layer_run *run)
{
    size_t count = slice_count(run);

    for (size_t i = 0; i < count; i++)
        number_set(run->y, i, run->y_bf16, logistic(number_at(run->x[0], i, run->y_bf16)));
}

static void sigmoid_backward(const struct layer_run *run)
{
    size_t count = slice_count(run);

    for (size_t i = 0; i < count; i++) {
        float y = number_at(run->y, i, run->y_bf16);
        number_set(run->dx[0], i, run->y_bf16, number_at(run->dy, i, run->y_bf16) * y * (1 - y));
    }
}

#define ACTIVATION                                                                                 \
    .inputs_least = 1, .inputs_most = 1, .recompute = true, .in_place = true, .bf16 = BF16_SAME,   \
    .shape = activation_shape

const struct layer_kind layer_relu = {
    .name = "relu",
    .synopsis = "relu",
    .backward_wants_y = true,
    .forward = leaky_forward,
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
