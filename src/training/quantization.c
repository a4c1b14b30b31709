/* quantization.c - post-training quantisation: ranges are watched by making the layers' inputs
 * outputs of the network for a while.
 * SPDX-License-Identifier: MIT */
#include "training/quantization.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation/prediction.h"
#include "training/input_range.h"

enum { CHUNK = 64 };

/* The layers to be quantised, and what was seen of their inputs. */
struct work {
    const struct model *model;
    struct thread_pool *pool;
    const struct dataset *dataset;
    const uint32_t *rows;
    size_t count;
    int *parameters; /* (layers): numbers of their weights */
    int *inputs;     /* (layers): the layers that their inputs come from */
    int layers;
    struct input_range *ranges; /* (layers) */
};

static bool is_output(const struct architecture *a, int layer)
{
    for (int i = 0; i < a->output_count; i++)
        if (a->outputs[i].layer == layer)
            return true;
    return false;
}

/* Convolutions give whole numbers even as outputs, so that nothing depends on the processor. */
static bool is_wanted(const struct architecture *a, int layer)
{
    return layer >= 0 && (a->layers[layer].filter_h > 0 || !is_output(a, layer));
}

static mien_status find_layers(struct work *w, mien_error *err)
{
    const struct architecture *a = w->model->architecture;
    size_t count = (size_t)a->parameter_count + 1;

    w->parameters = calloc(count, sizeof *w->parameters);
    w->inputs = calloc(count, sizeof *w->inputs);
    if (!w->parameters || !w->inputs)
        return error_memory(err, count * sizeof *w->parameters);
    for (int i = 0; i < a->parameter_count; i++) {
        int layer = quantized_layer(a, i);
        if (is_wanted(a, layer)) {
            w->parameters[w->layers] = i;
            w->inputs[w->layers++] = a->layers[layer].inputs[0];
        }
    }
    if (w->layers == 0)
        return error_set(err, MIEN_EINVAL, "the network has no layer that could be quantised");
    w->ranges = calloc((size_t)w->layers, sizeof *w->ranges);
    return w->ranges ? MIEN_OK : error_memory(err, (size_t)w->layers * sizeof *w->ranges);
}

/* Runs the pictures and adds what outputs `first_output` and later show to the ranges. */
static mien_status watch(struct work *w, const struct network *network, int first_output,
                         struct input_range *ranges, mien_error *err)
{
    const struct architecture *a = network->architecture;
    float *values[ARCHITECTURE_OUTPUTS_MAX] = {NULL};
    struct predictor *predictor = NULL;
    mien_status status = predictor_new(network, w->pool, &predictor, err);

    for (int i = first_output; i < a->output_count && !status; i++) {
        values[i] = calloc(CHUNK * shape_count(a->outputs[i].shape), sizeof *values[i]);
        if (!values[i])
            status = error_memory(err, CHUNK * shape_count(a->outputs[i].shape) * sizeof **values);
    }
    for (size_t first = 0; first < w->count && !status; first += CHUNK) {
        size_t here = w->count - first < CHUNK ? w->count - first : CHUNK;
        status = predictor_run(predictor, w->dataset, w->rows + first, here, values, err);
        for (int i = first_output; i < a->output_count && !status; i++)
            input_range_add(&ranges[i - first_output], values[i],
                            here * shape_count(a->outputs[i].shape));
    }
    for (int i = 0; i < ARCHITECTURE_OUTPUTS_MAX; i++)
        free(values[i]);
    predictor_free(predictor);
    return status;
}

/* Makes the inputs of layers `first` to `first + count - 1` outputs and watches them. */
static mien_status watch_some(struct work *w, int first, int count, mien_error *err)
{
    struct architecture *a = NULL;
    struct network *network = NULL;
    mien_status status = architecture_parse(w->model->architecture->text, "model", &a, err);
    int first_output = status ? 0 : a->output_count;

    for (int i = first; i < first + count && !status; i++) {
        char name[LAYER_NAME_MAX];
        snprintf(name, sizeof name, "input of %d", i);
        status = architecture_add_output(a, name, w->inputs[i], err);
    }
    if (!status)
        status = network_borrow(a, w->model->network->tensors, NULL, &network, err);
    if (!status)
        status = watch(w, network, first_output, w->ranges + first, err);
    network_free(network);
    architecture_free(a);
    return status;
}

static mien_status watch_all(struct work *w, mien_error *err)
{
    int room = ARCHITECTURE_OUTPUTS_MAX - w->model->architecture->output_count;
    mien_status status = MIEN_OK;

    if (room < 1)
        return error_set(err, MIEN_EUNSUPPORTED, "a network of %d outputs cannot be quantised",
                         ARCHITECTURE_OUTPUTS_MAX);
    for (int first = 0; first < w->layers && !status; first += room)
        status = watch_some(w, first, w->layers - first < room ? w->layers - first : room, err);
    return status;
}

