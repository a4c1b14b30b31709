/* dense.c - every output is a weighted sum of every input: y (N, O) = x (N, I) * weights (O, I)^T.
 *
 * The weights can be far larger than a slice of the batch, so in training the whole batch is
 * multiplied at once, in blocks: forward over the outputs, backward over the inputs. In inference
 * a slice is a handful of pictures, and each output is one sum in a fixed order, so that a
 * picture's answer does not depend on its neighbours. Where the inputs are bf16, training
 * multiplies bf16 copies of weights and gradients.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "network/bf16.h"
#include "network/layer.h"
#include "network/onednn/onednn.h"
#include "network/quantized.h"

enum { BLOCKS = 8, BLOCK_MULTIPLE = 16 };

/* 0..count-1 cut into at most BLOCKS pieces of `size`, the last one of `rest`. */
struct blocking {
    int size, rest, count;
};

struct dense {
    struct blocking outputs, inputs;
    /* [0] for a block of `size`, [1] for the last one */
    struct onednn_product *forward[2], *backward_data[2], *backward_weights[2];
    bool bias, relu, bf16;
    const struct quantized *quantized; /* the weights, or NULL */
    uint16_t *half_weights;            /* training with bf16: (O, I) */
    size_t weights;
    size_t products_bytes; /* of a worker's scratch; behind it dy (batch, O) in bf16 */
};

static mien_status dense_parse(struct layer *layer, struct words *words, mien_error *err)
{
    mien_status status = words_int(words, "number of outputs", 1, 65536, &layer->filters, err);

    layer->bias = status || !words_match(words, "nobias");
    return status;
}

static mien_status dense_shape(struct layer *layer, struct parameter *parameters, mien_error *err)
{
    size_t dims[2] = {(size_t)layer->filters, shape_count(layer->in[0])};
    struct parameter *weights;

    if (layer->in[0].H != 1 || layer->in[0].W != 1)
        return error_set(err, MIEN_EINVAL,
                         "the input is %dx%dx%d: put flatten or globalpool in front",
                         layer->in[0].H, layer->in[0].W, layer->in[0].C);
    layer->out = (struct shape){1, 1, layer->filters};
    weights = layer_add_parameter(layer, parameters, "weights", PARAMETER_WEIGHTS, 2, dims);
    weights->fan_in = dims[1];
    weights->fan_out = dims[0];
    if (layer->bias)
        layer_add_parameter(layer, parameters, "bias", PARAMETER_BIAS, 1, dims);
    return MIEN_OK;
}

static struct blocking make_blocking(int count)
{
    struct blocking b;

    b.size = (count + BLOCKS - 1) / BLOCKS;
    b.size = (b.size + BLOCK_MULTIPLE - 1) / BLOCK_MULTIPLE * BLOCK_MULTIPLE;
    b.size = b.size < count ? b.size : count;
    b.count = (count + b.size - 1) / b.size;
    b.rest = count - (b.count - 1) * b.size;
    return b;
}

static void dense_release(void *memory)
{
    struct dense *state = memory;

    for (int i = 0; i < 2; i++) {
        onednn_product_free(state->forward[i]);
        onednn_product_free(state->backward_data[i]);
        onednn_product_free(state->backward_weights[i]);
    }
    free(state->half_weights);
    free(state);
}

/* The products of one block size. M = batch. */
static mien_status make_products(struct dense *state, const struct layer *layer,
                                 struct layer_setup *setup, int which, mien_error *err)
{
    int M = setup->batch, I = (int)shape_count(layer->in[0]), O = layer->filters;
    int outputs = which ? state->outputs.rest : state->outputs.size;
    int inputs = which ? state->inputs.rest : state->inputs.size;
    struct product_shape forward = {.M = M,
                                    .N = outputs,
                                    .K = I,
                                    .a_row = I,
                                    .a_column = 1,
                                    .b_row = 1,
                                    .b_column = I,
                                    .c_row = O,
                                    .bf16 = state->bf16};
    struct product_shape data = {.M = M,
                                 .N = inputs,
                                 .K = O,
                                 .a_row = O,
                                 .a_column = 1,
                                 .b_row = I,
                                 .b_column = 1,
                                 .c_row = I,
                                 .bf16 = state->bf16,
                                 .c_bf16 = state->bf16};
    struct product_shape weights = {.M = O,
                                    .N = inputs,
                                    .K = M,
                                    .a_row = 1,
                                    .a_column = O,
                                    .b_row = I,
                                    .b_column = 1,
                                    .c_row = I,
                                    .bf16 = state->bf16};
    struct onednn_product **made[3] = {&state->forward[which], &state->backward_data[which],
                                       &state->backward_weights[which]};
    const struct product_shape *shapes[3] = {&forward, &data, &weights};

    for (int i = 0; i < 3; i++) {
        size_t bytes;
        mien_status status = onednn_product_new(setup->onednn, shapes[i], made[i], err);
        if (status)
            return status;
        bytes = onednn_product_scratch_bytes(*made[i]);
        if (bytes > state->products_bytes)
            state->products_bytes = memory_aligned_size(bytes);
    }
    return MIEN_OK;
}

