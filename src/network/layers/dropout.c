/* dropout.c - set a random share of the numbers to 0 in training and scale up the rest: single
 * numbers (Srivastava et al., JMLR 15, 2014), whole channels (Tompson et al., CVPR 2015), or all of
 * a picture, which in a residual branch is stochastic depth (Huang et al., ECCV 2016). The mask is
 * never stored: it is a hash of the element's number in the picture and of the picture's in the
 * batch, so that any thread can compute any part of it, and backward again.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/random.h"
#include "base/vector.h"
#include "network/bf16.h"
#include "network/layer.h"

static mien_status dropout_parse(struct layer *layer, struct words *words, mien_error *err)
{
    mien_status status = words_float(words, "rate", 0, 0.99f, &layer->rate, err);

    layer->dropped = words_match(words, "spatial") ? DROPPED_CHANNELS
                     : words_match(words, "path")  ? DROPPED_PICTURES
                                                   : DROPPED_NUMBERS;
    return status;
}

static mien_status dropout_shape(struct layer *layer, struct parameter *parameters, mien_error *err)
{
    (void)layer;
    (void)parameters;
    (void)err;
    return MIEN_OK;
}

/* Two decisions are taken from each hash: element i of a block from its low half, element
 * i + PAIRED from its high half. */
enum { PAIRED = 16, BLOCK = 2 * PAIRED };

/* The finalizer of MurmurHash3 (Appleby, 2011): 32-bit multiplications, which vector units have. */
static inline uint32_t hash(uint32_t number, uint32_t key)
{
    uint32_t h = number * UINT32_C(0xcc9e2d51) ^ key;

    h = (h ^ (h >> 16)) * UINT32_C(0x85ebca6b);
    h = (h ^ (h >> 13)) * UINT32_C(0xc2b2ae35);
    return h ^ (h >> 16);
}

VECTOR_BODY void mask_numbers(const void *x, void *y, size_t count, bool bf16, uint32_t key,
                              uint32_t threshold, float scale)
{
    size_t whole = count / BLOCK * BLOCK;

    for (size_t block = 0; block < whole; block += BLOCK) {
        float kept[BLOCK]; /* apart from x and y, which may be the same */
        for (size_t i = 0; i < BLOCK; i++)
            kept[i] = number_at(x, block + i, bf16) * scale;
        for (size_t i = 0; i < PAIRED; i++) {
            uint32_t h = hash((uint32_t)(block / 2 + i), key);
            kept[i] = (h & 0xffff) >= threshold ? kept[i] : 0.0f;
            kept[PAIRED + i] = (h >> 16) >= threshold ? kept[PAIRED + i] : 0.0f;
        }
        for (size_t i = 0; i < BLOCK; i++)
            number_set(y, block + i, bf16, kept[i]);
    }
    for (size_t i = whole; i < count; i++)
        number_set(y, i, bf16,
                   (hash((uint32_t)i, key) >> 16) >= threshold ? number_at(x, i, bf16) * scale
                                                               : 0.0f);
}

/* Keeps what draws at least `threshold` of 65536. */
VECTOR_LOOP static void mask_loop(const void *x, void *y, size_t count, bool bf16, uint32_t key,
                                  uint32_t threshold, float scale)
{
    if (bf16)
        mask_numbers(x, y, count, true, key, threshold, scale);
    else
        mask_numbers(x, y, count, false, key, threshold, scale);
}

/* One decision for all. */
VECTOR_LOOP static void scale_loop(const void *x, void *y, size_t count, bool bf16, float scale)
{
    for (size_t i = 0; i < count; i++)
        number_set(y, i, bf16, number_at(x, i, bf16) * scale);
}

static void mask_picture(const struct layer *layer, const void *x, void *y, bool bf16, uint32_t key)
{
    size_t count = shape_count(layer->out), channels = (size_t)layer->out.C;
    uint32_t threshold = (uint32_t)(layer->rate * 65536 + 0.5f);
    float scale = 1 / (1 - layer->rate);

    if (layer->dropped == DROPPED_PICTURES && (hash(0, key) >> 16) < threshold)
        memset(y, 0, count * number_bytes(bf16));
    else if (layer->dropped == DROPPED_PICTURES)
        scale_loop(x, y, count, bf16, scale);
    else if (layer->dropped == DROPPED_CHANNELS)
        for (size_t i = 0; i < count; i += channels) /* the same mask for every pixel */
            mask_loop(number_from(x, i, bf16), number_to(y, i, bf16), channels, bf16, key,
                      threshold, scale);
    else
        mask_loop(x, y, count, bf16, key, threshold, scale);
}

/* Each picture of the batch has a key of its own. */
static void apply_mask(const struct layer_run *run, const void *from, void *to)
{
    size_t count = shape_count(run->layer->out);
    bool bf16 = run->y_bf16;

    if (run->training && run->layer->rate > 0)
        for (size_t n = 0; n < (size_t)run->slice; n++)
            mask_picture(run->layer, number_from(from, n * count, bf16),
                         number_to(to, n * count, bf16), bf16,
                         (uint32_t)random_bits(run->key, run->place + n));
    else if (from != to)
        memcpy(to, from, count * (size_t)run->slice * number_bytes(bf16));
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
    .synopsis = "dropout RATE [spatial|path]",
    .inputs_least = 1,
    .inputs_most = 1,
    .recompute = true,
    .in_place = true,
    .bf16 = BF16_SAME,
    .parse = dropout_parse,
    .shape = dropout_shape,
    .forward = dropout_forward,
    .backward = dropout_backward,
};
