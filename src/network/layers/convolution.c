/* convolution.c - two-dimensional convolution with zero padding of half the filter ("same").
 * N pictures, C channels in, H x W, K filters of R x S in `groups`, output P x Q.
 * SPDX-License-Identifier: MIT */
#include "network/layer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "network/bf16.h"
#include "network/layers/depthwise_gradient.h"
#include "network/onednn/onednn.h"
#include "network/quantized.h"
#include "network/winograd/winograd.h"

struct convolution {
    struct onednn_convolution *primitive; /* or, in training where it suits: */
    struct winograd *winograd;
    size_t gradient_floats;    /* packed weight gradient; the bias gradient follows */
    size_t accumulator_floats; /* both, aligned */
    bool bias;                 /* the layer's own */
    const float *const *norm;  /* of the batch normalisation that is folded in, or NULL */
    float *folded;             /* with `norm`: weights (K, R, S, C / groups), then bias (K) */
    const struct quantized *quantized; /* the weights, or NULL */
    float *factor, *offset;            /* (K), then: y = factor * sum + offset, */
    float least;                       /* ... and at least this */
    size_t K, weights_a_filter;
    int pictures; /* that the primitive takes at once: in training a slice. One in inference: a
                     slice that is not full costs what it holds */
    size_t primitive_scratch_bytes;
    bool converts_dy;  /* from f32 to bf16 */
    bool own_gradient; /* of the weights, in depthwise_gradient.h's order */
};

static mien_status parse_options(struct layer *layer, struct words *words, mien_error *err)
{
    mien_status status = MIEN_OK;

    layer->bias = true;
    layer->stride = 1;
    if (words_match(words, "stride"))
        status = words_int(words, "stride", 1, 8, &layer->stride, err);
    if (words_match(words, "nobias"))
        layer->bias = false;
    return status;
}

static mien_status convolution_parse(struct layer *layer, struct words *words, mien_error *err)
{
    mien_status status = words_int(words, "number of filters", 1, 65536, &layer->filters, err);

    if (!status)
        status = words_size(words, "filter", 1, 31, &layer->filter_h, &layer->filter_w, err);
    layer->groups = 1;
    if (!status && words_match(words, "groups"))
        status = words_int(words, "groups", 1, 65536, &layer->groups, err);
    return status ? status : parse_options(layer, words, err);
}

static mien_status depthwise_parse(struct layer *layer, struct words *words, mien_error *err)
{
    mien_status status =
        words_size(words, "filter", 1, 31, &layer->filter_h, &layer->filter_w, err);

    return status ? status : parse_options(layer, words, err);
}

static mien_status convolution_shape(struct layer *layer, struct parameter *parameters,
                                     mien_error *err)
{
    int C = layer->in[0].C, K = layer->filters, R = layer->filter_h, S = layer->filter_w;
    size_t dims[4] = {(size_t)K, (size_t)R, (size_t)S, (size_t)(C / layer->groups)};
    struct parameter *weights;

    if (R % 2 == 0 || S % 2 == 0)
        return error_set(err, MIEN_EINVAL, "a filter of %dx%d has no centre: use odd sides", R, S);
    if (C % layer->groups || K % layer->groups)
        return error_set(err, MIEN_EINVAL, "%d groups do not divide %d channels and %d filters",
                         layer->groups, C, K);
    layer->out.H = (layer->in[0].H - 1) / layer->stride + 1;
    layer->out.W = (layer->in[0].W - 1) / layer->stride + 1;
    layer->out.C = K;
    weights = layer_add_parameter(layer, parameters, "weights", PARAMETER_WEIGHTS, 4, dims);
    weights->fan_in = dims[1] * dims[2] * dims[3];
    weights->fan_out = dims[1] * dims[2] * (dims[0] / (size_t)layer->groups);
    if (layer->bias)
        layer_add_parameter(layer, parameters, "bias", PARAMETER_BIAS, 1, dims);
    return MIEN_OK;
}

static mien_status depthwise_shape(struct layer *layer, struct parameter *parameters,
                                   mien_error *err)
{
    layer->filters = layer->groups = layer->in[0].C;
    return convolution_shape(layer, parameters, err);
}

static void convolution_release(void *memory)
{
    struct convolution *state = memory;

    onednn_convolution_free(state->primitive);
    winograd_free(state->winograd);
    free(state->folded);
    free(state->factor);
    free(state);
}

