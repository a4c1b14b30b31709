/* command_evaluate.c - `mien evaluate`: how good a model is on a part of a data set.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "data_options.h"
#include "dataset/audit.h"
#include "model_report.h"
#include "network/model.h"
#include "output.h"

struct values {
    const char *split, *part, *exclude;
    int64_t split_seed, jobs;
    bool stratify, skip_bad, json;
};

static const struct values defaults = {.split = "official", .part = "test"};

static const struct option options[] = {
    {"part", 0, "PARTS", "train, validation, test, or several joined by +",
     OPTION_STRING(struct values, part)},
    DATA_OPTIONS(struct values),
    DATA_OPTION_EXCLUDE(struct values),
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

/* Takes out of `rows` those whose picture is, byte for byte, also among the training rows. */
static mien_status drop_twins(const struct data *data, struct thread_pool *pool, uint32_t *rows,
                              size_t count, size_t *ret_count, mien_error *err)
{
    const struct split *split = &data->split;
    bool *trained = calloc(data->dataset.count, sizeof *trained);
    struct audit audit;
    size_t kept = 0;
    mien_status status;

    if (!trained)
        return error_memory(err, data->dataset.count);
    status = audit_new(&data->dataset, pool, &audit, err);
    if (!status) {
        for (size_t i = 0; i < split->count[DATASET_TRAIN]; i++)
            trained[audit.first[split->rows[DATASET_TRAIN][i]]] = true;
        for (size_t i = 0; i < count; i++)
            if (!trained[audit.first[rows[i]]])
                rows[kept++] = rows[i];
        audit_free(&audit);
        *ret_count = kept;
    }
    free(trained);
    return status;
}

/* Whether the parts that are measured are other than the one that is trained on. */
static bool leaves_training_out(const char *parts)
{
    return strstr(parts, dataset_part_name(DATASET_TRAIN)) == NULL;
}

struct evaluation {
    struct metrics *all, *without_twins; /* the latter NULL where it would be the same */
};

static mien_status measure(const struct command_line *line, const struct model *model,
                           struct thread_pool *pool, const struct data *data, struct evaluation *e,
                           mien_error *err)
{
    const struct values *v = line->values;
    uint32_t *rows = NULL;
    size_t count, kept;
    mien_status status = split_select(&data->split, v->part, &rows, &count, err);

    if (status)
        return status;
    warn_of_training_rows(line, model, rows, count);
    status = model_metrics(model->network, pool, &data->dataset, rows, count, &e->all, err);
    kept = count;
    if (!status && leaves_training_out(v->part))
        status = drop_twins(data, pool, rows, count, &kept, err);
    if (!status && kept > 0 && kept < count)
        status =
            model_metrics(model->network, pool, &data->dataset, rows, kept, &e->without_twins, err);
    free(rows);
    return status;
}

static mien_status print_json(const struct command_line *line, const struct model *model,
                              const struct data *data, const struct evaluation *e, mien_error *err)
{
    json_t *object = model_report_json(e->all, data->dataset.label_names);

    if (object && e->without_twins)
        json_object_set_new(object, "without_twins",
                            json_pack("{s:I, s:I, s:o}", "pictures",
                                      (json_int_t)e->without_twins->count, "correct",
                                      (json_int_t)e->without_twins->correct, "accuracy",
                                      output_number(e->without_twins->rates.accuracy)));
    if (object)
        json_object_set_new(object, "model",
                            json_pack("{s:o, s:s}", "file", output_string(line->arguments[0]),
                                      "sha256", model->file->sha256));
    return output_json(object, err);
}

static mien_status evaluate(const struct command_line *line, const struct model *model,
                            struct thread_pool *pool, const struct data *data, mien_error *err)
{
    const struct values *v = line->values;
    struct evaluation e = {0};
    mien_status status = check_labels(model, &data->dataset, err);

    if (!status)
        status = measure(line, model, pool, data, &e, err);
    if (!status && v->json) {
        status = print_json(line, model, data, &e, err);
    } else if (!status) {
        model_report_print(e.all, data->dataset.label_names);
        if (e.without_twins)
            printf("\nwithout the pictures that are also in the training part: accuracy %.4f (%zu "
                   "of %zu)\n",
                   e.without_twins->rates.accuracy, e.without_twins->correct,
                   e.without_twins->count);
    }
    metrics_free(e.all);
    metrics_free(e.without_twins);
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
        struct data_request request = {
            .path = line->arguments[1],
            .split = v->split,
            .split_seed = v->split_seed,
            .stratify = v->stratify,
            .skip_bad = v->skip_bad,
            .pool = pool,
            .exclude = v->exclude,
        };
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
