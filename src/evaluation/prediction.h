/* prediction.h - a network's logits for many pictures of a data set.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_PREDICTION_H
#define EVALUATION_PREDICTION_H

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

/* Logits (count, classes) of output `output` for the rows of the data set. Pictures of another size
 * than the network's input are scaled to it. */
mien_status predictor_run(struct predictor *predictor, const struct dataset *dataset,
                          const uint32_t *rows, size_t count, int output, float *ret_logits,
                          mien_error *err);

/* The same for several outputs in one pass: ret_logits[o] (count, its numbers) of output o, NULL
 * where it is not wanted. */
mien_status predictor_run_outputs(struct predictor *predictor, const struct dataset *dataset,
                                  const uint32_t *rows, size_t count, float *const *ret_logits,
                                  mien_error *err);

/* With a predictor of its own: probabilities (count, classes) of that output, by softmax at its
 * temperature. */
mien_status predict_probabilities(const struct network *network, struct thread_pool *pool,
                                  const struct dataset *dataset, const uint32_t *rows, size_t count,
                                  int output, float *ret_probabilities, mien_error *err);

#endif