/* Winograd's passes add to a lane's accumulator themselves. */
static mien_status prepare_winograd(struct convolution *state,
                                    const struct convolution_shape *shape,
                                    struct layer_setup *setup, mien_error *err)
{
    mien_status status = winograd_new(shape, &state->winograd, err);

    if (status)
        return status;
    state->gradient_floats = state->K * state->weights_a_filter;
    setup->ret_gradient_floats = state->gradient_floats + state->K;
    setup->ret_scratch_bytes = winograd_scratch_bytes(state->winograd);
    return MIEN_OK;
}

/* A lane has one accumulator; a worker's scratch holds the primitives' memory, one slice's gradient
 * and, converted, its dy. */
static void prepare_training(struct convolution *state, const struct layer *layer,
                             struct layer_setup *setup)
{
    size_t bytes;

    state->own_gradient = !onednn_convolution_has_weight_gradient(state->primitive);
    state->gradient_floats = state->own_gradient
                                 ? state->K * state->weights_a_filter
                                 : onednn_convolution_gradient_floats(state->primitive);
    bytes = memory_aligned_size((state->gradient_floats + state->K) * sizeof(float));
    setup->ret_gradient_floats = state->accumulator_floats = bytes / sizeof(float);
    state->primitive_scratch_bytes = memory_aligned_size(setup->ret_scratch_bytes);
    setup->ret_scratch_bytes = state->primitive_scratch_bytes + bytes;
    state->converts_dy = setup->x_bf16 && !setup->y_bf16;
    if (state->converts_dy)
        setup->ret_scratch_bytes +=
            shape_count(layer->out) * (size_t)setup->slice * sizeof(uint16_t);
}

static mien_status prepare_folding(struct convolution *state, mien_error *err)
{
    size_t bytes = state->K * (state->weights_a_filter + 1) * sizeof(float);

    state->folded = memory_aligned_new(bytes);
    return state->folded ? MIEN_OK : error_memory(err, bytes);
}

/* A worker's scratch holds the primitive's memory and its input in bytes. */
static mien_status prepare_quantized(struct convolution *state, const struct layer *layer,
                                     struct layer_setup *setup, mien_error *err)
{
    size_t bytes = 2 * state->K * sizeof(float);

    state->quantized = setup->quantized;
    state->least = setup->relu ? 0 : -INFINITY;
    state->factor = memory_aligned_new(bytes);
    if (!state->factor)
        return error_memory(err, bytes);
    state->offset = state->factor + state->K;
    onednn_convolution_pack(state->primitive, 0, state->quantized->values);
    state->primitive_scratch_bytes = memory_aligned_size(setup->ret_scratch_bytes);
    setup->ret_scratch_bytes =
        state->primitive_scratch_bytes + shape_count(layer->in[0]) * (size_t)state->pictures;
    return MIEN_OK;
}

static mien_status prepare_onednn(struct convolution *state, const struct layer *layer,
                                  const struct convolution_shape *shape, struct layer_setup *setup,
                                  mien_error *err)
{
    mien_status status =
        onednn_convolution_new(setup->onednn, shape, setup->training, &state->primitive, err);

    if (status)
        return status;
    setup->ret_scratch_bytes = onednn_convolution_scratch_bytes(state->primitive);
    if (setup->quantized)
        return prepare_quantized(state, layer, setup, err);
    if (setup->norm)
        return prepare_folding(state, err);
    if (setup->training)
        prepare_training(state, layer, setup);
    return MIEN_OK;
}

static mien_status convolution_prepare(const struct layer *layer, struct layer_setup *setup,
                                       mien_error *err)
{
    struct convolution_shape shape = {
        .N = setup->training ? setup->slice : 1,
        .H = layer->in[0].H,
        .W = layer->in[0].W,
        .C = layer->in[0].C,
        .K = layer->filters,
        .R = layer->filter_h,
        .S = layer->filter_w,
        .P = layer->out.H,
        .Q = layer->out.W,
        .stride = layer->stride,
        .groups = layer->groups,
        .pad_top = layer->filter_h / 2,
        .pad_left = layer->filter_w / 2,
        .bias = (layer->bias || setup->norm) && !setup->quantized,
        .relu = setup->relu && !setup->quantized,
        .int8 = setup->quantized,
        .x_signed = setup->quantized && setup->quantized->least < 0,
        .x_bf16 = setup->x_bf16,
        .y_bf16 = setup->y_bf16,
    };
    struct convolution *state = calloc(1, sizeof *state);
    mien_status status;

    if (!state)
        return error_memory(err, sizeof *state);
    state->bias = layer->bias;
    state->norm = setup->norm;
    state->K = (size_t)layer->filters;
    state->pictures = shape.N;
    state->weights_a_filter = (size_t)layer->filter_h * (size_t)layer->filter_w *
                              (size_t)(layer->in[0].C / layer->groups);
    if (setup->training && winograd_suits(&shape))
        status = prepare_winograd(state, &shape, setup, err);
    else
        status = prepare_onednn(state, layer, &shape, setup, err);
    if (status)
        convolution_release(state);
    else
        setup->ret_state = state;
    return status;
}

