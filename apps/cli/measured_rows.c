/* measured_rows.c - choose rows and translate their labels.
 * SPDX-License-Identifier: MIT */
#include "measured_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dataset/label_map.h"

mien_status measured_model_check(const struct model *model, const char *name, mien_error *err)
{
    if (model_label_count(model) > 0 && architecture_input(model->architecture).C == 1)
        return MIEN_OK;
    return error_set(err, MIEN_EINVAL,
                     "%s: the model does not classify grey faces%s; give one with labels, such "
                     "as deck",
                     name,
                     architecture_find_output(model->architecture, "face") >= 0
                         ? ", it finds them (mien detector evaluate)"
                         : "");
}

/* The pictures of a label that is not the model's. */
static mien_status unknown_label(const struct model *model, const struct dataset *dataset,
                                 const uint32_t *rows, size_t count, int label, mien_error *err)
{
    struct text names = {0};
    size_t pictures = 0;

    for (size_t i = 0; i < count; i++)
        pictures += dataset->labels[rows[i]] == label;
    for (size_t i = 0; i < model_label_count(model) && i < 12; i++)
        text_add(&names, "%s%s", i ? " " : "", model_label(model, i));
    error_set(err, MIEN_EINVAL,
              "%zu pictures are labelled \"%s\", which is none of the model's labels (%s): say "
              "with --map FILE what it is; a line \"%s = -\" leaves them out",
              pictures, dataset->label_names[label], names.data ? names.data : "",
              dataset->label_names[label]);
    text_free(&names);
    return MIEN_EINVAL;
}

/* Keeps the rows that have a label of the model. */
static mien_status translate(const struct command_line *line, const struct model *model,
                             const struct dataset *dataset, const int *to,
                             struct measured_rows *measured, mien_error *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < measured->count; i++) {
        int label = dataset->labels[measured->rows[i]];
        if (to[label] == LABEL_UNKNOWN)
            return unknown_label(model, dataset, measured->rows, measured->count, label, err);
        if (to[label] == LABEL_LEFT_OUT)
            continue;
        measured->rows[kept] = measured->rows[i];
        measured->labels[kept++] = (uint16_t)to[label];
    }
    if (kept == 0)
        return error_set(err, MIEN_EINVAL, "--map leaves out all %zu pictures", measured->count);
    if (kept < measured->count)
        command_warn(line, "%zu of %zu pictures were left out by --map", measured->count - kept,
                     measured->count);
    measured->count = kept;
    return MIEN_OK;
}

static void warn_of_sizes(const struct command_line *line, const struct model *model,
                          const struct dataset *dataset)
{
    struct shape input = architecture_input(model->architecture);

    if (dataset->scaled)
        command_warn(line, "%zu of %zu pictures were scaled to %dx%d", dataset->scaled,
                     dataset->count, dataset->width, dataset->height);
    if (dataset->width != input.W || dataset->height != input.H)
        command_warn(line, "the pictures, %dx%d, were scaled to the model's %dx%d", dataset->width,
                     dataset->height, input.W, input.H);
}

mien_status measured_rows_new(const struct command_line *line, const struct model *model,
                              const char *model_name, const struct data *data, const char *parts,
                              const char *map, struct measured_rows *ret_rows, mien_error *err)
{
    size_t classes = model_label_count(model);
    const char **names = malloc((classes ? classes : 1) * sizeof *names);
    struct measured_rows measured = {0};
    int *to = NULL;
    mien_status status = measured_model_check(model, model_name, err);

    if (!status)
        status = split_select(&data->split, parts, &measured.rows, &measured.count, err);
    if (!status && (!names || !(measured.labels = malloc(measured.count * sizeof(uint16_t)))))
        status = error_memory(err, measured.count * sizeof(uint16_t));
    for (size_t i = 0; i < classes && !status; i++)
        names[i] = model_label(model, i);
    if (!status && label_map_new(&data->dataset, names, classes, map, &to, err))
        status = map ? error_prefix(err, MIEN_EINVAL, "--map") : MIEN_ENOMEM;
    if (!status)
        status = translate(line, model, &data->dataset, to, &measured, err);
    free(names);
    free(to);
    if (status) {
        measured_rows_free(&measured);
        return status;
    }
    warn_of_sizes(line, model, &data->dataset);
    *ret_rows = measured;
    return MIEN_OK;
}

void measured_rows_warn(const struct command_line *line, const char *model_name,
                        const struct provenance *provenance)
{
    size_t trained = provenance->of[PAST_TRAINED];

    if (trained == provenance->count)
        command_warn(line,
                     "%s was trained on exactly these pictures: the figures say nothing "
                     "about new ones",
                     model_name);
    else if (trained)
        command_warn(line,
                     "%s was trained on %zu of these %zu pictures: the figures say little "
                     "about new ones",
                     model_name, trained, provenance->count);
    if (provenance->knowledge == PROVENANCE_ROWS_LOST)
        command_warn(line,
                     "%s was trained on this data set, on rows that cannot be told: give "
                     "the --split and --exclude of its training",
                     model_name);
}

void measured_rows_free(struct measured_rows *rows)
{
    free(rows->rows);
    free(rows->labels);
    *rows = (struct measured_rows){0};
}
