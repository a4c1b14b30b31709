/* baseline_methods.c - the methods that `mien baselines` compares.
 * SPDX-License-Identifier: MIT */
#include "baseline_methods.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "baseline/class_mean.h"
#include "baseline/logistic_regression.h"
#include "dataset/split.h"
#include "evaluation/prediction.h"
#include "info_history.h"
#include "network/model.h"
#include "network/softmax.h"

enum { NEIGHBOURS = 19 };

void baseline_result_free(struct baseline_result *result)
{
    free(result->answers);
    *result = (struct baseline_result){0};
}

static mien_status result_new(const struct baseline_task *task, const char *name,
                              struct baseline_result *ret_result, mien_error *err)
{
    struct baseline_result result = {0};

    snprintf(result.name, sizeof result.name, "%s", name);
    result.answers = calloc(task->measured.count, sizeof *result.answers);
    if (!result.answers)
        return error_memory(err, task->measured.count * sizeof *result.answers);
    *ret_result = result;
    return MIEN_OK;
}

static struct byte_rows pictures_of(const struct baseline_task *task, struct study_rows rows)
{
    return (struct byte_rows){task->dataset->pixels, rows.rows, rows.count,
                              (size_t)task->dataset->width * (size_t)task->dataset->height};
}

mien_status baseline_most_frequent(const struct baseline_task *task,
                                   struct baseline_result *ret_result, mien_error *err)
{
    const size_t labels = (size_t)task->dataset->label_count;
    size_t *counts = calloc(labels, sizeof *counts), most = 0;
    const double start = clock_now_s();
    mien_status status = counts ? result_new(task, "most frequent label", ret_result, err)
                                : error_memory(err, labels * sizeof *counts);

    if (!status) {
        dataset_count_labels(task->dataset, task->train.rows, task->train.count, counts);
        for (size_t label = 1; label < labels; label++)
            if (counts[label] > counts[most])
                most = label;
        ret_result->training_seconds = clock_now_s() - start;
        for (size_t i = 0; i < task->measured.count; i++)
            ret_result->answers[i] = (uint16_t)most;
        ret_result->seconds = clock_now_s() - start - ret_result->training_seconds;
    }
    free(counts);
    return status;
}

mien_status baseline_class_mean(const struct baseline_task *task,
                                struct baseline_result *ret_result, mien_error *err)
{
    const struct byte_rows train = pictures_of(task, task->train);
    const struct byte_rows measured = pictures_of(task, task->measured);
    const double start = clock_now_s();
    struct class_mean means;
    mien_status status =
        class_mean_fit(&train, task->dataset->labels, task->dataset->label_count, &means, err);
    double trained;

    if (status)
        return status;
    trained = clock_now_s();
    status = result_new(task, "nearest class mean", ret_result, err);
    if (!status) {
        for (size_t i = 0; i < measured.count; i++)
            ret_result->answers[i] = class_mean_classify(&means, byte_rows_at(&measured, i));
        ret_result->training_seconds = trained - start;
        ret_result->seconds = clock_now_s() - trained;
    }
    class_mean_free(&means);
    return status;
}

static mien_status fit_components(const struct baseline_task *task, struct pca *ret_pca,
                                  mien_error *err)
{
    const struct byte_rows train = pictures_of(task, task->train);
    const struct pca_options options = {task->components, 0};

    return pca_fit(&train, &options, task->pool, ret_pca, err);
}

/* Whitened features (count, components) of the rows; the caller frees them. */
static mien_status whiten(const struct baseline_task *task, const struct pca *pca,
                          struct study_rows rows, float **ret_features, mien_error *err)
{
    const struct byte_rows pictures = pictures_of(task, rows);
    float *features = calloc(rows.count, pca->components * sizeof *features);
    mien_status status;

    if (!features)
        return error_memory(err, rows.count * pca->components * sizeof *features);
    status = pca_transform(pca, &pictures, true, task->pool, features, err);
    if (status)
        free(features);
    else
        *ret_features = features;
    return status;
}

static mien_status fit_regression(const struct baseline_task *task, const struct pca *pca,
                                  struct logistic_regression *ret_regression, mien_error *err)
{
    struct logistic_options options;
    float *features = NULL;
    uint16_t *labels = calloc(task->train.count, sizeof *labels);
    mien_status status = labels ? whiten(task, pca, task->train, &features, err)
                                : error_memory(err, task->train.count * sizeof *labels);

