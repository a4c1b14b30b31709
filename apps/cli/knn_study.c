/* knn_study.c - train and measure nearest neighbours on rows of a data set.
 * SPDX-License-Identifier: MIT */
#include "knn_study.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* The rows as the index takes them: pixels, or features that are computed into `ret_features`,
 * which the caller frees. */
static mien_status vectors_of(const struct knn_study *study, struct study_rows rows,
                              struct knn_vectors *ret_vectors, float **ret_features,
                              mien_error *err)
{
    const struct dataset *dataset = study->dataset;
    const size_t dims = (size_t)dataset->width * (size_t)dataset->height;
    const struct byte_rows pictures = {dataset->pixels, rows.rows, rows.count, dims};
    float *features;
    mien_status status;

    *ret_vectors = (struct knn_vectors){.count = rows.count,
                                        .rows = rows.rows,
                                        .pixels = dataset->pixels,
                                        .width = dataset->width,
                                        .height = dataset->height};
    if (!study->pca)
        return MIEN_OK;
    features = calloc(rows.count, study->pca->components * sizeof *features);
    if (!features)
        return error_memory(err, rows.count * study->pca->components * sizeof *features);
    status = pca_transform(study->pca, &pictures, false, study->pool, features, err);
    if (status) {
        free(features);
        return status;
    }
    *ret_vectors = (struct knn_vectors){
        .count = rows.count, .features = features, .dims = study->pca->components};
    *ret_features = features;
    return MIEN_OK;
}

/* The rows' labels, in their order. */
static mien_status labels_of(const struct dataset *dataset, struct study_rows rows,
                             uint16_t **ret_labels, mien_error *err)
{
    uint16_t *labels = calloc(rows.count, sizeof *labels);

    if (!labels)
        return error_memory(err, rows.count * sizeof *labels);
    for (size_t i = 0; i < rows.count; i++)
        labels[i] = dataset->labels[rows.rows[i]];
    *ret_labels = labels;
    return MIEN_OK;
}

mien_status knn_study_open(const struct dataset *dataset, struct study_rows train,
                           const struct pca *pca, struct thread_pool *pool,
                           struct knn_study *ret_study, mien_error *err)
{
    struct knn_study study = {.dataset = dataset, .pool = pool, .pca = pca, .train = train};
    const double start = clock_now_s();
    struct knn_vectors vectors;
    uint16_t *labels = NULL;
    mien_status status = vectors_of(&study, train, &vectors, &study.features, err);

    if (!status && pca) /* features lie in the order of the rows, pixels by row */
        status = labels_of(dataset, train, &labels, err);
    if (!status)
        status = knn_index_new(&vectors, pca ? labels : dataset->labels, dataset->label_count, pool,
                               &study.index, err);
    free(labels);
    if (status) {
        knn_study_close(&study);
        return status;
    }
    study.index_seconds = clock_now_s() - start;
    *ret_study = study;
    return MIEN_OK;
}

void knn_study_close(struct knn_study *study)
{
    free(study->features);
    knn_index_free(study->index);
    *study = (struct knn_study){0};
}

static void count_correct(const struct dataset *dataset, struct study_rows rows,
                          struct knn_measure *measure)
{
    for (size_t i = 0; i < rows.count; i++)
        for (size_t k = 0; k < measure->k_count; k++)
            measure->correct[k] +=
                measure->labels[i * measure->k_count + k] == dataset->labels[rows.rows[i]];
}

static mien_status search(const struct knn_study *study, struct study_rows rows,
                          const struct knn_options *options, struct knn_measure *measure,
                          mien_error *err)
{
    const double start = clock_now_s();
    struct knn_vectors queries;
    float *features = NULL;
    mien_status status = vectors_of(study, rows, &queries, &features, err);

    if (!status)
        status = knn_classify(study->index, &queries, options, study->pool, measure->labels,
                              measure->shares, err);
    free(features);
    measure->seconds = clock_now_s() - start;
    return status;
}

mien_status knn_study_measure(const struct knn_study *study, struct study_rows rows,
                              const struct knn_options *options, struct knn_measure *ret_measure,
                              mien_error *err)
{
    struct knn_measure measure = {.count = rows.count, .k_count = options->k_count};
    const size_t answers = rows.count * options->k_count;
    const size_t labels = (size_t)study->dataset->label_count;
    mien_status status = MIEN_OK;

    measure.labels = calloc(answers, sizeof *measure.labels);
    measure.shares = calloc(answers, labels * sizeof *measure.shares);
    measure.correct = calloc(options->k_count, sizeof *measure.correct);
    if (!measure.labels || !measure.shares || !measure.correct)
        status = error_memory(err, answers * labels * sizeof *measure.shares);
    if (!status)
        status = search(study, rows, options, &measure, err);
    if (status) {
        knn_measure_free(&measure);
        return status;
    }
    count_correct(study->dataset, rows, &measure);
    *ret_measure = measure;
    return MIEN_OK;
}

void knn_measure_free(struct knn_measure *measure)
{
    free(measure->labels);
    free(measure->shares);
    free(measure->correct);
    *measure = (struct knn_measure){0};
}

size_t knn_measure_best(const struct knn_measure *measure)
{
    size_t best = 0;

    for (size_t k = 1; k < measure->k_count; k++)
        if (measure->correct[k] > measure->correct[best])
            best = k;
    return best;
}

mien_status knn_measure_metrics(const struct knn_study *study, const struct knn_measure *measure,
                                struct study_rows rows, size_t number, struct metrics **ret_metrics,
                                mien_error *err)
{
    const size_t classes = (size_t)study->dataset->label_count;
    float *shares = calloc(rows.count, classes * sizeof *shares);
    uint16_t *labels = NULL;
    mien_status status;

    if (!shares)
        return error_memory(err, rows.count * classes * sizeof *shares);
    for (size_t i = 0; i < rows.count; i++)
        memcpy(shares + i * classes, measure->shares + (i * measure->k_count + number) * classes,
               classes * sizeof *shares);
    status = labels_of(study->dataset, rows, &labels, err);
    if (!status)
        status = metrics_new(shares, labels, rows.count, classes, ret_metrics, err);
    free(labels);
    free(shares);
    return status;
}
