/* command_evaluate.c - `mien evaluate`: how good a model is on a part of a data set, or which of
 * two is better.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assessment/view_figures.h"
#include "command.h"
#include "data_options.h"
#include "data_parts.h"
#include "evaluation/robustness.h"
#include "evaluation_text.h"
#include "measured_rows.h"
#include "network/model.h"
#include "output.h"
#include "path_name.h"
#include "terminal.h"

enum { MODELS_MAX = 2 };

struct values {
    struct data_values data;
    const char *out, *part, *map, *votes;
    int64_t jobs;
    bool augment, robustness, force, json;
};

static const struct values defaults = {.data = DATA_DEFAULTS, .part = "test"};

static const struct option options[] = {
    {"out", 'o', "DIR", "folder for report.html, the figures and summary.json; made if missing",
     OPTION_STRING(struct values, out)},
    {"part", 0, "PARTS", "train, validation, test, or several joined by +",
     OPTION_STRING(struct values, part)},
    DATA_OPTIONS(struct values),
    DATA_OPTION_EXCLUDE(struct values),
    {"map", 0, "FILE",
     "lines \"NAME = LABEL\" for labels that are not the model's (\"NAME = -\": "
     "left out), or an order: fer2013, fer+, affectnet, raf-db",
     OPTION_STRING(struct values, map)},
    {"votes", 0, "FILE", "FER+ votes of the same rows (fer2013new.csv)",
     OPTION_STRING(struct values, votes)},
    {"augment", 0, NULL,
     "also measure answers that are the mean over several views of a picture: its "
     "mirror image, ten crops",
     OPTION_FLAG(struct values, augment)},
    {"robustness", 0, NULL,
     "also measure on pictures made worse: moved, dark, blurred, covered ...",
     OPTION_FLAG(struct values, robustness)},
    OPTION_JOBS(struct values),
    OPTION_FORCE(struct values),
    OPTION_JSON(struct values),
    {0},
};

/* Everything that an evaluation needs, released in one place. */
struct work {
    const struct command_line *line;
    const struct values *values;
    struct thread_pool *pool;
    struct model *models[MODELS_MAX];
    size_t model_count;
    struct data data;
    struct measured_rows measured;
    struct assessment assessments[MODELS_MAX];
    struct comparison comparison;
    struct votes votes;
    struct vote_figures vote_figures;
    struct view_figures views[VIEW_SETS];
    struct robustness robustness;
    const char *passing; /* what the passes under way are for */
};

static const char *data_path(const struct command_line *line)
{
    return line->arguments[line->argument_count - 1];
}

/* What is wrong with figures of a model on pictures that it has seen. */
static void warn_of_past(const struct work *w, const struct assessment *a)
{
    const struct provenance *p = &a->provenance;

    measured_rows_warn(w->line, a->subject.model_name, p);
    if (p->chose)
        command_warn(w->line,
                     "%zu of these %zu pictures chose the epoch of %s, which flatters it: "
                     "report on the test part",
                     p->chose, p->count, a->subject.model_name);
}

static mien_status assess(struct work *w, size_t number, mien_error *err)
{
    const struct assessment_subject subject = {
        .model_name = w->line->arguments[number],
        .model = w->models[number],
        .source = path_name(data_path(w->line)),
        .part = w->values->part,
        .split_name = w->values->data.split,
        .dataset = &w->data.dataset,
        .split = &w->data.split,
        .rows = w->measured.rows,
        .labels = w->measured.labels,
        .count = w->measured.count,
    };
    mien_status status = assessment_new(&subject, w->pool, &w->assessments[number], err);

    if (!status)
        warn_of_past(w, &w->assessments[number]);
    return status;
}

/* The second model has the labels of the first, in their order. */
static mien_status check_same_labels(const struct work *w, mien_error *err)
{
    const struct model *a = w->models[0], *b = w->models[1];
    mien_status status = measured_model_check(b, w->line->arguments[1], err);
    bool same = model_label_count(a) == model_label_count(b);

    for (size_t i = 0; !status && same && i < model_label_count(a); i++)
        same = strcmp(model_label(a, i), model_label(b, i)) == 0;
    if (!status && !same)
        return error_set(err, MIEN_EINVAL,
                         "%s and %s have other labels: only models of the same labels can be "
                         "compared",
                         w->line->arguments[0], w->line->arguments[1]);
    return status;
}

static bool show_pass(void *context, int pass, int passes)
{
    const struct work *w = context;

    progress_show("%s: pass %d of %d", w->passing, pass + 1, passes);
    return !stop_requested();
}

/* What takes many passes. */
static mien_status measure_again(struct work *w, mien_error *err)
{
    const struct values *v = w->values;
    mien_status status = MIEN_OK;

    if (v->augment || v->robustness)
        stop_listen();
    w->passing = "augmentation";
    if (v->augment)
        status = view_figures_new(&w->assessments[0], v->votes ? &w->votes : NULL, w->pool,
                                  show_pass, w, w->views, err);
    w->passing = "robustness";
    if (!status && v->robustness)
        status = robustness_measure(w->models[0]->network, w->pool, &w->data.dataset,
                                    w->measured.rows, w->measured.labels, w->measured.count,
                                    show_pass, w, &w->robustness, err);
    return status;
}