    if (!status) {
        logistic_options_init(&options);
        for (size_t i = 0; i < task->train.count; i++)
            labels[i] = task->dataset->labels[task->train.rows[i]];
        status = logistic_regression_fit(features, task->train.count, pca->components, labels,
                                         task->dataset->label_count, &options, task->pool,
                                         ret_regression, err);
    }
    free(features);
    free(labels);
    return status;
}

static mien_status ask_regression(const struct baseline_task *task, const struct pca *pca,
                                  const struct logistic_regression *regression,
                                  uint16_t *ret_answers, mien_error *err)
{
    const size_t labels = (size_t)task->dataset->label_count;
    float *probabilities = calloc(labels, sizeof *probabilities), *features = NULL;
    mien_status status = probabilities ? whiten(task, pca, task->measured, &features, err)
                                       : error_memory(err, labels * sizeof *probabilities);

    for (size_t i = 0; !status && i < task->measured.count; i++) {
        logistic_regression_classify(regression, features + i * pca->components, probabilities);
        ret_answers[i] = (uint16_t)largest_index(probabilities, labels);
    }
    free(probabilities);
    free(features);
    return status;
}

mien_status baseline_logistic(const struct baseline_task *task, struct baseline_result *ret_result,
                              mien_error *err)
{
    const double start = clock_now_s();
    struct logistic_regression regression = {0};
    struct baseline_result result = {0};
    struct pca pca;
    char name[80];
    mien_status status = fit_components(task, &pca, err);
    double trained;

    if (status)
        return status;
    status = fit_regression(task, &pca, &regression, err);
    trained = clock_now_s();
    snprintf(name, sizeof name, "logistic regression on %zu principal components", pca.components);
    if (!status)
        status = result_new(task, name, &result, err);
    if (!status)
        status = ask_regression(task, &pca, &regression, result.answers, err);
    result.training_seconds = trained - start;
    result.seconds = clock_now_s() - trained;
    logistic_regression_free(&regression);
    pca_free(&pca);
    if (status)
        baseline_result_free(&result);
    else
        *ret_result = result;
    return status;
}

/* The k of 1 to NEIGHBOURS that is best on the validation rows. */
static mien_status choose_k(const struct baseline_task *task, const struct knn_study *study,
                            size_t *ret_k, mien_error *err)
{
    size_t k[NEIGHBOURS];
    struct knn_options options = {k, 0, KNN_UNIFORM};
    struct knn_measure measure;
    mien_status status;

    *ret_k = 1;
    if (!task->validation.count)
        return MIEN_OK;
    while (options.k_count < NEIGHBOURS && options.k_count < task->train.count) {
        k[options.k_count] = options.k_count + 1;
        options.k_count++;
    }
    status = knn_study_measure(study, task->validation, &options, &measure, err);
    if (status)
        return status;
    *ret_k = k[knn_measure_best(&measure)];
    knn_measure_free(&measure);
    return MIEN_OK;
}

static mien_status ask_neighbours(const struct baseline_task *task, const struct knn_study *study,
                                  const char *by, struct baseline_result *ret_result,
                                  mien_error *err)
{
    struct knn_measure measure;
    size_t k;
    const struct knn_options options = {&k, 1, KNN_UNIFORM};
    mien_status status = choose_k(task, study, &k, err);
    char name[80];

    if (!status)
        status = knn_study_measure(study, task->measured, &options, &measure, err);
    if (status)
        return status;
    snprintf(name, sizeof name, "nearest neighbours by %s, k = %zu", by, k);
    status = result_new(task, name, ret_result, err);
    if (!status) {
        memcpy(ret_result->answers, measure.labels, measure.count * sizeof *measure.labels);
        ret_result->training_seconds = study->index_seconds;
        ret_result->seconds = measure.seconds;
    }
    knn_measure_free(&measure);
    return status;
}

/* A measured picture whose nearest training picture has distance 0 is that picture. */
static mien_status find_twins(const struct baseline_task *task, const struct knn_study *study,
                              bool *ret_twins, mien_error *err)
{
    const size_t count = task->measured.count;
    const struct knn_vectors queries = {.count = count,
                                        .rows = task->measured.rows,
                                        .pixels = task->dataset->pixels,
                                        .width = task->dataset->width,
                                        .height = task->dataset->height};
    uint32_t *places = calloc(count, sizeof *places);
    double *distances = calloc(count, sizeof *distances);
    mien_status status = places && distances ? knn_search(study->index, &queries, 1, task->pool,
                                                          places, distances, err)
                                             : error_memory(err, count * sizeof *distances);

    for (size_t i = 0; !status && i < count; i++)
        ret_twins[i] = distances[i] <= 0;
    free(places);
    free(distances);
    return status;
}

