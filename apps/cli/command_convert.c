/* command_convert.c - `mien convert`: a model in another form.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "command.h"
#include "data_options.h"
#include "model_report.h"
#include "model_story.h"
#include "network/model.h"
#include "output.h"
#include "path_name.h"
#include "training/quantization.h"

/* Pictures of the training part that show the ranges of the layers' inputs. */
enum { CALIBRATION_PICTURES = 2048 };

struct values {
    struct data_values data;
    const char *calibrate;
    int64_t jobs;
    bool int8, force, json;
};

static const struct values defaults = {.data = DATA_DEFAULTS};

static const struct option options[] = {
    {"int8", 0, NULL, "weights in whole numbers of 8 bits, for small files and fast recognition",
     OPTION_FLAG(struct values, int8)},
    {"calibrate", 0, "DATASET", "whose training part shows the layers' ranges, for --int8",
     OPTION_STRING(struct values, calibrate)},
    DATA_OPTIONS(struct values),
    DATA_OPTION_EXCLUDE(struct values),
    OPTION_JOBS(struct values),
    OPTION_FORCE(struct values),
    OPTION_JSON(struct values),
    {0},
};

/* Everything that a conversion needs, released in one place. */
struct work {
    const struct command_line *line;
    const struct values *values;
    const char *in, *out;
    struct thread_pool *pool;
    struct model *model, *converted;
    struct data data;
    size_t calibrated; /* pictures */
    struct quantization quantization;
    char sha256[SHA256_TEXT];
    double accuracy_before, accuracy_after; /* on the validation part */
};

static mien_status write(struct work *w, mien_error *err)
{
    struct model_description description = w->model->file->content;
    struct model_story story = {0};
    mien_status status;

    model_story_copy(&story, &description);
    model_story_tell(&story, "int8", "of the model %s, calibrated on %zu pictures of %s",
                     w->model->file->sha256, w->calibrated, path_name(w->values->calibrate));
    description.about = story.about;
    description.about_count = story.count;
    description.tensors = w->quantization.tensors;
    description.tensor_count = w->quantization.count;
    status = model_story_check(&story, err);
    if (!status)
        status = model_file_write(w->out, &description, w->sha256, err);
    model_story_free(&story);
    return status;
}

/* At most CALIBRATION_PICTURES, evenly from the whole part. */
static mien_status quantize(struct work *w, mien_error *err)
{
    const struct split *split = &w->data.split;
    size_t all = split->count[DATASET_TRAIN];
    uint32_t *rows;
    mien_status status;

    w->calibrated = all < CALIBRATION_PICTURES ? all : CALIBRATION_PICTURES;
    if (all == 0)
        return error_set(err, MIEN_EINVAL, "no pictures for training in this split");
    rows = calloc(w->calibrated, sizeof *rows);
    if (!rows)
        return error_memory(err, w->calibrated * sizeof *rows);
    for (size_t i = 0; i < w->calibrated; i++)
        rows[i] = split->rows[DATASET_TRAIN][i * all / w->calibrated];
    status = quantization_new(w->model, w->pool, &w->data.dataset, rows, w->calibrated,
                              &w->quantization, err);
    free(rows);
    return status ? error_prefix(err, status, "%s", w->in) : MIEN_OK;
}

static mien_status measure(struct work *w, const struct model *model, double *ret_accuracy,
                           mien_error *err)
{
    const struct split *split = &w->data.split;
    struct metrics *metrics = NULL;
    mien_status status =
        model_metrics(model->network, w->pool, &w->data.dataset, split->rows[DATASET_VALIDATION],
                      split->count[DATASET_VALIDATION], &metrics, err);

    if (!status)
        *ret_accuracy = metrics->rates.accuracy;
    metrics_free(metrics);
    return status;
}

static mien_status check_data(const struct work *w, mien_error *err)
{
    const struct dataset *d = &w->data.dataset;
    bool same = (size_t)d->label_count == model_label_count(w->model);

    for (int i = 0; i < d->label_count && same; i++)
        same = strcmp(d->label_names[i], model_label(w->model, (size_t)i)) == 0;
    if (!same)
        return error_set(err, MIEN_EINVAL, "%s: its labels are not those of %s", w->in,
                         path_name(w->values->calibrate));
    return MIEN_OK;
}

