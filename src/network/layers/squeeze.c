/* squeeze.c - squeeze-and-excitation (Hu, Shen, Sun, CVPR 2018): the mean of every channel, through
 * two small dense layers, gives each channel a gate from 0 to 1 that multiplies it.
 * C channels, r hidden units.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "network/bf16.h"
#include "network/layer.h"

enum { REDUCE_WEIGHTS, REDUCE_BIAS, EXPAND_WEIGHTS, EXPAND_BIAS };

static mien_status squeeze_parse(struct layer *layer, struct words *words, mien_error *err)
{
    return words_int(words, "number of hidden units", 1, 65536, &layer->filters, err);
}

static mien_status squeeze_shape(struct layer *layer, struct parameter *parameters, mien_error *err)
{
    size_t C = (size_t)layer->out.C, r = (size_t)layer->filters;
    size_t reduce[2] = {r, C}, expand[2] = {C, r};

    (void)err;
    layer_add_parameter(layer, parameters, "reduce_weights", PARAMETER_WEIGHTS, 2, reduce);
    layer_add_parameter(layer, parameters, "reduce_bias", PARAMETER_BIAS, 1, reduce);
    layer_add_parameter(layer, parameters, "expand_weights", PARAMETER_WEIGHTS, 2, expand);
    layer_add_parameter(layer, parameters, "expand_bias", PARAMETER_BIAS, 1, expand);
    parameters[REDUCE_WEIGHTS].fan_in = parameters[EXPAND_WEIGHTS].fan_out = C;
    parameters[REDUCE_WEIGHTS].fan_out = parameters[EXPAND_WEIGHTS].fan_in = r;
    return MIEN_OK;
}

/* Where the accumulator of a lane holds each parameter's gradient. */
static size_t gradient_offset(const struct layer *layer, int parameter)
{
    size_t C = (size_t)layer->out.C, r = (size_t)layer->filters;
    size_t offsets[] = {0, r * C, r * C + r, 2 * r * C + r, 2 * r * C + r + C};

    return offsets[parameter];
}

static mien_status squeeze_prepare(const struct layer *layer, struct layer_setup *setup,
                                   mien_error *err)
{
    (void)err;
    setup->ret_scratch_bytes =
        (2 * (size_t)layer->filters + 4 * (size_t)layer->out.C) * sizeof(float);
    if (setup->training)
        setup->ret_gradient_floats = gradient_offset(layer, EXPAND_BIAS + 1);
    return MIEN_OK;
}

/* What is computed for one picture on the way to its gates. */
struct gates {
    float *mean, *hidden, *gate;    /* (C), (r), (C) */
    float *dhidden, *dgate, *dmean; /* backward: (r), (C), (C) */
};

static struct gates lay_out(const struct layer_run *run)
{
    size_t C = (size_t)run->layer->out.C, r = (size_t)run->layer->filters;
    float *memory = run->scratch;

    return (struct gates){memory,
                          memory + C,
                          memory + C + r,
                          memory + 2 * C + r,
                          memory + 2 * C + 2 * r,
                          memory + 3 * C + 2 * r};
}

static size_t picture_pixels(const struct layer_run *run)
{
    return (size_t)run->layer->out.H * (size_t)run->layer->out.W;
}

VECTOR_LOOP static void mean_loop(const void *x, bool bf16, float *restrict mean, size_t pixels,
                                  size_t C)
{
    memset(mean, 0, C * sizeof *mean);
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < C; c++)
            mean[c] += number_at(x, p * C + c, bf16);
    for (size_t c = 0; c < C; c++)
        mean[c] /= (float)pixels;
}

/* y (O) = weights (O, I) * x (I) + bias, each in VECTOR_LANES partial sums of fixed order. */
VECTOR_LOOP static void dense_loop(const float *restrict weights, const float *restrict bias,
                                   const float *restrict x, float *restrict y, size_t I, size_t O)
{
    size_t whole = I / VECTOR_LANES * VECTOR_LANES;

    for (size_t o = 0; o < O; o++) {
        float sum[VECTOR_LANES] = {0}, total = bias[o];
        for (size_t i = 0; i < whole; i += VECTOR_LANES)
            for (int lane = 0; lane < VECTOR_LANES; lane++)
                sum[lane] += x[i + lane] * weights[o * I + i + lane];
        for (int lane = 0; lane < VECTOR_LANES; lane++)
            total += sum[lane];
        for (size_t i = whole; i < I; i++)
            total += x[i] * weights[o * I + i];
        y[o] = total;
    }
}

static void compute_gates(const struct layer_run *run, const void *x, struct gates *g)
{
    size_t C = (size_t)run->layer->out.C, r = (size_t)run->layer->filters;

    mean_loop(x, run->x_bf16, g->mean, picture_pixels(run), C);
    dense_loop(run->weights[REDUCE_WEIGHTS], run->weights[REDUCE_BIAS], g->mean, g->hidden, C, r);
    for (size_t h = 0; h < r; h++)
        g->hidden[h] = g->hidden[h] < 0 ? 0 : g->hidden[h];
    dense_loop(run->weights[EXPAND_WEIGHTS], run->weights[EXPAND_BIAS], g->hidden, g->gate, r, C);
    for (size_t c = 0; c < C; c++)
        g->gate[c] = 1 / (1 + expf(-g->gate[c]));
}