mien_status baseline_neighbours(const struct baseline_task *task, bool *ret_twins,
                                struct baseline_result *ret_result, mien_error *err)
{
    struct knn_study study;
    mien_status status = knn_study_open(task->dataset, task->train, NULL, task->pool, &study, err);

    if (status)
        return status;
    status = find_twins(task, &study, ret_twins, err);
    if (!status)
        status = ask_neighbours(task, &study, "pixels", ret_result, err);
    knn_study_close(&study);
    return status;
}

mien_status baseline_component_neighbours(const struct baseline_task *task,
                                          struct baseline_result *ret_result, mien_error *err)
{
    const double start = clock_now_s();
    struct knn_study study = {0};
    struct pca pca;
    char by[48];
    mien_status status = fit_components(task, &pca, err);

    if (status)
        return status;
    status = knn_study_open(task->dataset, task->train, &pca, task->pool, &study, err);
    study.index_seconds = clock_now_s() - start;
    snprintf(by, sizeof by, "%zu principal components", pca.components);
    if (!status)
        status = ask_neighbours(task, &study, by, ret_result, err);
    knn_study_close(&study);
    pca_free(&pca);
    return status;
}

/* The sum of the training history's column "seconds"; NaN if it does not say, or tells only of the
 * last of several trainings. */
static double history_seconds(const struct model *model)
{
    const char *command = model_file_about(model->file, "command");
    struct info_history history;
    double sum = NAN;

    if (command && strstr(command, " --from "))
        return NAN;
    if (info_history_parse(model->file->content.history, &history, NULL))
        return NAN;
    for (size_t column = 0; history.rows && column < history.columns; column++) {
        if (strcmp(info_history_cell(&history, 0, column), "seconds") != 0)
            continue;
        sum = 0;
        for (size_t row = 1; row <= history.rows; row++)
            sum += strtod(info_history_cell(&history, row, column), NULL);
    }
    info_history_free(&history);
    return sum;
}

static bool same_training(const struct baseline_task *task, const struct model *model)
{
    const char *trained = model_file_about(model->file, "train rows sha256");
    uint8_t digest[SHA256_BYTES];
    char text[SHA256_TEXT];

    split_sha256(task->train.rows, task->train.count, digest);
    sha256_text(digest, text);
    return trained && !strcmp(trained, text);
}

static mien_status check_labels(const struct model *model, const struct dataset *dataset,
                                mien_error *err)
{
    bool same = model_label_count(model) == (size_t)dataset->label_count &&
                architecture_find_output(model->architecture, "expression") >= 0;

    for (size_t i = 0; same && i < model_label_count(model); i++)
        same = !strcmp(model_label(model, i), dataset->label_names[i]);
    return same ? MIEN_OK
                : error_set(err, MIEN_EINVAL, "the model's labels are not the data set's");
}

static mien_status ask_network(const struct baseline_task *task, const struct model *model,
                               uint16_t *ret_answers, mien_error *err)
{
    const int output = architecture_find_output(model->architecture, "expression");
    const size_t labels = model_label_count(model);
    struct predictions logits;
    mien_status status = predict_logits(model->network, task->pool, task->dataset,
                                        task->measured.rows, task->measured.count, &logits, err);

    if (status)
        return status;
    for (size_t i = 0; i < task->measured.count; i++)
        ret_answers[i] = (uint16_t)largest_index(logits.values[output] + i * labels, labels);
    predictions_free(&logits);
    return MIEN_OK;
}

mien_status baseline_network(const struct baseline_task *task, const char *name,
                             bool *ret_same_training, struct baseline_result *ret_result,
                             mien_error *err)
{
    struct baseline_result result = {0};
    struct model *model;
    mien_status status = model_open(name, &model, err);
    char text[80];
    double start;

    if (status)
        return status;
    snprintf(text, sizeof text, "network %s", name);
    status = check_labels(model, task->dataset, err);
    if (!status)
        status = result_new(task, text, &result, err);
    start = clock_now_s();
    if (!status)
        status = ask_network(task, model, result.answers, err);
    result.seconds = clock_now_s() - start;
    if (status) {
        baseline_result_free(&result);
        error_prefix(err, status, "%s", name);
    } else {
        result.training_seconds = history_seconds(model);
        *ret_same_training = same_training(task, model);
        *ret_result = result;
    }
    model_close(model);
    return status;
}