static mien_status prepare_training(struct dense *state, const struct layer *layer,
                                    struct layer_setup *setup, mien_error *err)
{
    mien_status status;

    state->outputs = make_blocking(layer->filters);
    state->inputs = make_blocking((int)shape_count(layer->in[0]));
    setup->ret_blocks = BLOCKS;
    status = make_products(state, layer, setup, 0, err);
    if (!status)
        status = make_products(state, layer, setup, 1, err);
    setup->ret_scratch_bytes = state->products_bytes;
    if (status || !state->bf16)
        return status;
    setup->ret_scratch_bytes +=
        (size_t)setup->batch * (size_t)layer->filters * sizeof *state->half_weights;
    state->half_weights = memory_aligned_new(state->weights * sizeof *state->half_weights);
    return state->half_weights ? MIEN_OK
                               : error_memory(err, state->weights * sizeof *state->half_weights);
}

static mien_status dense_prepare(const struct layer *layer, struct layer_setup *setup,
                                 mien_error *err)
{
    struct dense *state = calloc(1, sizeof *state);
    mien_status status = MIEN_OK;

    if (!state)
        return error_memory(err, sizeof *state);
    state->bias = layer->bias;
    state->relu = setup->relu;
    state->bf16 = setup->x_bf16;
    state->quantized = setup->quantized;
    state->weights = shape_count(layer->in[0]) * (size_t)layer->filters;
    if (setup->training)
        status = prepare_training(state, layer, setup, err);
    else if (state->bf16 || state->quantized)
        setup->ret_scratch_bytes = (size_t)setup->slice * shape_count(layer->in[0]) * sizeof(float);
    if (status)
        dense_release(state);
    else
        setup->ret_state = state;
    return status;
}

static void dense_update(void *memory, int worker, const float *const *weights)
{
    struct dense *state = memory;

    (void)worker;
    if (state->half_weights)
        bf16_from_floats(weights[0], state->half_weights, state->weights);
}

/* Four sums over I at once, each in VECTOR_LANES partial sums of fixed order. */
VECTOR_LOOP static void dot4(const float *restrict x, const float *restrict weights, size_t I,
                             float *restrict ret_sums)
{
    float sum[4][VECTOR_LANES] = {{0}};
    size_t whole = I / VECTOR_LANES * VECTOR_LANES;

    for (size_t i = 0; i < whole; i += VECTOR_LANES)
        for (int o = 0; o < 4; o++)
            for (int lane = 0; lane < VECTOR_LANES; lane++)
                sum[o][lane] += x[i + lane] * weights[o * I + i + lane];
    for (int o = 0; o < 4; o++) {
        float total = 0;
        for (int lane = 0; lane < VECTOR_LANES; lane++)
            total += sum[o][lane];
        for (size_t i = whole; i < I; i++)
            total += x[i] * weights[o * I + i];
        ret_sums[o] = total;
    }
}

static float dot1(const float *x, const float *weights, size_t I)
{
    float sum[VECTOR_LANES] = {0}, total = 0;
    size_t whole = I / VECTOR_LANES * VECTOR_LANES;

    for (size_t i = 0; i < whole; i += VECTOR_LANES)
        for (int lane = 0; lane < VECTOR_LANES; lane++)
            sum[lane] += x[i + lane] * weights[i + lane];
    for (int lane = 0; lane < VECTOR_LANES; lane++)
        total += sum[lane];
    for (size_t i = whole; i < I; i++)
        total += x[i] * weights[i];
    return total;
}

/* One sum over I of whole numbers. */
VECTOR_LOOP static int32_t dot_quantized(const int16_t *restrict x, const int8_t *restrict weights,
                                         size_t I)
{
    int32_t sum = 0;

    for (size_t i = 0; i < I; i++)
        sum += (int32_t)x[i] * (int16_t)weights[i];
    return sum;
}

/* Adds the bias and cuts at zero: columns `first` to `first + count - 1` of y (rows, O). */
static void finish_outputs(const struct layer_run *run, int rows, int first, int count)
{
    const struct dense *state = run->state;
    size_t O = (size_t)run->layer->filters;

    for (int n = 0; n < rows; n++) {
        float *y = (float *)run->y + (size_t)n * O;
        for (int o = first; o < first + count; o++) {
            if (state->bias)
                y[o] += run->weights[1][o];
            if (state->relu && y[o] < 0)
                y[o] = 0;
        }
    }
}

static void forward_quantized(const struct layer_run *run)
{
    const struct dense *state = run->state;
    const struct quantized *q = state->quantized;
    size_t I = shape_count(run->layer->in[0]), O = (size_t)run->layer->filters;
    int16_t *x = run->scratch;
    float *y = run->y;

    quantized_shorts(q, run->x[0], (size_t)run->pictures * I, x);
    for (size_t o = 0; o < O; o++)
        for (size_t n = 0; n < (size_t)run->pictures; n++)
            y[n * O + o] = (float)dot_quantized(x + n * I, q->values + o * I, I) *
                           (quantized_step(q) * q->scales[o]);
    finish_outputs(run, run->pictures, 0, (int)O);
}

