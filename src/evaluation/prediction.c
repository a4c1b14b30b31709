/* prediction.c - many pictures through a network, in batches.
 * SPDX-License-Identifier: MIT */
#include "evaluation/prediction.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "image/resize.h"
#include "network/plan.h"
#include "network/softmax.h"

enum { BATCH = 64 };

struct predictor {
    struct plan *plan;
    struct shape input;
    int outputs;
};

mien_status predictor_new(const struct network *network, struct thread_pool *pool,
                          struct predictor **ret_predictor, mien_error *err)
{
    struct plan_options options = {.batch = BATCH, .pool = pool};
    struct predictor *predictor;
    mien_status status;

    if (architecture_input(network->architecture).C != 1)
        return error_set(err, MIEN_EINVAL, "the network takes pictures of %d channels, not grey",
                         architecture_input(network->architecture).C);
    predictor = calloc(1, sizeof *predictor);
    if (!predictor)
        return error_memory(err, sizeof *predictor);
    predictor->input = architecture_input(network->architecture);
    predictor->outputs = network->architecture->output_count;
    status = plan_new(network, &options, &predictor->plan, err);
    if (status)
        free(predictor);
    else
        *ret_predictor = predictor;
    return status;
}

void predictor_free(struct predictor *predictor)
{
    if (!predictor)
        return;
    plan_free(predictor->plan);
    free(predictor);
}

void predictor_update(struct predictor *predictor)
{
    plan_update(predictor->plan);
}

/* The picture as levels; `scaled` has the network's size. */
static mien_status load_picture(const struct dataset *dataset, uint32_t row, struct image *scaled,
                                float *levels, mien_error *err)
{
    const uint8_t *pixels = dataset_picture(dataset, row);
    struct image picture =
        image_borrow(pixels, dataset->width, dataset->height, 1, (size_t)dataset->width);
    bool other_size = dataset->width != scaled->width || dataset->height != scaled->height;
    mien_status status = other_size ? image_resize(&picture, scaled, err) : MIEN_OK;

    for (int y = 0; y < scaled->height && !status; y++) {
        const uint8_t *line = image_row(other_size ? scaled : &picture, y);
        for (int x = 0; x < scaled->width; x++)
            *levels++ = line[x];
    }
    return status;
}

/* What the outputs of one batch say, to row `first` on. */
static void keep_outputs(const struct predictor *predictor, size_t first, size_t count,
                         float *const *logits)
{
    for (int o = 0; o < predictor->outputs; o++) {
        size_t width = plan_output_floats(predictor->plan, o);
        if (logits[o])
            memcpy(logits[o] + first * width, plan_output(predictor->plan, o),
                   count * width * sizeof(float));
    }
}

mien_status predictor_run(struct predictor *predictor, const struct dataset *dataset,
                          const uint32_t *rows, size_t count, float *const *ret_logits,
                          mien_error *err)
{
    size_t pixels = shape_count(predictor->input);
    struct image scaled;
    mien_status status = image_new(predictor->input.W, predictor->input.H, 1, &scaled, err);

    if (status)
        return status;
    for (size_t first = 0; first < count && !status; first += BATCH) {
        size_t here = count - first < BATCH ? count - first : BATCH;
        for (size_t i = 0; i < here && !status; i++)
            status = load_picture(dataset, rows[first + i], &scaled,
                                  plan_input(predictor->plan) + i * pixels, err);
        if (status)
            break;
        plan_forward(predictor->plan, (int)here, 0);
        keep_outputs(predictor, first, here, ret_logits);
    }
    image_free(&scaled);
    return status;
}

mien_status predictions_new(const struct architecture *architecture, size_t count,
                            struct predictions *ret_predictions, mien_error *err)
{
    struct predictions p = {.count = count};

    for (int o = 0; o < architecture->output_count; o++) {
        size_t bytes = 0;
        p.width[o] = shape_count(architecture->outputs[o].shape);
        if (mul_size(count, p.width[o] * sizeof *p.values[o], &bytes))
            p.values[o] = calloc(1, bytes ? bytes : 1);
        if (!p.values[o]) {
            predictions_free(&p);
            return error_memory(err, bytes);
        }
    }
    *ret_predictions = p;
    return MIEN_OK;
}

void predictions_free(struct predictions *predictions)
{
    for (int o = 0; o < ARCHITECTURE_OUTPUTS_MAX; o++)
        free(predictions->values[o]);
    *predictions = (struct predictions){0};
}

void predictions_soften(struct predictions *p, const struct network *network)
{
    for (int o = 0; o < network->architecture->output_count; o++)
        for (size_t i = 0; i < p->count; i++) {
            float *row = p->values[o] + i * p->width[o];
            softmax(row, p->width[o], network->temperatures[o], row);
        }
}

mien_status predict_logits(const struct network *network, struct thread_pool *pool,
                           const struct dataset *dataset, const uint32_t *rows, size_t count,
                           struct predictions *ret_logits, mien_error *err)
{
    struct predictions logits = {0};
    struct predictor *predictor = NULL;
    mien_status status = predictions_new(network->architecture, count, &logits, err);

    if (!status)
        status = predictor_new(network, pool, &predictor, err);
    if (!status)
        status = predictor_run(predictor, dataset, rows, count, logits.values, err);
    predictor_free(predictor);
    if (status)
        predictions_free(&logits);
    else
        *ret_logits = logits;
    return status;
}
