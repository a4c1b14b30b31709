/* quantized.c - weights in whole numbers: which layers can have them, and how a file holds them.
 * SPDX-License-Identifier: MIT */
#include "network/quantized.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/vector.h"

/* Adding it leaves no room for a fraction. */
#define ROUNDING 12582912.0f

VECTOR_BODY int32_t round_between(float value, float least, float most)
{
    value = value > least ? value : least; /* NaN too */
    value = value < most ? value : most;
    return (int32_t)(value + ROUNDING - ROUNDING);
}

VECTOR_LOOP static void bytes_loop(const float *restrict x, uint8_t *restrict bytes, size_t count,
                                   float factor, float least, float most)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)round_between(x[i] * factor, least, most);
}

VECTOR_LOOP static void shorts_loop(const float *restrict x, int16_t *restrict shorts, size_t count,
                                    float factor, float least, float most)
{
    for (size_t i = 0; i < count; i++)
        shorts[i] = (int16_t)round_between(x[i] * factor, least, most);
}

void quantized_bytes(const struct quantized *q, const float *x, size_t count, void *ret_bytes)
{
    float steps = quantized_steps(q);

    bytes_loop(x, ret_bytes, count, 1 / quantized_step(q), q->least < 0 ? -steps : 0, steps);
}

void quantized_shorts(const struct quantized *q, const float *x, size_t count, int16_t *ret_shorts)
{
    float steps = quantized_steps(q);

    shorts_loop(x, ret_shorts, count, 1 / quantized_step(q), q->least < 0 ? -steps : 0, steps);
}

void quantized_floats(const struct quantized *q, const struct parameter *parameter,
                      float *ret_weights)
{
    size_t inputs = parameter->count / parameter->dims[0];

    for (size_t k = 0; k < parameter->dims[0]; k++)
        for (size_t i = k * inputs; i < (k + 1) * inputs; i++)
            ret_weights[i] = q->values[i] * q->scales[k];
}

int quantized_layer(const struct architecture *architecture, int number)
{
    const struct parameter *parameter = &architecture->parameters[number];

    for (int i = 0; i < architecture->layer_count; i++) {
        const struct layer *layer = &architecture->layers[i];
        if (layer->parameter_count && layer->parameters[0] == number && layer->kind->quantizes &&
            parameter->count / parameter->dims[0] <= QUANTIZED_INPUTS_MAX)
            return i;
    }
    return -1;
}

void quantized_names(const struct parameter *parameter, char ret_scales[MODEL_NAME_BYTES],
                     char ret_input[MODEL_NAME_BYTES])
{
    snprintf(ret_scales, MODEL_NAME_BYTES, "%s.scales", parameter->name);
    snprintf(ret_input, MODEL_NAME_BYTES, "%s.input", parameter->name);
}

static const float *find_floats(const struct model_file *file, const char *name, size_t count)
{
    const struct model_tensor *tensor = model_file_tensor(file, name);

    if (!tensor || tensor->dtype != MODEL_F32 || tensor->rank != 1 || tensor->dims[0] != count)
        return NULL;
    return tensor->data;
}

static bool all_positive(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(values[i] > 0))
            return false;
    return true;
}

static bool all_small(const int8_t *values, size_t count, int most)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] < -most || values[i] > most)
            return false;
    return true;
}

mien_status quantized_bind(const struct model_file *file, const struct architecture *architecture,
                           const struct parameter *parameter, struct quantized *ret_quantized,
                           const char *source, mien_error *err)
{
    int layer = quantized_layer(architecture, (int)(parameter - architecture->parameters));
    char scales_name[MODEL_NAME_BYTES], input_name[MODEL_NAME_BYTES];
    const float *scales, *input;
    const int8_t *values = model_file_tensor(file, parameter->name)->data;
    const char *wrong = NULL;

    quantized_names(parameter, scales_name, input_name);
    scales = find_floats(file, scales_name, parameter->dims[0]);
    input = find_floats(file, input_name, 2);
    if (layer < 0)
        wrong = "cannot be of type s8 in this place";
    else if (!scales || !all_positive(scales, parameter->dims[0]))
        wrong = "has no f32 tensor .scales of a number above 0 for each output";
    else if (!input || !(input[1] > 0) || (input[0] != 0 && input[0] != -input[1]))
        wrong = "has no f32 tensor .input of two numbers: 0 or -MOST, and MOST";
    else if (!all_small(values, parameter->count, architecture->layers[layer].kind->quantizes))
        wrong = "has whole numbers that are too large";
    if (wrong)
        return error_set(err, MIEN_ECORRUPT, "%s: the tensor %s %s", source, parameter->name,
                         wrong);
    *ret_quantized = (struct quantized){values, scales, input[0], input[1]};
    return MIEN_OK;
}
