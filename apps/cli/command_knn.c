/* command_knn.c - `mien knn`: how far nearest neighbours get on a data set.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/thread_pool.h"
#include "chart/chart.h"
#include "command.h"
#include "data_options.h"
#include "knn_study.h"
#include "model_report.h"
#include "model_story.h"
#include "neighbours/knn_model.h"
#include "output.h"

struct values {
    struct data_values data;
    const char *out, *chart, *part;
    int64_t jobs, pca;
    struct integer_list k;
    int weights;
    bool force, json;
};

static const struct values defaults = {
    .data = DATA_DEFAULTS,
    .part = "test",
    .k = {19, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}},
};

static const char *const weights[] = {"uniform", "distance", NULL}; /* as enum knn_weights */

static const struct option options[] = {
    {"k", 'k', "LIST", "numbers of neighbours, such as 1:19,169",
     OPTION_INTEGERS(struct values, k, 1, 2147483647)},
    {"weights", 0, NULL, "votes count the same, or by 1 / distance",
     OPTION_CHOICE(struct values, weights, weights)},
    {"pca", 0, "N", "compare N principal components instead of pixels; 0: pixels",
     OPTION_INTEGER(struct values, pca, 0, KNN_MAX_FEATURES)},
    {"part", 0, "PARTS", "what to measure: train, validation, test, or several joined by +",
     OPTION_STRING(struct values, part)},
    {"out", 'o', "FILE", "write a model of the best k", OPTION_STRING(struct values, out)},
    {"chart", 0, "FILE", "draw the accuracy by k (.png, .svg or .pdf)",
     OPTION_STRING(struct values, chart)},
    DATA_OPTIONS(struct values),
    OPTION_JOBS(struct values),
    OPTION_FORCE(struct values),
    OPTION_JSON(struct values),
    {0},
};

/* Everything that is known in the end, released in one place. */
struct work {
    const struct command_line *line;
    const struct values *values;
    struct thread_pool *pool;
    struct data data;
    uint32_t *rows; /* (measured.count) owned; what is measured */
    struct study_rows train, validation, measured;
    struct pca pca;
    struct knn_study study;
    size_t k[OPTION_LIST_MAX];
    struct knn_options options;
    struct knn_measure measure;
    size_t best; /* which k is the best one */
    bool by_validation;
    struct metrics *metrics; /* of the best k */
    char sha256[SHA256_TEXT];
};

static int compare_sizes(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;

    return x < y ? -1 : x > y;
}

/* Each k once, ascending. */
static void read_k(struct work *w)
{
    const struct integer_list *list = &w->values->k;
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++)
        w->k[i] = (size_t)list->values[i];
    qsort(w->k, list->count, sizeof *w->k, compare_sizes);
    for (size_t i = 0; i < list->count; i++)
        if (!count || w->k[i] != w->k[count - 1])
            w->k[count++] = w->k[i];
    w->options = (struct knn_options){w->k, count, (enum knn_weights)w->values->weights};
}

static mien_status choose_rows(struct work *w, mien_error *err)
{
    const struct split *split = &w->data.split;

    w->train = (struct study_rows){split->rows[DATASET_TRAIN], split->count[DATASET_TRAIN]};
    w->validation =
        (struct study_rows){split->rows[DATASET_VALIDATION], split->count[DATASET_VALIDATION]};
    if (!w->train.count)
        return error_set(err, MIEN_EINVAL, "%s: the split \"%s\" has no training pictures",
                         w->line->arguments[0], w->values->data.split);
    if (strstr(w->values->part, "train"))
        command_warn(w->line, "--part %s: each training picture is its own nearest neighbour",
                     w->values->part);
    w->measured.count = 0;
    if (split_select(split, w->values->part, &w->rows, &w->measured.count, err))
        return error_prefix(err, err->status, "--part");
    w->measured.rows = w->rows;
    return MIEN_OK;
}

static mien_status fit_pca(struct work *w, mien_error *err)
{
    const struct dataset *dataset = &w->data.dataset;
    const size_t dims = (size_t)dataset->width * (size_t)dataset->height;
    const struct byte_rows pictures = {dataset->pixels, w->train.rows, w->train.count, dims};
    const struct pca_options pca_options = {(size_t)w->values->pca, 0};

    if (pca_fit(&pictures, &pca_options, w->pool, &w->pca, err))
        return error_prefix(err, err->status, "--pca");
    return MIEN_OK;
}

/* The best of several k is chosen on the validation part, so that the measured part stays
 * untouched; only where there is none, on the measured part itself. */