/* scale * (x * w + b - mean) / deviation + shift is a convolution with other weights. */
static void fold_norm(struct convolution *state, const float *const *weights)
{
    const float *scale = state->norm[0], *shift = state->norm[1];
    const float *mean = state->norm[2], *variance = state->norm[3];
    float *bias = state->folded + state->K * state->weights_a_filter;

    for (size_t k = 0; k < state->K; k++) {
        float factor = scale[k] / sqrtf(variance[k] + BATCHNORM_EPSILON);
        for (size_t i = 0; i < state->weights_a_filter; i++) {
            size_t at = k * state->weights_a_filter + i;
            state->folded[at] = weights[0][at] * factor;
        }
        bias[k] = shift[k] + ((state->bias ? weights[1][k] : 0) - mean[k]) * factor;
    }
}

/* What the sums of whole numbers stand for, with bias and normalisation. */
static void set_factors(struct convolution *state, const float *const *weights)
{
    const struct quantized *q = state->quantized;
    float unit = quantized_step(q) / (q->least < 0 ? 2 : 1); /* sums of signed inputs are doubled */

    for (size_t k = 0; k < state->K; k++) {
        float bias = state->bias ? weights[1][k] : 0, slope = 1;
        if (state->norm) {
            slope = state->norm[0][k] / sqrtf(state->norm[3][k] + BATCHNORM_EPSILON);
            bias = state->norm[1][k] + (bias - state->norm[2][k]) * slope;
        }
        state->factor[k] = unit * q->scales[k] * slope;
        state->offset[k] = bias;
    }
}

static void convolution_update(void *memory, int worker, const float *const *weights)
{
    struct convolution *state = memory;

    if (state->quantized) {
        set_factors(state, weights);
        return;
    }
    if (state->winograd) {
        winograd_pack(state->winograd, weights[0]);
        return;
    }
    if (state->norm)
        fold_norm(state, weights);
    onednn_convolution_pack(state->primitive, worker, state->norm ? state->folded : weights[0]);
}

/* From sums (pixels, K) of whole numbers to y, in place. */
VECTOR_LOOP static void scale_sums(float *y, size_t pixels, size_t K, const float *restrict factor,
                                   const float *restrict offset, float least)
{
    for (size_t p = 0; p < pixels; p++)
        for (size_t k = 0; k < K; k++) {
            int32_t sum;
            float value;
            memcpy(&sum, y + p * K + k, sizeof sum);
            value = (float)sum * factor[k] + offset[k];
            y[p * K + k] = value < least ? least : value;
        }
}

static void forward_quantized(const struct layer_run *run, const void *x, void *y)
{
    const struct convolution *state = run->state;
    const struct layer *l = run->layer;
    uint8_t *bytes = (uint8_t *)run->scratch + state->primitive_scratch_bytes;
    size_t pictures = (size_t)state->pictures;

    quantized_bytes(state->quantized, x, shape_count(l->in[0]) * pictures, bytes);
    onednn_convolution_forward(state->primitive, run->worker, bytes, NULL, y, run->scratch);
    scale_sums(y, (size_t)l->out.H * (size_t)l->out.W * pictures, state->K, state->factor,
               state->offset, state->least);
}

/* As many pictures as the primitive takes. */
static void forward_some(const struct layer_run *run, const void *x, void *y)
{
    const struct convolution *state = run->state;
    const float *bias = state->norm   ? state->folded + state->K * state->weights_a_filter
                        : state->bias ? run->weights[1]
                                      : NULL;

    if (state->quantized)
        forward_quantized(run, x, y);
    else if (state->winograd)
        winograd_forward(state->winograd, x, bias, y, run->scratch);
    else
        onednn_convolution_forward(state->primitive, run->worker, x, bias, y, run->scratch);
}

