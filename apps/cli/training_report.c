/* training_report.c - show a training while it goes.
 * SPDX-License-Identifier: MIT */
#include "training_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "chart/chart.h"
#include "terminal.h"

static void duration(double seconds, char ret_text[32])
{
    int whole = seconds < 1e7 ? (int)seconds : 9999999;

    snprintf(ret_text, 32, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
}

void training_report_show(const struct training_progress *p)
{
    const struct training_epoch *e = p->finished;
    char left[32];

    duration(p->seconds_left, left);
    if (e)
        progress_keep("epoch %3d/%d  loss %.4f  accuracy %.4f  validation %.4f %.4f%s  rate %.2g  "
                      "%.0f s",
                      p->epoch, p->epochs, e->loss, e->accuracy, e->validation_loss,
                      e->validation_accuracy, e->best ? " *" : "  ", e->learning_rate, e->seconds);
    else
        progress_show("epoch %3d/%d  %3d/%d  loss %.4f  accuracy %.4f  %.0f pictures/s  at most "
                      "%s left",
                      p->epoch, p->epochs, p->step, p->steps, p->loss, p->accuracy,
                      p->pictures_per_second, left);
}

/* --- files --- */

static mien_status write_text(const char *folder, const char *name, const char *content,
                              mien_error *err)
{
    struct atomic_file file;
    struct text path = {0};
    mien_status status;

    text_add(&path, "%s/%s", folder, name);
    status = path.failed ? error_memory(err, path.length) : atomic_file_open(path.data, &file, err);
    if (!status) {
        fputs(content, file.stream);
        status = atomic_file_commit(&file, err);
    }
    text_free(&path);
    return status;
}

/* A history's columns, for charts. */
enum column {
    LOSS,
    ACCURACY,
    VALIDATION_LOSS,
    VALIDATION_ACCURACY,
    VOTES_LOSS,
    VOTES_ACCURACY,
    ALL_LOSSES, /* validation's of all outputs by their weights, as training's is */
    RATE,
    COLUMNS
};

/* The caller frees `ret_values` (COLUMNS, epochs). */
static mien_status columns_new(const struct training_history *history, const struct recipe *recipe,
                               double **ret_values, mien_error *err)
{
    size_t n = (size_t)history->count;
    double *values = calloc(n * COLUMNS + 1, sizeof *values);

    if (!values)
        return error_memory(err, n * COLUMNS * sizeof *values);
    for (size_t i = 0; i < n; i++) {
        const struct training_epoch *e = &history->epochs[i];
        const double row[COLUMNS] = {
            [LOSS] = e->loss,
            [ACCURACY] = e->accuracy,
            [VALIDATION_LOSS] = e->validation_loss,
            [VALIDATION_ACCURACY] = e->validation_accuracy,
            [VOTES_LOSS] = e->votes_loss,
            [VOTES_ACCURACY] = e->votes_accuracy,
            [ALL_LOSSES] = (double)recipe->expression_weight * e->validation_loss +
                           (e->has_votes ? (double)recipe->votes_weight * e->votes_loss : 0),
            [RATE] = e->learning_rate,
        };
        for (size_t c = 0; c < COLUMNS; c++)
            values[c * n + i] = row[c];
    }
    *ret_values = values;
    return MIEN_OK;
}

static mien_status write_chart(const char *folder, const char *name, const char *title,
                               const char *unit, bool percent, const struct chart_series *series,
                               size_t count, mien_error *err)
{
    const struct chart chart = {
        .type = CHART_LINES,
        .title = title,
        .x_label = "epoch",
        .y_label = unit,
        .lines = {.series = series, .series_count = count, .x_start = 1, .percent = percent},
    };
    struct text path = {0};
    mien_status status;

    text_add(&path, "%s/%s.svg", folder, name);
    status = path.failed ? error_memory(err, path.length)
                         : chart_write(&chart, CHART_LIGHT, path.data, err);
    text_free(&path);
    return status;
}

/* `values` (COLUMNS, n). */
static mien_status write_charts(const double *values, size_t n, bool votes, const char *folder,
                                mien_error *err)
{
    const struct chart_series loss[] = {
        {votes ? "training, both outputs" : "training", .y = values + LOSS * n, .count = n},
        {votes ? "validation, both" : "validation", .y = values + ALL_LOSSES * n, .count = n},
        {"validation, labels", .y = values + VALIDATION_LOSS * n, .count = n, .dashed = true},
        {"validation, votes", .y = values + VOTES_LOSS * n, .count = n, .dashed = true},
    };
    const struct chart_series accuracy[] = {
        {"training", .y = values + ACCURACY * n, .count = n},
        {"validation", .y = values + VALIDATION_ACCURACY * n, .count = n},
        {"validation, votes", .y = values + VOTES_ACCURACY * n, .count = n, .dashed = true},
    };
    const struct chart_series rate = {.y = values + RATE * n, .count = n};
    mien_status status =
        write_chart(folder, "loss", "Loss", "loss", false, loss, votes ? 4 : 2, err);

    if (!status)
        status = write_chart(folder, "accuracy", "Accuracy", "accuracy", true, accuracy,
                             votes ? 3 : 2, err);
    if (!status)
        status = write_chart(folder, "learning_rate", "Learning rate at the end of each epoch",
                             "learning rate", false, &rate, 1, err);
    return status;
}

mien_status training_report_write(const struct training_history *history,
                                  const struct recipe *recipe, const char *folder, mien_error *err)
{
    char *csv = training_history_csv(history);
    double *values = NULL;
    mien_status status;

    if (!csv)
        return error_memory(err, 4096);
    if (mkdir(folder, 0777) && errno != EEXIST)
        status = error_set(err, MIEN_EIO, "%s: %s", folder, strerror(errno));
    else
        status = write_text(folder, "history.csv", csv, err);
    free(csv);
    if (!status)
        status = columns_new(history, recipe, &values, err);
    if (status)
        return status;
    status =
        write_charts(values, (size_t)history->count, history->epochs[0].has_votes, folder, err);
    free(values);
    return status;
}