static mien_status choose_best(struct work *w, mien_error *err)
{
    struct knn_measure validation = {0};
    mien_status status;

    w->by_validation = w->options.k_count > 1 && w->validation.count > 0;
    w->best = knn_measure_best(&w->measure);
    if (!w->by_validation)
        return MIEN_OK;
    status = knn_study_measure(&w->study, w->validation, &w->options, &validation, err);
    if (!status)
        w->best = knn_measure_best(&validation);
    knn_measure_free(&validation);
    return status;
}

static double accuracy(const struct work *w, size_t number)
{
    return (double)w->measure.correct[number] / (double)w->measure.count;
}

/* Of a share that was counted in `count` independent pictures. */
static double standard_error(const struct work *w, size_t number)
{
    const double p = accuracy(w, number);

    return sqrt(p * (1 - p) / (double)w->measure.count);
}

/* `numbers`: room for six a k. */
static mien_status draw_numbers(const struct work *w, double *numbers, mien_error *err)
{
    const size_t count = w->options.k_count;
    double *k = numbers, *y = numbers + count, *low = y + count, *high = low + count;
    double *low3 = high + count, *high3 = low3 + count;
    struct chart_series series = {.name = "accuracy, with 1 and 3 standard errors",
                                  .x = k,
                                  .y = y,
                                  .count = count,
                                  .bands = {{low, high}, {low3, high3}},
                                  .markers = true};
    const struct chart chart = {.type = CHART_LINES,
                                .title = "Accuracy by number of neighbours",
                                .x_label = "neighbours",
                                .y_label = "accuracy",
                                .lines = {.series = &series, .series_count = 1, .percent = true}};

    for (size_t i = 0; i < count; i++) {
        const double error = standard_error(w, i);

        k[i] = (double)w->k[i];
        y[i] = accuracy(w, i);
        low[i] = y[i] - error;
        high[i] = y[i] + error;
        low3[i] = y[i] - 3 * error;
        high3[i] = y[i] + 3 * error;
    }
    return chart_write(&chart, CHART_LIGHT, w->values->chart, err);
}

static mien_status draw(const struct work *w, mien_error *err)
{
    const size_t bytes = 6 * w->options.k_count * sizeof(double);
    double *numbers = malloc(bytes);
    mien_status status;

    if (!numbers)
        return error_memory(err, bytes);
    status = draw_numbers(w, numbers, err);
    free(numbers);
    return status;
}

static void describe_command(const struct work *w, struct text *text)
{
    text_add(text, "mien knn DATASET");
    data_options_describe(&w->values->data, text);
    text_add(text, " -k %zu --weights %s --pca %d", w->k[w->best], weights[w->values->weights],
             (int)w->values->pca);
}

static mien_status save(struct work *w, mien_error *err)
{
    const struct dataset *dataset = &w->data.dataset;
    const struct knn_vectors pictures = {.count = w->train.count,
                                         .rows = w->train.rows,
                                         .pixels = dataset->pixels,
                                         .width = dataset->width,
                                         .height = dataset->height};
    const struct pca *pca = w->study.pca;
    const struct knn_model_parts parts = {.pictures = &pictures,
                                          .labels = dataset->labels,
                                          .k = w->k[w->best],
                                          .weights = w->options.weights,
                                          .components = pca ? pca->components : 0,
                                          .mean = pca ? pca->mean : NULL,
                                          .axes = pca ? pca->axes : NULL,
                                          .features = w->study.features};
    struct text command = {0};
    struct model_story story = {0};
    mien_status status;

    describe_command(w, &command);
    model_story_tell_name(&story, w->values->out);
    model_story_tell_text(&story, "command", &command);
    model_story_tell_data(&story, w->line->arguments[0], &w->values->data, &w->data);
    model_story_tell(&story, "accuracy", "%.4f on %s", accuracy(w, w->best), w->values->part);
    status = model_story_check(&story, err);
    if (!status) {
        const struct model_description description = {.labels =
                                                          (const char *const *)dataset->label_names,
                                                      .label_count = (size_t)dataset->label_count,
                                                      .about = story.about,
                                                      .about_count = story.count,
                                                      .history = ""};
        status = knn_model_write(w->values->out, &parts, &description, w->sha256, err);
    }
    model_story_free(&story);
    text_free(&command);
    return status;
}

static mien_status study(struct work *w, mien_error *err)
{
    mien_status status = choose_rows(w, err);

    if (!status && w->values->pca)
        status = fit_pca(w, err);
    if (!status)
        status = knn_study_open(&w->data.dataset, w->train, w->values->pca ? &w->pca : NULL,
                                w->pool, &w->study, err);
    if (!status)
        status = knn_study_measure(&w->study, w->measured, &w->options, &w->measure, err);
    if (!status)
        status = choose_best(w, err);
    if (!status)
        status =
            knn_measure_metrics(&w->study, &w->measure, w->measured, w->best, &w->metrics, err);
    if (!status && w->values->chart)
        status = draw(w, err);
    if (!status && w->values->out)
        status = save(w, err);
    return status;
}

