/* command_pca.c - `mien pca`: the principal components of a data set.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/thread_pool.h"
#include "command.h"
#include "data_parts.h"
#include "output.h"
#include "path_name.h"
#include "pca_report.h"

const size_t pca_ks[PCA_KS] = {1, 19};

enum { NEIGHBOUR_COMPONENTS = 250 };

struct values {
    struct data_values data;
    const char *out, *components, *part;
    int64_t jobs;
    bool force, json;
};

static const struct values defaults = {.components = "0.95", .data = DATA_DEFAULTS, .part = "test"};

static const struct option options[] = {
    {"components", 'n', "N", "a number such as 269, or the share of the variance to reach: 0.95",
     OPTION_STRING(struct values, components)},
    {"part", 0, "PARTS", "where neighbours are measured: validation, test, or test+validation",
     OPTION_STRING(struct values, part)},
    {"out", 'o', "DIR", "folder for report.html and the figures; made if missing",
     OPTION_STRING(struct values, out)},
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
    struct pca_options options;
    struct thread_pool *pool;
    struct data data;
    uint32_t *rows; /* of the part */
    struct study_rows train, measured;
    struct pca pca;
    double fit_seconds;
    char names[PCA_NEIGHBOURS][32];
    struct pca_neighbours neighbours[PCA_NEIGHBOURS];
};

/* "269" is a number, "0.95" and "1.0" are shares. */
static bool read_components(const char *text, struct pca_options *ret_options)
{
    char *end;

    errno = 0;
    *ret_options = (struct pca_options){0};
    if (strchr(text, '.')) {
        ret_options->share = strtod(text, &end);
        return !*end && ret_options->share > 0 && ret_options->share <= 1;
    }
    ret_options->components = strtoul(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && !*end && !errno && ret_options->components > 0;
}

static mien_status choose_rows(struct work *w, mien_error *err)
{
    const struct split *split = &w->data.split;

    w->train = (struct study_rows){split->rows[DATASET_TRAIN], split->count[DATASET_TRAIN]};
    if (!w->train.count)
        return error_set(err, MIEN_EINVAL, "%s: the split \"%s\" has no training pictures",
                         w->line->arguments[0], w->values->data.split);
    if (split_select(split, w->values->part, &w->rows, &w->measured.count, err))
        return error_prefix(err, err->status, "--part");
    w->measured.rows = w->rows;
    return MIEN_OK;
}

static mien_status fit(struct work *w, mien_error *err)
{
    const struct dataset *dataset = &w->data.dataset;
    const size_t dims = (size_t)dataset->width * (size_t)dataset->height;
    const struct byte_rows pictures = {dataset->pixels, w->train.rows, w->train.count, dims};
    const double start = clock_now_s();
    mien_status status = pca_fit(&pictures, &w->options, w->pool, &w->pca, err);

    w->fit_seconds = clock_now_s() - start;
    return status;
}

/* Nearest neighbours by `pca`, or by pixels where that is NULL. */
static mien_status measure_neighbours(struct work *w, const struct pca *pca,
                                      struct pca_neighbours *ret_neighbours, mien_error *err)
{
    struct knn_options knn_options = {pca_ks, PCA_KS, KNN_UNIFORM};
    struct knn_study study;
    mien_status status = knn_study_open(&w->data.dataset, w->train, pca, w->pool, &study, err);

    if (status)
        return status;
    while (knn_options.k_count > 1 && pca_ks[knn_options.k_count - 1] > w->train.count)
        knn_options.k_count--;
    ret_neighbours->index_seconds = study.index_seconds;
    status = knn_study_measure(&study, w->measured, &knn_options, &ret_neighbours->measure, err);
    knn_study_close(&study);
    return status;
}

static mien_status compare_neighbours(struct work *w, mien_error *err)
{
    struct pca part = w->pca; /* the first components alone */
    mien_status status;

    if (part.components > NEIGHBOUR_COMPONENTS)
        part.components = NEIGHBOUR_COMPONENTS;
    snprintf(w->names[0], sizeof w->names[0], "%zu pixels", w->pca.dims);
    snprintf(w->names[1], sizeof w->names[1], "%zu components", part.components);
    for (int i = 0; i < PCA_NEIGHBOURS; i++)
        w->neighbours[i].name = w->names[i];
    status = measure_neighbours(w, NULL, &w->neighbours[0], err);
    if (!status)
        status = measure_neighbours(w, &part, &w->neighbours[1], err);
    return status;
}

static void print_neighbours(const struct pca_neighbours *neighbours)
{
    const struct knn_measure *measure = &neighbours->measure;

    printf("%-18s", neighbours->name);
    for (size_t k = 0; k < measure->k_count; k++)
        printf(" %9.4f", (double)measure->correct[k] / (double)measure->count);
    printf(" %12.2f %12.0f\n", neighbours->index_seconds,
           1e6 * measure->seconds / (double)measure->count);
}

static void print_text(const struct work *w)
{
    static const size_t shown[] = {1, 2, 10, 50, 100, 250};

    printf("components      %zu of %zu pixels, from %zu pictures in %.2f s\n\n", w->pca.components,
           w->pca.dims, w->train.count, w->fit_seconds);
    printf("%10s %10s\n", "components", "variance");
    for (size_t i = 0; i < sizeof shown / sizeof *shown && shown[i] < w->pca.components; i++)
        printf("%10zu %10.6f\n", shown[i], pca_share(&w->pca, shown[i]));
    printf("%10zu %10.6f\n", w->pca.components, pca_share(&w->pca, w->pca.components));
    printf("\nnearest neighbours on %zu of %s\n", w->measured.count, w->values->part);
    printf("%-18s", "by");
    for (size_t k = 0; k < w->neighbours[0].measure.k_count; k++)
        printf("    k = %2zu", pca_ks[k]);
    printf(" %12s %12s\n", "training s", "us a picture");
    for (int i = 0; i < PCA_NEIGHBOURS; i++)
        print_neighbours(&w->neighbours[i]);
    if (w->values->out)
        printf("\nreport          %s/report.html\n", w->values->out);
}

static json_t *neighbours_json(const struct pca_neighbours *neighbours)
{
    const struct knn_measure *measure = &neighbours->measure;
    json_t *results = json_array();

    for (size_t k = 0; k < measure->k_count; k++)
        json_array_append_new(
            results,
            json_pack("{s:I, s:I, s:o}", "k", (json_int_t)pca_ks[k], "correct",
                      (json_int_t)measure->correct[k], "accuracy",
                      output_number((double)measure->correct[k] / (double)measure->count)));
    return json_pack("{s:s, s:o, s:o, s:o}", "by", neighbours->name, "index_seconds",
                     output_number(neighbours->index_seconds), "search_seconds",
                     output_number(measure->seconds), "results", results);
}

static mien_status print_json(const struct work *w, mien_error *err)
{
    json_t *shares = json_array(), *neighbours = json_array(), *object;

    for (size_t k = 0; k < w->pca.components; k++)
        json_array_append_new(shares, output_number(w->pca.variances[k] / w->pca.total_variance));
    for (int i = 0; i < PCA_NEIGHBOURS; i++)
        json_array_append_new(neighbours, neighbours_json(&w->neighbours[i]));
    object = json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:s, s:I, s:o}", "training_pictures",
                       (json_int_t)w->train.count, "pixels", (json_int_t)w->pca.dims, "components",
                       (json_int_t)w->pca.components, "variance",
                       output_number(pca_share(&w->pca, w->pca.components)), "fit_seconds",
                       output_number(w->fit_seconds), "shares", shares, "part", w->values->part,
                       "pictures", (json_int_t)w->measured.count, "neighbours", neighbours);
    return output_json(object, err);
}

