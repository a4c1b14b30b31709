/* logistic_regression.h - multinomial logistic regression on whitened features.
 * N examples, K features, L labels.
 * SPDX-License-Identifier: MIT */
#ifndef BASELINE_LOGISTIC_REGRESSION_H
#define BASELINE_LOGISTIC_REGRESSION_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct thread_pool;

struct logistic_options {
    double penalty;   /* of half the weights' squares, beside the sum of the losses; > 0 */
    double tolerance; /* ends when no element of the gradient of the mean loss is larger */
    int iterations;   /* at most */
};

/* Penalty 1, tolerance 1e-5, at most 1000 iterations. */
void logistic_options_init(struct logistic_options *options);

/* Constant once fitted: any number of threads may use it. */
struct logistic_regression {
    size_t features;
    int label_count, iterations;
    double *weights; /* (L, K), then the biases (L), which have no penalty */
};

/* `features` (N, K), each of mean 0 and variance 1 and uncorrelated with the others, as
 * pca_transform whitens them: the step's length rests on it. `labels` (N), each below
 * `label_count`. The same at any thread count. MIEN_ENOMEM. */
mien_status logistic_regression_fit(const float *features, size_t count, size_t feature_count,
                                    const uint16_t *labels, int label_count,
                                    const struct logistic_options *options,
                                    struct thread_pool *pool,
                                    struct logistic_regression *ret_regression, mien_error *err);
void logistic_regression_free(struct logistic_regression *regression);

/* The labels' probabilities (L) of an example's features (K). */
void logistic_regression_classify(const struct logistic_regression *regression,
                                  const float *features, float *ret_probabilities);

#endif
