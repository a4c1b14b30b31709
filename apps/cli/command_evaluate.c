/* command_evaluate.c - `mien evaluate`: how good a model is on a part of a data set.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "data_options.h"
#include "model_report.h"
#include "network/model.h"
#include "output.h"

struct values {
    const char *split, *part;
    int64_t split_seed, jobs;
    bool stratify, skip_bad, json;
};

static const struct values defaults = {.split = "official", .part = "test"};

static const struct option options[] = {
    {"part", 0, "PARTS", "train, validation, test, or several joined by +",
     OPTION_STRING(struct values, part)},
    DATA_OPTIONS(struct values),
    OPTION_JOBS(struct values),
    OPTION_JSON(struct values),
    {0},
};

static mien_status check_labels(const struct model *model, const struct dataset *dataset,
                                mien_error *err)
{
    if (model_label_count(model) == 0)
        return error_set(err, MIEN_EINVAL, "the model has no labels: it does not classify");
    if (model_label_count(model) != (size_t)dataset->label_count)
        return error_set(err, MIEN_EINVAL, "the model has %zu labels, the data set %d",
                         model_label_count(model), dataset->label_count);
    for (size_t i = 0; i < model_label_count(model); i++)
        if (strcmp(model_label(model, i), dataset->label_names[i]) != 0)
            return error_set(err, MIEN_EINVAL,
                             "label %zu is \"%s\" in the model and \"%s\" in the data set", i,
                             model_label(model, i), dataset->label_names[i]);
    return MIEN_OK;
}

/* A model that was trained on this very part has nothing to prove on it. */
static void warn_of_training_rows(const struct command_line *line, const struct model *model,
                                  const uint32_t *rows, size_t count)
{
    const char *trained = model_file_about(model->file, "train rows sha256");
    uint8_t digest[SHA256_BYTES];
    char text[SHA256_TEXT];

    split_sha256(rows, count, digest);
    sha256_text(digest, text);
    if (trained && strcmp(trained, text) == 0)
        command_warn(line, "the model was trained on exactly these pictures: the figures say "
                           "nothing about new ones");
}

static mien_status evaluate(const struct command_line *line, const struct model *model,
                            struct thread_pool *pool, const struct data *data, mien_error *err)
{
    const struct values *v = line->values;
    char **names = data->dataset.label_names;
    struct metrics *metrics = NULL;
    uint32_t *rows = NULL;
    size_t count;
    mien_status status = check_labels(model, &data->dataset, err);

    if (!status)
        status = split_select(&data->split, v->part, &rows, &count, err);
    if (!status) {
        warn_of_training_rows(line, model, rows, count);
        status = model_metrics(model->network, pool, &data->dataset, rows, count, &metrics, err);
    }
    if (!status && v->json) {
        json_t *object = model_report_json(metrics, names);
        if (object)
            json_object_set_new(object, "model",
                                json_pack("{s:o, s:s}", "file", output_string(line->arguments[0]),
                                          "sha256", model->file->sha256));
        status = output_json(object, err);
    } else if (!status) {
        model_report_print(metrics, names);
    }
    metrics_free(metrics);
    free(rows);
    return status;
}

static int run(const struct command_line *line)
{
    const struct values *v = line->values;
    struct thread_pool *pool = NULL;
    struct model *model = NULL;
    struct data data;
    mien_error err;
    int exit_status;

    if (thread_pool_new((int)v->jobs, &pool, &err) ||
        model_open(line->arguments[0], &model, &err)) {
        exit_status = command_failed(line, &err);
    } else {
        struct data_request request = {line->arguments[1], v->split,    v->split_seed,
                                       v->stratify,        v->skip_bad, pool};
        exit_status = data_open(line, &request, &data);
        if (!exit_status) {
            if (evaluate(line, model, pool, &data, &err))
                exit_status = command_failed(line, &err);
            data_close(&data);
        }
    }
    model_close(model);
    thread_pool_free(pool);
    return exit_status;
}

const struct command command_evaluate = {
    .name = "evaluate",
    .summary = "Measure a model on a part of a data set.",
    .arguments = "MODEL DATASET",
    .details = "MODEL is a file, or the name of a built-in model.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};
