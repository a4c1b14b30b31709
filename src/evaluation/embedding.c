/* embedding.c - run a classifier up to its last layer.
 * SPDX-License-Identifier: MIT */
#include "evaluation/embedding.h"

#include <stdlib.h>

#include "evaluation/prediction.h"

#define NAME "embedding"

/* The model's architecture with what its last layer reads as one more output. */
static mien_status open_up(const struct model *model, struct architecture **ret_architecture,
                           mien_error *err)
{
    struct architecture *a = NULL;
    int output = architecture_find_output(model->architecture, "expression");
    mien_status status;

    if (output < 0)
        return error_set(err, MIEN_EINVAL, "the model has no output \"expression\"");
    status = architecture_parse(model->architecture->text, NAME, &a, err);
    if (status)
        return status;
    status = architecture_add_output(a, NAME, a->layers[a->outputs[output].layer].inputs[0], err);
    if (status)
        architecture_free(a);
    else
        *ret_architecture = a;
    return status;
}

static mien_status embed(const struct network *network, struct thread_pool *pool,
                         const struct dataset *dataset, const uint32_t *rows, size_t count,
                         float **ret_values, size_t *ret_dimensions, mien_error *err)
{
    int output = architecture_find_output(network->architecture, NAME);
    struct predictions said;
    mien_status status = predict_logits(network, pool, dataset, rows, count, &said, err);

    if (status)
        return status;
    *ret_dimensions = said.width[output];
    *ret_values = said.values[output];
    said.values[output] = NULL; /* now the caller's */
    predictions_free(&said);
    return MIEN_OK;
}

mien_status embedding_new(const struct model *model, struct thread_pool *pool,
                          const struct dataset *dataset, const uint32_t *rows, size_t count,
                          float **ret_values, size_t *ret_dimensions, mien_error *err)
{
    struct architecture *architecture = NULL;
    struct network *network = NULL;
    mien_status status = open_up(model, &architecture, err);

    if (!status)
        status = network_borrow(architecture, model->network->tensors, model->network->quantized,
                                &network, err);
    if (!status)
        status = embed(network, pool, dataset, rows, count, ret_values, ret_dimensions, err);
    network_free(network);
    architecture_free(architecture);
    return status;
}