static void print_text(const struct work *w)
{
    printf("neighbours      %zu training pictures by %s, votes %s\n", w->train.count,
           w->values->pca ? "principal components" : "pixels", weights[w->values->weights]);
    printf("measured        %zu of %s in %.2f s, %.0f us a picture (index %.2f s)\n\n",
           w->measured.count, w->values->part, w->measure.seconds,
           1e6 * w->measure.seconds / (double)w->measured.count, w->study.index_seconds);
    printf("%10s %10s %10s %10s\n", "k", "correct", "accuracy", "error");
    for (size_t i = 0; i < w->options.k_count; i++)
        printf("%10zu %10zu %10.4f %10.4f%s\n", w->k[i], w->measure.correct[i], accuracy(w, i),
               standard_error(w, i), i == w->best ? " *" : "");
    printf("\nk = %zu%s\n", w->k[w->best],
           w->options.k_count == 1 ? ""
           : w->by_validation      ? ", the best on the validation part"
                                   : ", the best on these very pictures");
    model_report_print(w->metrics, (const char *const *)w->data.dataset.label_names);
    if (w->values->out)
        printf("\nmodel           %s, sha256 %s\n", w->values->out, w->sha256);
}

static json_t *results_json(const struct work *w)
{
    json_t *results = json_array();

    for (size_t i = 0; i < w->options.k_count; i++)
        json_array_append_new(results,
                              json_pack("{s:I, s:I, s:o, s:o}", "k", (json_int_t)w->k[i], "correct",
                                        (json_int_t)w->measure.correct[i], "accuracy",
                                        output_number(accuracy(w, i)), "standard_error",
                                        output_number(standard_error(w, i))));
    return results;
}

static mien_status print_json(const struct work *w, mien_error *err)
{
    json_t *object = json_pack(
        "{s:I, s:o, s:I, s:I, s:s, s:o, s:o, s:o, s:I, s:s, s:o}", "training_pictures",
        (json_int_t)w->train.count, "part", output_string(w->values->part), "pictures",
        (json_int_t)w->measured.count, "components", (json_int_t)w->values->pca, "weights",
        weights[w->values->weights], "index_seconds", output_number(w->study.index_seconds),
        "search_seconds", output_number(w->measure.seconds), "results", results_json(w), "best_k",
        (json_int_t)w->k[w->best], "best_by", w->by_validation ? "validation" : "measured", "best",
        model_report_json(w->metrics, (const char *const *)w->data.dataset.label_names));

    if (object && w->values->out)
        json_object_set_new(
            object, "model",
            json_pack("{s:o, s:s}", "file", output_string(w->values->out), "sha256", w->sha256));
    return output_json(object, err);
}

static void free_work(struct work *w)
{
    metrics_free(w->metrics);
    knn_measure_free(&w->measure);
    knn_study_close(&w->study);
    pca_free(&w->pca);
    free(w->rows);
    data_close(&w->data);
    thread_pool_free(w->pool);
}

static mien_status check_files(const struct values *v, mien_error *err)
{
    mien_status status = v->out ? output_check_new(v->out, v->force, err) : MIEN_OK;

    if (!status && v->chart)
        status = output_check_new(v->chart, v->force, err);
    return status;
}

static int run(const struct command_line *line)
{
    static struct work w; /* too large for the stack */
    struct data_request request = {.path = line->arguments[0]};
    mien_error err;
    int exit_status;

    w = (struct work){.line = line, .values = line->values};
    read_k(&w);
    if (check_files(w.values, &err) || thread_pool_new((int)w.values->jobs, &w.pool, &err))
        return command_failed(line, &err);
    request.values = w.values->data;
    request.pool = w.pool;
    exit_status = data_open(line, &request, &w.data);
    if (!exit_status) {
        mien_status status = study(&w, &err);

        if (!status && w.values->json)
            status = print_json(&w, &err);
        else if (!status)
            print_text(&w);
        if (status)
            exit_status = command_failed(line, &err);
    }
    free_work(&w);
    return exit_status;
}

const struct command command_knn = {
    .name = "knn",
    .summary = "Measure nearest neighbours, the simplest baseline.",
    .arguments = "DATASET",
    .details =
        "Compares each picture with all training pictures, exactly, and lets the k nearest vote;\n"
        "equal distances go to the training picture that comes first, equal votes to the first\n"
        "label. One search serves all k; the best k is chosen on the validation part. The model\n"
        "that --out writes holds the training pictures themselves.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};