VECTOR_LOOP static void multiply_loop(const void *x, void *y, bool bf16, const float *restrict gate,
                                      size_t pixels, size_t C)
{
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < C; c++)
            number_set(y, p * C + c, bf16, number_at(x, p * C + c, bf16) * gate[c]);
}

static void squeeze_forward(const struct layer_run *run)
{
    struct gates g = lay_out(run);
    size_t count = shape_count(run->layer->out);

    for (size_t n = 0; n < (size_t)run->slice; n++) {
        const void *x = number_from(run->x[0], n * count, run->x_bf16);
        compute_gates(run, x, &g);
        multiply_loop(x, number_to(run->y, n * count, run->y_bf16), run->y_bf16, g.gate,
                      picture_pixels(run), (size_t)run->layer->out.C);
    }
}

VECTOR_LOOP static void gate_gradient_loop(const void *x, const void *dy, bool bf16,
                                           float *restrict dgate, size_t pixels, size_t C)
{
    memset(dgate, 0, C * sizeof *dgate);
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < C; c++)
            dgate[c] += number_at(x, p * C + c, bf16) * number_at(dy, p * C + c, bf16);
}

VECTOR_LOOP static void input_gradient_loop(const void *dy, void *dx, bool bf16,
                                            const float *restrict gate, const float *restrict dmean,
                                            size_t pixels, size_t C)
{
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < C; c++)
            number_set(dx, p * C + c, bf16,
                       number_at(dy, p * C + c, bf16) * gate[c] + dmean[c] / (float)pixels);
}

/* Back through one of the dense layers, from dy (O); adds to dweights (O, I), dbias (O), dx (I). */
VECTOR_LOOP static void dense_gradient_loop(const float *restrict weights, const float *restrict x,
                                            const float *restrict dy, float *restrict dweights,
                                            float *restrict dbias, float *restrict dx, size_t I,
                                            size_t O)
{
    for (size_t o = 0; o < O; o++) {
        float d = dy[o];
        dbias[o] += d;
        for (size_t i = 0; i < I; i++) {
            dweights[o * I + i] += d * x[i];
            dx[i] += d * weights[o * I + i];
        }
    }
}

/* From dgate back through both dense layers; adds to the lane's gradients. */
static void backward_gates(const struct layer_run *run, struct gates *g)
{
    size_t C = (size_t)run->layer->out.C, r = (size_t)run->layer->filters;
    float *dreduce = run->gradient + gradient_offset(run->layer, REDUCE_WEIGHTS);
    float *dreduce_bias = run->gradient + gradient_offset(run->layer, REDUCE_BIAS);
    float *dexpand = run->gradient + gradient_offset(run->layer, EXPAND_WEIGHTS);
    float *dexpand_bias = run->gradient + gradient_offset(run->layer, EXPAND_BIAS);

    memset(g->dhidden, 0, r * sizeof(float));
    memset(g->dmean, 0, C * sizeof(float));
    for (size_t c = 0; c < C; c++)
        g->dgate[c] *= g->gate[c] * (1 - g->gate[c]);
    dense_gradient_loop(run->weights[EXPAND_WEIGHTS], g->hidden, g->dgate, dexpand, dexpand_bias,
                        g->dhidden, r, C);
    for (size_t h = 0; h < r; h++)
        g->dhidden[h] = g->hidden[h] > 0 ? g->dhidden[h] : 0;
    dense_gradient_loop(run->weights[REDUCE_WEIGHTS], g->mean, g->dhidden, dreduce, dreduce_bias,
                        g->dmean, C, r);
}

static void squeeze_backward(const struct layer_run *run)
{
    struct gates g = lay_out(run);
    size_t count = shape_count(run->layer->out), C = (size_t)run->layer->out.C;
    bool bf16 = run->x_bf16;

    for (size_t n = 0; n < (size_t)run->slice; n++) {
        const void *x = number_from(run->x[0], n * count, bf16);
        const void *dy = number_from(run->dy, n * count, bf16);
        compute_gates(run, x, &g);
        gate_gradient_loop(x, dy, bf16, g.dgate, picture_pixels(run), C);
        backward_gates(run, &g);
        if (run->dx[0])
            input_gradient_loop(dy, number_to(run->dx[0], n * count, bf16), bf16, g.gate, g.dmean,
                                picture_pixels(run), C);
    }
}

static void squeeze_reduce(void *state, const struct layer *layer, int worker,
                           const float *accumulator, float *const *gradients)
{
    (void)state;
    (void)worker;
    for (int i = REDUCE_WEIGHTS; i <= EXPAND_BIAS; i++)
        memcpy(gradients[i], accumulator + gradient_offset(layer, i),
               (gradient_offset(layer, i + 1) - gradient_offset(layer, i)) * sizeof(float));
}

static double squeeze_macs(const struct layer *layer)
{
    return 2.0 * layer->out.C * layer->filters;
}

const struct layer_kind layer_squeeze = {
    .name = "squeeze",
    .synopsis = "squeeze HIDDEN",
    .inputs_least = 1,
    .inputs_most = 1,
    .recompute = true,
    .backward_wants_x = true,
    .bf16 = BF16_SAME,
    .parse = squeeze_parse,
    .shape = squeeze_shape,
    .prepare = squeeze_prepare,
    .forward = squeeze_forward,
    .backward = squeeze_backward,
    .reduce = squeeze_reduce,
    .macs = squeeze_macs,
};
