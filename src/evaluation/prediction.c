/* prediction.c - logits for many pictures, in batches.
 * SPDX-License-Identifier: MIT */
#include "evaluation/prediction.h"

#include <stdlib.h>
#include <string.h>

#include "network/plan.h"

enum { BATCH = 64 };

struct predictor {
    struct plan *plan;
    struct shape input;
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

static void load_picture(float *levels, const uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++)
        levels[i] = pixels[i];
}

mien_status predictor_run(struct predictor *predictor, const struct dataset *dataset,
                          const uint32_t *rows, size_t count, int output, float *ret_logits,
                          mien_error *err)
{
    size_t pixels = shape_count(predictor->input), classes;

    if (dataset->width != predictor->input.W || dataset->height != predictor->input.H)
        return error_set(err, MIEN_EINVAL,
                         "the pictures are %dx%d, the network takes %dx%d: open the data set in "
                         "that size",
                         dataset->width, dataset->height, predictor->input.W, predictor->input.H);
    classes = plan_output_floats(predictor->plan, output);
    for (size_t first = 0; first < count; first += BATCH) {
        size_t here = count - first < BATCH ? count - first : BATCH;
        for (size_t i = 0; i < here; i++)
            load_picture(plan_input(predictor->plan) + i * pixels,
                         dataset_picture(dataset, rows[first + i]), pixels);
        plan_forward(predictor->plan, (int)here, 0);
        memcpy(ret_logits + first * classes, plan_output(predictor->plan, output),
               here * classes * sizeof *ret_logits);
    }
    return MIEN_OK;
}
