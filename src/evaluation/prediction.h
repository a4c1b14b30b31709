/* prediction.h - what a network says about many pictures of a data set.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_PREDICTION_H
#define EVALUATION_PREDICTION_H

#include <stdbool.h>

#include "base/thread_pool.h"
#include "dataset/dataset.h"
#include "network/network.h"

/* Predicts with one plan again and again. One thread at a time. */
struct predictor;

/* Both are borrowed. The network must take grey pictures of one size. */
mien_status predictor_new(const struct network *network, struct thread_pool *pool,
                          struct predictor **ret_predictor, mien_error *err);
void predictor_free(struct predictor *predictor);

/* Call when the network's parameters have changed. */
void predictor_update(struct predictor *predictor);

/* One pass over the rows of the data set: ret_logits[o] (count, its numbers) of output o, NULL
 * where it is not wanted. Pictures of another size than the network's input are scaled to it. */
mien_status predictor_run(struct predictor *predictor, const struct dataset *dataset,
                          const uint32_t *rows, size_t count, float *const *ret_logits,
                          mien_error *err);

/* Called before each of several passes over the pictures; returning false ends them with
 * MIEN_ECANCELLED. */
typedef bool pass_progress(void *context, int pass, int passes);

/* What every output of a network says about N pictures: logits, or probabilities. */
struct predictions {
    size_t count;                            /* N */
    size_t width[ARCHITECTURE_OUTPUTS_MAX];  /* numbers of each output of the architecture */
    float *values[ARCHITECTURE_OUTPUTS_MAX]; /* (N, width); NULL beyond the last output */
};

/* All zeros. */
mien_status predictions_new(const struct architecture *architecture, size_t count,
                            struct predictions *ret_predictions, mien_error *err);

/* Accepts a zeroed struct, and zeroes it. */
void predictions_free(struct predictions *predictions);

/* Logits to probabilities, by softmax at the temperature of each output. */
void predictions_soften(struct predictions *predictions, const struct network *network);

/* Logits for the rows, with a predictor of its own; the caller frees `ret_logits`. */
mien_status predict_logits(const struct network *network, struct thread_pool *pool,
                           const struct dataset *dataset, const uint32_t *rows, size_t count,
                           struct predictions *ret_logits, mien_error *err);

#endif
