/* baseline_methods.h - simple and less simple ways to tell expressions apart, each trained on the
 * same rows and asked about the same others.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_BASELINE_METHODS_H
#define CLI_BASELINE_METHODS_H

#include "knn_study.h"

/* What every method works on, borrowed. */
struct baseline_task {
    const struct dataset *dataset;
    struct study_rows train, validation, measured;
    size_t components; /* principal components of the methods that take them */
    struct thread_pool *pool;
};

/* What a method did. */
struct baseline_result {
    char name[80];
    uint16_t *answers;       /* (measured.count) labels; owned */
    double training_seconds; /* NaN where unknown */
    double seconds;          /* for all answers */
};

void baseline_result_free(struct baseline_result *result);

/* The most frequent label of the training rows, whatever the picture. */
mien_status baseline_most_frequent(const struct baseline_task *task,
                                   struct baseline_result *ret_result, mien_error *err);

/* The nearest mean of a label's pixels. */
mien_status baseline_class_mean(const struct baseline_task *task,
                                struct baseline_result *ret_result, mien_error *err);

/* Logistic regression on whitened principal components. */
mien_status baseline_logistic(const struct baseline_task *task, struct baseline_result *ret_result,
                              mien_error *err);

/* Nearest neighbours by pixels and by principal components; k of 1 to 19 is chosen on the
 * validation rows, or is 1 where there are none. The first also tells which measured pictures are
 * among the training pictures, `ret_twins` (measured.count). */
mien_status baseline_neighbours(const struct baseline_task *task, bool *ret_twins,
                                struct baseline_result *ret_result, mien_error *err);
mien_status baseline_component_neighbours(const struct baseline_task *task,
                                          struct baseline_result *ret_result, mien_error *err);

/* A network: a model file, or a built-in model's name. `ret_same_training` tells whether it was
 * trained on the task's training rows. */
mien_status baseline_network(const struct baseline_task *task, const char *name,
                             bool *ret_same_training, struct baseline_result *ret_result,
                             mien_error *err);

#endif
