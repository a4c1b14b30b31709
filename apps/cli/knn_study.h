/* knn_study.h - nearest neighbours of rows of a data set: trained on some, measured on others.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_KNN_STUDY_H
#define CLI_KNN_STUDY_H

#include "baseline/pca.h"
#include "dataset/dataset.h"
#include "evaluation/metrics.h"
#include "neighbours/knn.h"

/* Rows of a data set, borrowed. */
struct study_rows {
    const uint32_t *rows;
    size_t count;
};

/* All but the last three is borrowed. */
struct knn_study {
    const struct dataset *dataset;
    struct thread_pool *pool;
    const struct pca *pca; /* NULL: neighbours by pixels */
    struct study_rows train;

    float *features; /* (train.count, pca->components) */
    struct knn_index *index;
    double index_seconds;
};

/* `pca` was fitted on the same rows, or is NULL. */
mien_status knn_study_open(const struct dataset *dataset, struct study_rows train,
                           const struct pca *pca, struct thread_pool *pool,
                           struct knn_study *ret_study, mien_error *err);
void knn_study_close(struct knn_study *study);

/* What the neighbours say of some rows, for every k of `options`. */
struct knn_measure {
    size_t count, k_count;
    uint16_t *labels; /* (count, k_count) */
    float *shares;    /* (count, k_count, label_count) */
    size_t *correct;  /* (k_count) */
    double seconds;   /* of the search, features included */
};

mien_status knn_study_measure(const struct knn_study *study, struct study_rows rows,
                              const struct knn_options *options, struct knn_measure *ret_measure,
                              mien_error *err);
void knn_measure_free(struct knn_measure *measure);

/* Which k had the most correct answers; the first of several. */
size_t knn_measure_best(const struct knn_measure *measure);

/* All figures of the k of that number. */
mien_status knn_measure_metrics(const struct knn_study *study, const struct knn_measure *measure,
                                struct study_rows rows, size_t number, struct metrics **ret_metrics,
                                mien_error *err);

#endif
