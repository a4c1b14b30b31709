/* dropout.c - set a random share of the numbers to 0 in training and scale up the rest
 * (Srivastava et al., JMLR 15, 2014). The mask is never stored: it is a hash of the element's
 * number in the batch, so that any thread can compute any part of it, and backward again.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/vector.h"
#include "network/layer.h"

static mien_status dropout_parse(struct layer *layer, struct words *words, mien_error *err)
{
    return words_float(words, "rate", 0, 0.99f, &layer->rate, err);
}

static mien_status dropout_shape(struct layer *layer, struct parameter *parameters, mien_error *err)
{
    (void)layer;
    (void)parameters;
    (void)err;
    return MIEN_OK;
}

/* The finalizer of MurmurHash3 (Appleby, 2011) over the element's number mixed with the key:
 * 32-bit multiplications, which vector units have. */
VECTOR_LOOP static void mask_loop(const float *x, float *y, size_t count, uint32_t first,
                                  uint32_t key0, uint32_t key1, uint32_t threshold, float scale)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t h = (first + (uint32_t)i) * UINT32_C(0xcc9e2d51) ^ key0;
        h = (h ^ (h >> 15)) * UINT32_C(0x1b873593) + key1;
        h = (h ^ (h >> 16)) * UINT32_C(0x85ebca6b);
        h = (h ^ (h >> 13)) * UINT32_C(0xc2b2ae35);
        h ^= h >> 16;
        y[i] = h >= threshold ? x[i] * scale : 0.0f;
    }
}

static void apply_mask(const struct layer_run *run, const float *from, float *to)
{
    size_t floats = shape_count(run->layer->out), count = floats * (size_t)run->slice;
    float rate = run->layer->rate;

    if (run->training && rate > 0)
        mask_loop(from, to, count, (uint32_t)(run->first * floats), (uint32_t)run->key,
                  (uint32_t)(run->key >> 32), (uint32_t)(rate * 0x1p32f), 1 / (1 - rate));
    else if (from != to)
        memcpy(to, from, count * sizeof *to);
}

static void dropout_forward(const struct layer_run *run)
{
    apply_mask(run, run->x[0], run->y);
}

static void dropout_backward(const struct layer_run *run)
{
    apply_mask(run, run->dy, run->dx[0]);
}

const struct layer_kind layer_dropout = {
    .name = "dropout",
    .synopsis = "dropout RATE",
    .inputs_least = 1,
    .inputs_most = 1,
    .recompute = true,
    .in_place = true,
    .parse = dropout_parse,
    .shape = dropout_shape,
    .forward = dropout_forward,
    .backward = dropout_backward,
};
