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

/* The columns of a history, an array each. */
struct columns {
    size_t count;
    double *loss, *accuracy, *validation_loss, *validation_accuracy, *votes_loss, *votes_accuracy,
        *rate;
    double *both;   /* validation losses of all outputs by their weights, as `loss` is */
    double *memory; /* private: all of them */
};

enum { COLUMNS = 8 };

static mien_status columns_new(const struct training_history *history, const struct recipe *recipe,
                               struct columns *ret_columns, mien_error *err)
{
    size_t n = (size_t)history->count;
    double *m = calloc(n * COLUMNS + 1, sizeof *m);
    struct columns c = {n,         m,         m + n,     m + 2 * n, m + 3 * n,
                        m + 4 * n, m + 5 * n, m + 6 * n, m + 7 * n, m};

    if (!m)
        return error_memory(err, n * COLUMNS * sizeof *m);
    for (size_t i = 0; i < n; i++) {
        const struct training_epoch *e = &history->epochs[i];
        c.loss[i] = e->loss;
        c.accuracy[i] = e->accuracy;
        c.validation_loss[i] = e->validation_loss;
        c.validation_accuracy[i] = e->validation_accuracy;
        c.votes_loss[i] = e->votes_loss;
        c.votes_accuracy[i] = e->votes_accuracy;
        c.rate[i] = e->learning_rate;
        c.both[i] = (double)recipe->expression_weight * e->validation_loss;
        if (e->has_votes)
            c.both[i] += (double)recipe->votes_weight * e->votes_loss;
    }
    *ret_columns = c;
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

static mien_status write_charts(const struct columns *c, bool votes, const char *folder,
                                mien_error *err)
{
    const struct chart_series loss[] = {
        {.name = votes ? "training, both outputs" : "training", .y = c->loss, .count = c->count},
        {.name = votes ? "validation, both" : "validation", .y = c->both, .count = c->count},
        {.name = "validation, labels", .y = c->validation_loss, .count = c->count, .dashed = true},
        {.name = "validation, votes", .y = c->votes_loss, .count = c->count, .dashed = true},
    };
    const struct chart_series accuracy[] = {
        {.name = "training", .y = c->accuracy, .count = c->count},
        {.name = "validation", .y = c->validation_accuracy, .count = c->count},
        {.name = "validation, votes", .y = c->votes_accuracy, .count = c->count, .dashed = true},
    };
    const struct chart_series rate = {.y = c->rate, .count = c->count};
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
    struct columns columns = {0};
    mien_status status;

    if (!csv)
        return error_memory(err, 4096);
    if (mkdir(folder, 0777) && errno != EEXIST)
        status = error_set(err, MIEN_EIO, "%s: %s", folder, strerror(errno));
    else
        status = write_text(folder, "history.csv", csv, err);
    free(csv);
    if (!status)
        status = columns_new(history, recipe, &columns, err);
    if (status)
        return status;
    status = write_charts(&columns, history->epochs[0].has_votes, folder, err);
    free(columns.memory);
    return status;
}