/* One output's weights. */
static float quantize_row(const float *weights, size_t count, int most, int8_t *ret_values)
{
    float largest = 0, scale;

    for (size_t i = 0; i < count; i++)
        largest = fmaxf(largest, fabsf(weights[i]));
    scale = largest > 0 ? largest / (float)most : 1;
    for (size_t i = 0; i < count; i++)
        ret_values[i] = (int8_t)lrintf(weights[i] / scale);
    return scale;
}

/* The weights, and beside them their scales and the input's range: three tensors. */
static mien_status quantize_layer(struct work *w, int number, struct quantization *q,
                                  mien_error *err)
{
    const struct architecture *a = w->model->architecture;
    const struct parameter *p = &a->parameters[w->parameters[number]];
    const float *weights = w->model->network->tensors[w->parameters[number]];
    size_t outputs = p->dims[0], inputs = p->count / outputs;
    int most = a->layers[quantized_layer(a, w->parameters[number])].kind->quantizes;
    struct model_tensor *tensor = &q->tensors[w->parameters[number]];
    char *names = q->names + (size_t)number * 2 * MODEL_NAME_BYTES;
    float *floats = calloc(outputs + 2, sizeof *floats), *range;
    int8_t *values = malloc(p->count);
    bool negative = w->ranges[number].negative;

    q->memory[2 * number] = floats;
    q->memory[2 * number + 1] = values;
    if (!floats || !values)
        return error_memory(err, p->count);
    range = floats + outputs;
    for (size_t k = 0; k < outputs; k++)
        floats[k] = quantize_row(weights + k * inputs, inputs, most, values + k * inputs);
    range[1] = input_range_most(&w->ranges[number], negative ? 127 : 255);
    range[0] = negative ? -range[1] : 0;
    quantized_names(p, names, names + MODEL_NAME_BYTES);
    tensor->dtype = MODEL_S8;
    tensor->data = values;
    tensor->bytes = p->count;
    q->tensors[q->count++] = (struct model_tensor){
        names, MODEL_F32, 1, {outputs, 1, 1, 1}, floats, outputs * sizeof *floats};
    q->tensors[q->count++] = (struct model_tensor){
        names + MODEL_NAME_BYTES, MODEL_F32, 1, {2, 1, 1, 1}, range, 2 * sizeof *range};
    q->quantized++;
    return MIEN_OK;
}

static mien_status quantize_all(struct work *w, struct quantization *q, mien_error *err)
{
    const struct architecture *a = w->model->architecture;
    size_t layers = (size_t)w->layers, parameters = (size_t)a->parameter_count;
    mien_status status = MIEN_OK;

    q->tensors = calloc(parameters + 2 * layers, sizeof *q->tensors);
    q->names = calloc(2 * layers, MODEL_NAME_BYTES);
    q->memory = calloc(2 * layers, sizeof *q->memory);
    if (!q->tensors || !q->names || !q->memory)
        return error_memory(err, (parameters + 2 * layers) * sizeof *q->tensors);
    q->pieces = 2 * layers;
    for (; q->count < parameters; q->count++)
        q->tensors[q->count] = *model_file_tensor(w->model->file, a->parameters[q->count].name);
    for (int i = 0; i < w->layers && !status; i++)
        status = quantize_layer(w, i, q, err);
    return status;
}

mien_status quantization_new(const struct model *model, struct thread_pool *pool,
                             const struct dataset *dataset, const uint32_t *rows, size_t count,
                             struct quantization *ret_quantization, mien_error *err)
{
    struct work w = {
        .model = model, .pool = pool, .dataset = dataset, .rows = rows, .count = count};
    struct quantization q = {0};
    mien_status status = MIEN_OK;

    if (model->network->quantized)
        return error_set(err, MIEN_EINVAL, "the model is quantised already");
    status = find_layers(&w, err);
    if (!status)
        status = watch_all(&w, err);
    if (!status)
        status = quantize_all(&w, &q, err);
    free(w.ranges);
    free(w.inputs);
    free(w.parameters);
    if (status)
        quantization_free(&q);
    else
        *ret_quantization = q;
    return status;
}

void quantization_free(struct quantization *q)
{
    for (size_t i = 0; i < q->pieces; i++)
        free(q->memory[i]);
    free(q->memory);
    free(q->names);
    free(q->tensors);
    *q = (struct quantization){0};
}
