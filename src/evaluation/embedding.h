/* embedding.h - what a classifier makes of a picture before it decides: the numbers that its last
 * layer reads. Near each other where the model finds the pictures alike.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_EMBEDDING_H
#define EVALUATION_EMBEDDING_H

#include "base/thread_pool.h"
#include "dataset/dataset.h"
#include "network/model.h"

/* Embeds the rows of a data set; pictures of another size than the model's input are scaled to it.
 * The caller frees `ret_values` (count, ret_dimensions). MIEN_EINVAL if the model is no classifier
 * of grey pictures. */
mien_status embedding_new(const struct model *model, struct thread_pool *pool,
                          const struct dataset *dataset, const uint32_t *rows, size_t count,
                          float **ret_values, size_t *ret_dimensions, mien_error *err);

#endif
