/* command_explore.c - `mien explore`: a data set as pictures, charts, tables and a page.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "base/thread_pool.h"
#include "command.h"
#include "data_parts.h"
#include "display.h"
#include "explore/explore.h"
#include "output.h"
#include "path_name.h"

struct values {
    struct data_values data;
    const char *out, *votes, *model;
    int64_t seed, jobs;
    bool force, json;
};

static const struct values defaults = {0};

static const struct option options[] = {
    {"out", 'o', "DIR", "folder for report.html, the figures and summary.json; made if missing",
     OPTION_STRING(struct values, out)},
    {"seed", 0, "N", "seed of the samples",
     OPTION_INTEGER(struct values, seed, 0, 9007199254740991.0)},
    {"votes", 0, "FILE", "FER+ votes of the same rows (fer2013new.csv)",
     OPTION_STRING(struct values, votes)},
    {"model", 'm', "MODEL", "also map the pictures as this model file or built-in model sees them",
     OPTION_STRING(struct values, model)},
    DATA_OPTIONS(struct values),
    OPTION_JOBS(struct values),
    OPTION_FORCE(struct values),
    OPTION_JSON(struct values),
    {0},
};

static void print_labels(const struct data_parts *data, const size_t *counts)
{
    double rows = (double)data->dataset.count;

    printf("\n%-24s %10s %8s\n", "label", "pictures", "share");
    for (int label = 0; label < data->dataset.label_count; label++)
        printf("%-24s %10zu %7.1f%%\n", data->dataset.label_names[label], counts[label],
               100 * (double)counts[label] / rows);
}

static mien_status print_text(const struct command_line *line, const struct data_parts *data,
                              mien_error *err)
{
    const struct values *values = line->values;
    size_t *counts = calloc((size_t)data->dataset.label_count, sizeof *counts);
    struct text head = {0};

    explore_head(&data->dataset, data->parts, line->arguments[0], &head);
    if (!counts || head.failed) {
        free(counts);
        text_free(&head);
        return error_memory(err, (size_t)data->dataset.label_count * sizeof *counts);
    }
    display_print(head.data);
    dataset_count_labels(&data->dataset, NULL, 0, counts);
    print_labels(data, counts);
    if (values->out)
        printf("\nreport    %s/report.html\n", values->out);
    free(counts);
    text_free(&head);
    return MIEN_OK;
}

/* Writes the report if a folder was named, and prints. */
static mien_status tell(const struct command_line *line, const struct data_parts *data,
                        const struct explore_options *explore, mien_error *err)
{
    const struct values *values = line->values;
    json_t *summary = NULL;
    mien_status status = MIEN_OK;

    if (values->out)
        status = data_parts_make_folder(values->out, err);
    if (!status && (values->out || values->json))
        status = explore_write(&data->dataset, data->parts, explore, values->out, &summary, err);
    if (status)
        return status;
    if (values->json)
        return output_json(summary, err);
    json_decref(summary);
    return print_text(line, data, err);
}

/* Its embedding is only asked for when all else is done, so what it takes is checked here. */
static mien_status open_model(const char *path_or_name, struct model **ret_model, mien_error *err)
{
    struct model *model;
    mien_status status = model_open(path_or_name, &model, err);

    if (status)
        return status;
    if (model_label_count(model) == 0) {
        model_close(model);
        return error_set(err, MIEN_EINVAL, "%s: the model has no labels: it does not classify",
                         path_or_name);
    }
    *ret_model = model;
    return MIEN_OK;
}

static int explore(const struct command_line *line, struct thread_pool *pool,
                   const struct model *model)
{
    const struct values *values = line->values;
    const char *path = line->arguments[0];
    struct data_request request = {.path = path, .values = values->data, .pool = pool};
    struct explore_options explore_options = {
        .source = path_name(path), .seed = (uint64_t)values->seed, .model = model, .pool = pool};
    struct data_parts data;
    struct votes votes = {0};
    mien_error err;
    int status = data_parts_open(line, &request, &data);

    if (status)
        return status;
    explore_options.split = data.split;
    explore_options.votes = values->votes ? &votes : NULL;
    if ((values->votes && votes_open(values->votes, data.dataset.count, &votes, &err)) ||
        tell(line, &data, &explore_options, &err))
        status = command_failed(line, &err);
    votes_close(&votes);
    data_parts_close(&data);
    return status;
}

static int run(const struct command_line *line)
{
    const struct values *values = line->values;
    struct thread_pool *pool = NULL;
    struct model *model = NULL;
    mien_error err;
    int status;

    if (values->votes && values->data.skip_bad)
        return command_wrong_usage(
            line, "--votes: it names rows by their place, so --skip-bad cannot leave any out");
    if (values->out && data_parts_check_folder(values->out, values->force, &err))
        return command_failed(line, &err);
    if (thread_pool_new((int)values->jobs, &pool, &err) ||
        (values->model && open_model(values->model, &model, &err)))
        status = command_failed(line, &err);
    else
        status = explore(line, pool, model);
    model_close(model);
    thread_pool_free(pool);
    return status;
}

const struct command command_explore = {
    .name = "explore",
    .summary = "Show what a data set holds: samples, labels, light, twins.",
    .arguments = "DATASET",
    .details =
        "DATASET is a FER2013 CSV, plain or packed, or a folder of pictures,\n"
        "<part>/<label>/*.png (or .jpg) or <label>/*.png.\n"
        "\n"
        "Prints the first rows and the labels. With --out, writes a page with samples, label\n"
        "counts, the mean face of each label, brightness and contrast, a map of the pictures\n"
        "(with --model also of what the model makes of them) and what `mien audit` finds, each\n"
        "figure as PNG and SVG, and all figures as summary.json.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};