static void forward_slice(const struct layer_run *run)
{
    size_t I = shape_count(run->layer->in[0]), O = (size_t)run->layer->filters, o = 0;
    const float *x = run->x_bf16 ? run->scratch : run->x[0];
    float *y = run->y;

    if (run->x_bf16)
        bf16_to_floats(run->x[0], run->scratch, (size_t)run->pictures * I);
    for (; o + 4 <= O; o += 4)
        for (int n = 0; n < run->pictures; n++)
            dot4(x + (size_t)n * I, run->weights[0] + o * I, I, y + (size_t)n * O + o);
    for (; o < O; o++)
        for (int n = 0; n < run->pictures; n++)
            y[(size_t)n * O + o] = dot1(x + (size_t)n * I, run->weights[0] + o * I, I);
    finish_outputs(run, run->pictures, 0, (int)O);
}

/* Where block `number` starts and how long it is; false when there is no such block. */
static bool find_block(const struct blocking *b, int number, int *ret_first, int *ret_count)
{
    *ret_first = number * b->size;
    *ret_count = number == b->count - 1 ? b->rest : b->size;
    return number < b->count;
}

/* The weights from number `from` on, as the products take them. */
static const void *product_weights(const struct layer_run *run, size_t from)
{
    const struct dense *state = run->state;

    return number_from(state->bf16 ? (const void *)state->half_weights : run->weights[0], from,
                       state->bf16);
}

static void forward_block(const struct layer_run *run)
{
    const struct dense *state = run->state;
    size_t I = shape_count(run->layer->in[0]);
    int first, count;

    if (!find_block(&state->outputs, run->slice_number, &first, &count))
        return;
    onednn_product_run(state->forward[run->slice_number == state->outputs.count - 1], run->worker,
                       run->x[0], product_weights(run, (size_t)first * I), (float *)run->y + first,
                       run->scratch);
    finish_outputs(run, run->slice, first, count);
}

static void dense_forward(const struct layer_run *run)
{
    const struct dense *state = run->state;

    if (run->training)
        forward_block(run);
    else if (state->quantized)
        forward_quantized(run);
    else
        forward_slice(run);
}

static void sum_bias_gradient(const struct layer_run *run)
{
    size_t O = (size_t)run->layer->filters;
    const float *dy = run->dy;
    float *dbias = run->dweights[1];

    memset(dbias, 0, O * sizeof(float));
    for (int n = 0; n < run->pictures; n++)
        for (size_t o = 0; o < O; o++)
            dbias[o] += dy[(size_t)n * O + o];
}

static void dense_backward(const struct layer_run *run)
{
    const struct dense *state = run->state;
    const void *dy = run->dy;
    int first, count, last = run->slice_number == state->inputs.count - 1;

    if (run->slice_number == 0 && state->bias)
        sum_bias_gradient(run);
    if (!find_block(&state->inputs, run->slice_number, &first, &count))
        return;
    if (state->bf16) {
        uint16_t *half = (uint16_t *)((char *)run->scratch + state->products_bytes);
        bf16_from_floats(dy, half, (size_t)run->slice * (size_t)run->layer->filters);
        dy = half;
    }
    onednn_product_run(state->backward_weights[last], run->worker, dy,
                       number_from(run->x[0], (size_t)first, state->bf16), run->dweights[0] + first,
                       run->scratch);
    if (run->dx[0])
        onednn_product_run(state->backward_data[last], run->worker, dy,
                           product_weights(run, (size_t)first),
                           number_to(run->dx[0], (size_t)first, state->bf16), run->scratch);
}

static void dense_implementations(const void *memory, onednn_report *report, void *context)
{
    const struct dense *state = memory;

    for (int i = 0; i < 2; i++) {
        if (state->forward[i])
            onednn_product_implementations(state->forward[i], report, context);
        if (state->backward_data[i])
            onednn_product_implementations(state->backward_data[i], report, context);
        if (state->backward_weights[i])
            onednn_product_implementations(state->backward_weights[i], report, context);
    }
}

static double dense_macs(const struct layer *layer)
{
    return (double)shape_count(layer->in[0]) * layer->filters;
}

const struct layer_kind layer_dense = {
    .name = "dense",
    .synopsis = "dense OUTPUTS [nobias]",
    .inputs_least = 1,
    .inputs_most = 1,
    .backward_wants_x = true,
    .bf16 = BF16_READS,
    .quantizes = 127,
    .whole_batch = true,
    .fuses_relu = true,
    .parse = dense_parse,
    .shape = dense_shape,
    .prepare = dense_prepare,
    .release = dense_release,
    .update = dense_update,
    .forward = dense_forward,
    .backward = dense_backward,
    .implementations = dense_implementations,
    .macs = dense_macs,
};