static mien_status measure(struct work *w, mien_error *err)
{
    mien_status status = MIEN_OK;

    if (w->model_count == 2)
        status = check_same_labels(w, err);
    if (!status)
        status = measured_rows_new(w->line, w->models[0], w->line->arguments[0], &w->data,
                                   w->values->part, w->values->map, &w->measured, err);
    if (!status && w->values->votes)
        status = votes_open(w->values->votes, w->data.dataset.count, &w->votes, err);
    for (size_t m = 0; m < w->model_count && !status; m++)
        status = assess(w, m, err);
    if (!status && w->model_count == 2)
        status = comparison_new(&w->assessments[0].answers, &w->assessments[1].answers, w->pool,
                                &w->comparison, err);
    if (!status && w->values->votes)
        status =
            vote_figures_new(w->models[0], &w->assessments[0].said, &w->votes, w->measured.rows,
                             &w->assessments[0].provenance, w->pool, &w->vote_figures, err);
    return status ? status : measure_again(w, err);
}

/* Writes the page if a folder was named. */
static mien_status write_page(struct work *w, json_t **ret_summary, mien_error *err)
{
    const struct assessment_extras extras = {
        .votes = w->values->votes ? &w->vote_figures : NULL,
        .views = w->values->augment ? w->views : NULL,
        .robustness = w->values->robustness ? &w->robustness : NULL,
    };
    const char *folder = w->values->out;
    mien_status status = folder ? data_parts_make_folder(folder, err) : MIEN_OK;

    if (status)
        return status;
    return w->model_count == 2
               ? assessment_write_comparison(&w->assessments[0], &w->assessments[1], &w->comparison,
                                             folder, w->pool, ret_summary, err)
               : assessment_write(&w->assessments[0], &extras, folder, w->pool, ret_summary, err);
}

static mien_status tell(struct work *w, mien_error *err)
{
    json_t *summary = NULL;
    mien_status status = MIEN_OK;

    if (w->values->out || w->values->json)
        status = write_page(w, &summary, err);
    if (!status && w->values->json)
        return output_json(summary, err);
    json_decref(summary);
    if (status)
        return status;
    if (w->model_count == 2)
        evaluation_text_compare(&w->assessments[0], &w->assessments[1], &w->comparison);
    else
        status = evaluation_text_print(&w->assessments[0], err);
    if (!status && w->values->votes)
        evaluation_text_votes(&w->vote_figures);
    if (!status && w->values->augment)
        evaluation_text_views(w->views);
    if (!status && w->values->robustness)
        evaluation_text_robustness(&w->robustness);
    if (!status && w->values->out)
        printf("\nreport    %s/report.html\n", w->values->out);
    return status;
}

static int evaluate(struct work *w)
{
    const struct values *v = w->values;
    struct data_request request = {
        .path = data_path(w->line),
        .values = v->data,
        .pool = w->pool,
        .size = architecture_input(w->models[0]->architecture).W,
        .parts_optional = true,
    };
    mien_error err;
    int exit_status = data_open(w->line, &request, &w->data);

    if (exit_status)
        return exit_status;
    if (!w->data.dataset.has_parts && strcmp(v->data.split, defaults.data.split) == 0)
        command_warn(w->line, "%s names no parts: all of it is test", request.path);
    if (measure(w, &err) || tell(w, &err))
        exit_status = command_failed(w->line, &err);
    for (size_t m = 0; m < w->model_count; m++)
        assessment_free(&w->assessments[m]);
    vote_figures_free(&w->vote_figures);
    view_figures_free(w->views);
    votes_close(&w->votes);
    measured_rows_free(&w->measured);
    data_close(&w->data);
    return exit_status;
}

static mien_status prepare(struct work *w, mien_error *err)
{
    mien_status status = MIEN_OK;

    w->model_count = w->line->argument_count - 1;
    if (w->values->out)
        status = data_parts_check_folder(w->values->out, w->values->force, err);
    if (!status)
        status = thread_pool_new((int)w->values->jobs, &w->pool, err);
    for (size_t m = 0; m < w->model_count && !status; m++) {
        status = model_open(w->line->arguments[m], &w->models[m], err);
        if (!status)
            status = measured_model_check(w->models[m], w->line->arguments[m], err);
    }
    return status;
}

static int run(const struct command_line *line)
{
    struct work w = {.line = line, .values = line->values};
    mien_error err;
    int exit_status;

    if (line->argument_count > 2 && (w.values->votes || w.values->augment || w.values->robustness))
        return command_wrong_usage(line, "--votes, --augment and --robustness are for one model");
    if (w.values->votes && w.values->data.skip_bad)
        return command_wrong_usage(
            line, "--votes: it names rows by their place, so --skip-bad cannot leave any out");
    exit_status = prepare(&w, &err) ? command_failed(line, &err) : evaluate(&w);

    for (size_t m = 0; m < MODELS_MAX; m++)
        model_close(w.models[m]);
    thread_pool_free(w.pool);
    return exit_status;
}

const struct command command_evaluate = {
    .name = "evaluate",
    .summary = "Measure a model on a part of a data set, or compare two.",
    .arguments = "MODEL [MODEL] DATASET",
    .details =
        "MODEL is a file, or the name of a built-in model. DATASET is a FER2013 CSV, plain or\n"
        "packed, or a folder of pictures, <part>/<label>/*.png (or .jpg) or <label>/*.png.\n"
        "\n"
        "Every figure comes with a 95% interval by bootstrap, and the accuracy also without the\n"
        "pictures that have a twin in training. With two models, says whether they differ\n"
        "(McNemar's test, paired bootstrap). With --out, writes a page with confusion matrices,\n"
        "the most certain mistakes, ROC, calibration, and all figures as summary.json.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};