static mien_status report(struct work *w, mien_error *err)
{
    bool measured = w->data.split.count[DATASET_VALIDATION];
    size_t before = w->model->file->bytes, after = w->converted->file->bytes;

    if (w->values->json)
        return output_json(
            json_pack("{s:o, s:s, s:I, s:I, s:i, s:I, s:o, s:o}", "model", output_string(w->out),
                      "sha256", w->sha256, "bytes", (json_int_t)after, "bytes_before",
                      (json_int_t)before, "quantized_layers", w->quantization.quantized,
                      "calibration_pictures", (json_int_t)w->calibrated, "validation_accuracy",
                      measured ? output_number(w->accuracy_after) : json_null(),
                      "validation_accuracy_before",
                      measured ? output_number(w->accuracy_before) : json_null()),
            err);
    printf("%s: %.2f MB, before %.2f MB", w->out, 1e-6 * (double)after, 1e-6 * (double)before);
    if (measured)
        printf("; validation accuracy %.4f, before %.4f (%zu pictures)", w->accuracy_after,
               w->accuracy_before, w->data.split.count[DATASET_VALIDATION]);
    printf("\n");
    return MIEN_OK;
}

static mien_status convert(struct work *w, mien_error *err)
{
    bool measured = w->data.split.count[DATASET_VALIDATION];
    mien_status status = check_data(w, err);

    if (!status)
        status = quantize(w, err);
    if (!status)
        status = write(w, err);
    if (!status)
        status = model_open(w->out, &w->converted, err);
    if (!status && measured)
        status = measure(w, w->model, &w->accuracy_before, err);
    if (!status && measured)
        status = measure(w, w->converted, &w->accuracy_after, err);
    return status ? status : report(w, err);
}

static mien_status prepare(struct work *w, mien_error *err)
{
    mien_status status = output_check_new(w->out, w->values->force, err);

    if (!status)
        status = model_open(w->in, &w->model, err);
    if (!status && architecture_find_output(w->model->architecture, "expression") < 0)
        status = error_set(err, MIEN_EINVAL, "%s: the model has no output \"expression\"", w->in);
    if (!status)
        status = thread_pool_new((int)w->values->jobs, &w->pool, err);
    return status;
}

static int open_and_convert(struct work *w)
{
    const struct values *v = w->values;
    struct data_request request = {
        .path = v->calibrate,
        .values = v->data,
        .pool = w->pool,
    };
    mien_error err;
    int exit_status = data_open(w->line, &request, &w->data);

    if (exit_status)
        return exit_status;
    if (convert(w, &err))
        exit_status = command_failed(w->line, &err);
    data_close(&w->data);
    return exit_status;
}

static int run(const struct command_line *line)
{
    struct work w = {.line = line, .values = line->values};
    mien_error err;
    int exit_status;

    if (!w.values->int8 || !w.values->calibrate)
        return command_wrong_usage(line, "say --int8 --calibrate DATASET");
    w.in = line->arguments[0];
    w.out = line->arguments[1];
    exit_status = prepare(&w, &err) ? command_failed(line, &err) : open_and_convert(&w);
    quantization_free(&w.quantization);
    model_close(w.converted);
    model_close(w.model);
    thread_pool_free(w.pool);
    return exit_status;
}

const struct command command_convert = {
    .name = "convert",
    .summary = "Write a model in another form: in whole numbers of 8 bits.",
    .arguments = "IN OUT",
    .details =
        "--int8 turns the weights of convolutions and dense layers into whole numbers, with a\n"
        "scale for each output channel, and calibrates the ranges of their inputs on pictures\n"
        "of the training part. The file has a quarter of the size, recognition is faster, and\n"
        "the answers are the same on processors with and without units for such numbers. The\n"
        "accuracy on the validation part is printed, before and after.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};
