/* quantization.h - a trained model's weights in whole numbers (network/quantized.h), after
 * training: each output channel's scale from its largest weight, each layer's input range from
 * pictures.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_QUANTIZATION_H
#define TRAINING_QUANTIZATION_H

#include "base/thread_pool.h"
#include "dataset/dataset.h"
#include "network/model.h"

/* All tensors of the new model, for model_file_write; those that stay f32 lie in the old one. */
struct quantization {
    struct model_tensor *tensors; /* (count) */
    size_t count;
    int quantized; /* layers whose weights are whole numbers now */
    char *names;   /* private, like the next two */
    void **memory; /* (pieces) */
    size_t pieces;
};

/* Quantises every convolution, and every dense layer that is no output. The model must take grey
 * pictures and be in f32; the rows (count > 0) should be of its training part. */
mien_status quantization_new(const struct model *model, struct thread_pool *pool,
                             const struct dataset *dataset, const uint32_t *rows, size_t count,
                             struct quantization *ret_quantization, mien_error *err);
void quantization_free(struct quantization *quantization);

#endif