static void convolution_forward(const struct layer_run *run)
{
    const struct convolution *state = run->state;
    size_t x_bytes = shape_count(run->layer->in[0]) * number_bytes(run->x_bf16);
    size_t y_bytes = shape_count(run->layer->out) * number_bytes(run->y_bf16);

    for (size_t n = 0; n < (size_t)run->slice; n += (size_t)state->pictures)
        forward_some(run, (const char *)run->x[0] + n * x_bytes, (char *)run->y + n * y_bytes);
}

VECTOR_LOOP static void add_into(float *restrict total, const float *restrict more, size_t count)
{
    for (size_t i = 0; i < count; i++)
        total[i] += more[i];
}

static void backward_winograd(const struct layer_run *run)
{
    const struct convolution *state = run->state;

    winograd_backward_weights(state->winograd, run->x[0], run->dy, run->gradient,
                              state->bias ? run->gradient + state->gradient_floats : NULL,
                              run->scratch);
    if (run->dx[0])
        winograd_backward_data(state->winograd, run->dy, run->dx[0], run->scratch);
}

static void backward_onednn(const struct layer_run *run)
{
    const struct convolution *state = run->state;
    size_t count = state->gradient_floats + (state->bias ? state->K : 0);
    float *slice_gradient = (float *)((char *)run->scratch + state->primitive_scratch_bytes);
    const void *dy = run->dy;

    if (state->converts_dy) {
        uint16_t *half = (uint16_t *)(slice_gradient + state->accumulator_floats);
        bf16_from_floats(run->dy, half, shape_count(run->layer->out) * (size_t)run->slice);
        dy = half;
    }
    if (state->own_gradient) {
        depthwise_gradient(run, dy, run->gradient,
                           state->bias ? run->gradient + state->gradient_floats : NULL);
    } else {
        onednn_convolution_backward_weights(state->primitive, run->worker, run->x[0], dy,
                                            slice_gradient, slice_gradient + state->gradient_floats,
                                            run->scratch);
        add_into(run->gradient, slice_gradient, count);
    }
    if (run->dx[0])
        onednn_convolution_backward_data(state->primitive, run->worker, dy, run->dx[0],
                                         run->scratch);
}

static void convolution_backward(const struct layer_run *run)
{
    const struct convolution *state = run->state;

    if (state->winograd)
        backward_winograd(run);
    else
        backward_onednn(run);
}

static void convolution_reduce(void *memory, const struct layer *layer, int worker,
                               const float *accumulator, float *const *gradients)
{
    const struct convolution *state = memory;

    if (state->winograd)
        winograd_order_gradient(state->winograd, accumulator, gradients[0]);
    else if (state->own_gradient)
        depthwise_gradient_order(layer, accumulator, gradients[0]);
    else
        onednn_convolution_unpack_gradient(state->primitive, worker, accumulator, gradients[0]);
    if (state->bias)
        memcpy(gradients[1], accumulator + state->gradient_floats,
               (size_t)layer->filters * sizeof(float));
}

static void convolution_implementations(const void *memory, onednn_report *report, void *context)
{
    const struct convolution *state = memory;

    if (state->winograd)
        report(context, "convolution", "winograd:avx512");
    else
        onednn_convolution_implementations(state->primitive, report, context);
}

static double convolution_macs(const struct layer *layer)
{
    return (double)shape_count(layer->out) * layer->filter_h * layer->filter_w * layer->in[0].C /
           layer->groups;
}

#define CONVOLUTION_RUNS                                                                           \
    .inputs_least = 1, .inputs_most = 1, .backward_wants_x = true, .fuses_relu = true,             \
    .fuses_batchnorm = true, .bf16 = BF16_CONVOLUTION, .quantizes = QUANTIZED_WEIGHT_MOST,         \
    .prepare = convolution_prepare, .release = convolution_release, .update = convolution_update,  \
    .forward = convolution_forward, .backward = convolution_backward,                              \
    .reduce = convolution_reduce, .implementations = convolution_implementations,                  \
    .macs = convolution_macs

const struct layer_kind layer_convolution = {
    .name = "convolution",
    .synopsis = "convolution FILTERS RxS [groups N] [stride N] [nobias]",
    .parse = convolution_parse,
    .shape = convolution_shape,
    CONVOLUTION_RUNS,
};

/* One filter a channel: convolution with as many groups as channels. */
const struct layer_kind layer_depthwise = {
    .name = "depthwise",
    .synopsis = "depthwise RxS [stride N] [nobias]",
    .parse = depthwise_parse,
    .shape = depthwise_shape,
    CONVOLUTION_RUNS,
};