static mien_status tell(struct work *w, mien_error *err)
{
    const struct pca_figures figures = {path_name(w->line->arguments[0]),
                                        &w->data.dataset,
                                        &w->pca,
                                        w->train,
                                        w->measured,
                                        w->values->part,
                                        w->fit_seconds,
                                        w->neighbours,
                                        w->pool};

    if (w->values->out) {
        mien_status status = data_parts_make_folder(w->values->out, err);

        if (!status)
            status = pca_report_write(&figures, w->values->out, err);
        if (status)
            return status;
    }
    if (w->values->json)
        return print_json(w, err);
    print_text(w);
    return MIEN_OK;
}

static mien_status compute(struct work *w, mien_error *err)
{
    mien_status status = choose_rows(w, err);

    if (!status)
        status = fit(w, err);
    if (!status)
        status = compare_neighbours(w, err);
    return status;
}

static void free_work(struct work *w)
{
    for (int i = 0; i < PCA_NEIGHBOURS; i++)
        knn_measure_free(&w->neighbours[i].measure);
    pca_free(&w->pca);
    free(w->rows);
    data_close(&w->data);
    thread_pool_free(w->pool);
}

static int run(const struct command_line *line)
{
    struct work w = {.line = line, .values = line->values};
    struct data_request request = {.path = line->arguments[0]};
    mien_error err;
    int exit_status;

    if (!read_components(w.values->components, &w.options))
        return command_wrong_usage(line,
                                   "--components: \"%s\" is neither a number of components, such "
                                   "as 269, nor a share of the variance, such as 0.95",
                                   w.values->components);
    if ((w.values->out && data_parts_check_folder(w.values->out, w.values->force, &err)) ||
        thread_pool_new((int)w.values->jobs, &w.pool, &err))
        return command_failed(line, &err);
    request.values = w.values->data;
    request.pool = w.pool;
    exit_status = data_open(line, &request, &w.data);
    if (!exit_status && (compute(&w, &err) || tell(&w, &err)))
        exit_status = command_failed(line, &err);
    free_work(&w);
    return exit_status;
}

const struct command command_pca = {
    .name = "pca",
    .summary = "Find a data set's principal components, and what they keep.",
    .arguments = "DATASET",
    .details =
        "Fits principal components to the training pictures, from their exact covariance, and\n"
        "compares nearest neighbours by pixels and by (up to 250) components. With --out, writes\n"
        "a page with the variance, the components as pictures (eigenfaces), pictures restored\n"
        "from their components, and the pictures in the plane of the first two.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};
