/* quantized.h - weights in whole numbers of eight bits, one scale an output channel, and inputs
 * that are turned into such numbers before they are multiplied (Jacob et al., CVPR 2018, without
 * zero points). Sums of products are exact, so that every processor gives the same answer.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_QUANTIZED_H
#define NETWORK_QUANTIZED_H

#include "network/architecture.h"
#include "network/model_file.h"

/* A layer's weights in whole numbers, and what its input is turned into to multiply them. Weight i
 * of output k is values[..k.., i] * scales[k]. The input, cut to least..most, becomes 0..255 if
 * `least` is 0, and -127..127 if it is -most. Convolutions have weights of -QUANTIZED_WEIGHT_MOST
 * to QUANTIZED_WEIGHT_MOST, so that no pair of products is ever more than a 16-bit number:
 * processors without int8 units add such pairs first, and give the same answers. */
enum {
    QUANTIZED_WEIGHT_MOST = 63,
    QUANTIZED_INPUTS_MAX = 65536, /* of an output: no sum leaves 32 bits */
};

struct quantized {
    const int8_t *values; /* laid out as the parameter; NULL: the weights are f32 */
    const float *scales;  /* (outputs) */
    float least, most;
};

/* How many steps the range has: 255 or 127. */
static inline float quantized_steps(const struct quantized *q)
{
    return q->least < 0 ? 127.0f : 255.0f;
}

/* What a whole number of the input stands for. */
static inline float quantized_step(const struct quantized *q)
{
    return q->most / quantized_steps(q);
}

/* Rounds to the nearest whole number, to even between two, of either type. */
void quantized_bytes(const struct quantized *q, const float *x, size_t count, void *ret_bytes);
void quantized_shorts(const struct quantized *q, const float *x, size_t count, int16_t *ret_shorts);

/* The weights (parameter->count) that the whole numbers stand for. */
void quantized_floats(const struct quantized *q, const struct parameter *parameter,
                      float *ret_weights);

/* The layer that parameter `number` belongs to, if its kind can be quantised and this is its
 * weights, with few enough inputs; or -1. */
int quantized_layer(const struct architecture *architecture, int number);

/* What the tensors beside the weights are called: "NAME.scales" (outputs) and "NAME.input" (least,
 * most), where NAME is the weights'. */
void quantized_names(const struct parameter *parameter, char ret_scales[MODEL_NAME_BYTES],
                     char ret_input[MODEL_NAME_BYTES]);

/* Finds a parameter's quantised form in a file; all of it is checked. */
mien_status quantized_bind(const struct model_file *file, const struct architecture *architecture,
                           const struct parameter *parameter, struct quantized *ret_quantized,
                           const char *source, mien_error *err);

#endif
