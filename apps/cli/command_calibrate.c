/* command_calibrate.c - `mien calibrate`: measure what a model's answers are worth, and write it
 * into the model (network/answer_rules.h).
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "command.h"
#include "data_options.h"
#include "dataset/votes.h"
#include "evaluation/prediction.h"
#include "evaluation/rule_fit.h"
#include "measured_rows.h"
#include "model_story.h"
#include "network/softmax.h"
#include "output.h"
#include "path_name.h"

struct values {
    struct data_values data;
    const char *out, *part, *votes;
    int64_t jobs;
    double accuracy;
    bool force, json;
};

static const struct values defaults = {
    .data = DATA_DEFAULTS, .part = "validation", .accuracy = 0.8};

static const struct option options[] = {
    {"out", 'o', "FILE", "the calibrated model; may be MODEL itself, with --force",
     OPTION_STRING(struct values, out), .required = true},
    {"accuracy", 0, "A", "how often certain answers must be right; the others are uncertain",
     OPTION_NUMBER(struct values, accuracy, 0.01, 1)},
    {"part", 0, "PARTS", "what to measure on: validation, train, test, or several joined by +",
     OPTION_STRING(struct values, part)},
    {"votes", 0, "FILE", "FER+ votes of the same rows (fer2013new.csv): calibrate that output, too",
     OPTION_STRING(struct values, votes)},
    DATA_OPTIONS(struct values),
    DATA_OPTION_EXCLUDE(struct values),
    OPTION_JOBS(struct values),
    OPTION_FORCE(struct values),
    OPTION_JSON(struct values),
    {0},
};

struct work {
    const struct command_line *line;
    const struct values *values;
    struct thread_pool *pool;
    struct model *model;
    struct data data;
    struct measured_rows measured;
    struct votes votes;
    struct rule_fit expression, by_votes;
    struct face_fit face;
    char sha256[SHA256_TEXT];
};

static mien_status fit_expression(struct work *w, const struct predictions *logits, mien_error *err)
{
    int output = architecture_find_output(w->model->architecture, "expression");

    return rule_fit(logits->values[output], w->measured.labels, w->measured.count,
                    logits->width[output], w->values->accuracy, &w->expression, err);
}

/* The pictures on whose expression the taggers agree: the eight expressions' logits are moved to
 * the front of `logits`, and the expression to `labels`; returns how many. */
static size_t choose_agreed(const struct work *w, float *logits, uint16_t *labels)
{
    size_t count = 0;

    for (size_t i = 0; i < w->measured.count; i++) {
        int majority = votes_majority(votes_of(&w->votes, w->measured.rows[i]));
        if (majority < 0)
            continue;
        memmove(logits + count * DATASET_EXPRESSIONS_PLUS, logits + i * VOTES_COLUMNS,
                DATASET_EXPRESSIONS_PLUS * sizeof *logits);
        labels[count++] = (uint16_t)majority;
    }
    return count;
}

/* Pictures that no tagger took for something else are faces; those that most did are none. */
static mien_status fit_face(struct work *w, const float *logits, double temperature,
                            mien_error *err)
{
    float *none = calloc(w->measured.count, sizeof *none);
    bool *is_face = calloc(w->measured.count, sizeof *is_face);
    mien_status status;
    size_t count = 0;

    for (size_t i = 0; none && is_face && i < w->measured.count; i++) {
        int votes = votes_of(&w->votes, w->measured.rows[i])[VOTES_NOT_A_FACE];
        float shares[VOTES_COLUMNS];
        if (votes > 0 && votes <= 5)
            continue;
        softmax(logits + i * VOTES_COLUMNS, VOTES_COLUMNS, (float)temperature, shares);
        none[count] = shares[VOTES_NOT_A_FACE];
        is_face[count++] = votes == 0;
    }
    status = none && is_face ? face_fit(none, is_face, count, &w->face, err)
                             : error_memory(err, w->measured.count * sizeof *none);
    free(none);
    free(is_face);
    return status;
}

static mien_status fit_votes(struct work *w, const struct predictions *said, mien_error *err)
{
    int output = architecture_find_output(w->model->architecture, "votes");
    const float *logits = said->values[output];
    size_t bytes = w->measured.count * said->width[output] * sizeof *logits;
    float *agreed = malloc(bytes);
    uint16_t *labels = malloc(w->measured.count * sizeof *labels);
    mien_status status;

    if (!agreed || !labels) {
        status = error_memory(err, bytes);
    } else {
        memcpy(agreed, logits, bytes);
        status = rule_fit(agreed, labels, choose_agreed(w, agreed, labels),
                          DATASET_EXPRESSIONS_PLUS, w->values->accuracy, &w->by_votes, err);
    }
    if (!status)
        status = fit_face(w, logits, w->by_votes.temperature, err);
    free(agreed);
    free(labels);
    return status;
}

static void tell_rule(struct model_story *story, const struct rule_fit *fit,
                      const char *temperature, const char *uncertain, const char *measured)
{
    model_story_tell(story, temperature, "%.4f", fit->temperature);
    model_story_tell(story, uncertain, "%.9g", fit->uncertain_below);
    model_story_tell(
        story, measured,
        "%zu pictures; calibration error %.4f, before %.4f; certain %.1f%%, of these right %.1f%%",
        fit->count, fit->error, fit->error_before, 100 * fit->coverage, 100 * fit->accuracy);
}

/* The model's story with the new rules in place of old ones. */
static void tell_rules(const struct work *w, struct model_story *story)
{
    const struct values *v = w->values;
    struct text split = {0};

    data_split_describe(&v->data, &split);
    model_story_tell_name(story, v->out);
    model_story_tell(story, "calibrated on", "%s of %s, split %s", v->part,
                     path_name(w->line->arguments[1]), split.data ? split.data : "");
    story->failed |= split.failed;
    text_free(&split);
    tell_rule(story, &w->expression, RULE_TEMPERATURE, RULE_UNCERTAIN, "calibration");
    if (v->votes) {
        tell_rule(story, &w->by_votes, RULE_VOTES_TEMPERATURE, RULE_VOTES_UNCERTAIN,
                  "votes calibration");
        model_story_tell(story, RULE_NOT_A_FACE, "%.9g", w->face.above);
        model_story_tell(story, "not a face", "noticed %zu of %zu, refused %zu of %zu faces",
                         w->face.noticed, w->face.others, w->face.refused, w->face.faces);
    }
}

static mien_status write_model(struct work *w, mien_error *err)
{
    struct model_description description = w->model->file->content;
    struct model_story story = {0};
    mien_status status;

    model_story_copy(&story, &description);
    tell_rules(w, &story);
    description.about = story.about;
    description.about_count = story.count;
    status = model_story_check(&story, err);
    if (!status)
        status = model_file_write(w->values->out, &description, w->sha256, err);
    model_story_free(&story);
    return status;
}

static void print_rule(const char *name, const struct rule_fit *fit)
{
    printf("%s\n", name);
    printf("  pictures           %zu\n", fit->count);
    printf("  temperature        %.4f\n", fit->temperature);
    printf("  calibration error  %.4f, before %.4f\n", fit->error, fit->error_before);
    printf("  log loss           %.4f, before %.4f\n", fit->loss, fit->loss_before);
    printf(
        "  uncertain below    %.4f: %.1f%% of the answers are certain, and %.1f%% of these right\n",
        fit->uncertain_below, 100 * fit->coverage, 100 * fit->accuracy);
}

static void print(const struct work *w)
{
    print_rule("expression", &w->expression);
    if (w->values->votes) {
        print_rule("votes", &w->by_votes);
        printf("not a face above     %.4f: %zu of %zu pictures without a face, %zu of %zu faces\n",
               w->face.above, w->face.noticed, w->face.others, w->face.refused, w->face.faces);
    }
    printf("model                %s, sha256 %s\n", w->values->out, w->sha256);
}

static json_t *rule_json(const struct rule_fit *fit)
{
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "pictures",
                     (json_int_t)fit->count, "temperature", output_number(fit->temperature),
                     "calibration_error", output_number(fit->error), "calibration_error_before",
                     output_number(fit->error_before), "log_loss", output_number(fit->loss),
                     "log_loss_before", output_number(fit->loss_before), "uncertain_below",
                     output_number(fit->uncertain_below), "coverage", output_number(fit->coverage),
                     "accuracy", output_number(fit->accuracy));
}

static json_t *face_json(const struct face_fit *fit)
{
    return json_pack("{s:o, s:I, s:I, s:I, s:I}", "above", output_number(fit->above), "faces",
                     (json_int_t)fit->faces, "refused", (json_int_t)fit->refused, "others",
                     (json_int_t)fit->others, "noticed", (json_int_t)fit->noticed);
}

static mien_status print_json(const struct work *w, mien_error *err)
{
    json_t *object = json_pack("{s:o}", "expression", rule_json(&w->expression));

    if (w->values->votes) {
        json_object_set_new(object, "votes", rule_json(&w->by_votes));
        json_object_set_new(object, "not_a_face", face_json(&w->face));
    }
    json_object_set_new(
        object, "model",
        json_pack("{s:o, s:s}", "file", output_string(w->values->out), "sha256", w->sha256));
    return output_json(object, err);
}

/* Of pictures that the model was trained on, its answers are better than of any others. */
static mien_status warn_of_past(const struct work *w, mien_error *err)
{
    struct provenance provenance = {0};
    mien_status status =
        provenance_new(w->model, &w->data.dataset, &w->data.split, w->measured.rows,
                       w->measured.count, w->pool, &provenance, err);

    if (!status)
        measured_rows_warn(w->line, w->line->arguments[0], &provenance);
    provenance_free(&provenance);
    return status;
}

static mien_status fit(struct work *w, mien_error *err)
{
    const struct values *v = w->values;
    struct predictions logits = {0};
    mien_status status = measured_rows_new(w->line, w->model, w->line->arguments[0], &w->data,
                                           v->part, NULL, &w->measured, err);

    if (!status)
        status = warn_of_past(w, err);
    if (!status && v->votes)
        status = votes_open(v->votes, w->data.dataset.count, &w->votes, err);
    if (!status)
        status = predict_logits(w->model->network, w->pool, &w->data.dataset, w->measured.rows,
                                w->measured.count, &logits, err);
    if (!status)
        status = fit_expression(w, &logits, err);
    if (!status && v->votes)
        status = fit_votes(w, &logits, err);
    predictions_free(&logits);
    return status;
}

static mien_status calibrate(struct work *w, mien_error *err)
{
    mien_status status = fit(w, err);

    if (!status)
        status = write_model(w, err);
    if (status)
        return status;
    if (w->values->json)
        return print_json(w, err);
    print(w);
    return MIEN_OK;
}

/* Everything that can be refused before the data set is read. */
static mien_status prepare(struct work *w, mien_error *err)
{
    const char *name = w->line->arguments[0];
    mien_status status = output_check_new(w->values->out, w->values->force, err);
    int votes;

    if (!status)
        status = thread_pool_new((int)w->values->jobs, &w->pool, err);
    if (!status)
        status = model_open(name, &w->model, err);
    if (!status)
        status = measured_model_check(w->model, name, err);
    if (status || !w->values->votes)
        return status;
    votes = architecture_find_output(w->model->architecture, "votes");
    if (votes < 0 || shape_count(w->model->architecture->outputs[votes].shape) != VOTES_COLUMNS)
        return error_set(err, MIEN_EINVAL,
                         "--votes: %s has no output \"votes\" of %d numbers to calibrate", name,
                         VOTES_COLUMNS);
    return MIEN_OK;
}

static int work(struct work *w)
{
    const struct values *v = w->values;
    struct data_request request = {.path = w->line->arguments[1],
                                   .values = v->data,
                                   .pool = w->pool,
                                   .size = architecture_input(w->model->architecture).W};
    mien_error err;
    int exit_status = data_open(w->line, &request, &w->data);

    if (exit_status)
        return exit_status;
    if (calibrate(w, &err))
        exit_status = command_failed(w->line, &err);
    votes_close(&w->votes);
    measured_rows_free(&w->measured);
    data_close(&w->data);
    return exit_status;
}

static int run(const struct command_line *line)
{
    struct work w = {.line = line, .values = line->values};
    mien_error err;
    int exit_status;

    if (w.values->votes && w.values->data.skip_bad)
        return command_wrong_usage(
            line, "--votes: it names rows by their place, so --skip-bad cannot leave any out");
    exit_status = prepare(&w, &err) ? command_failed(line, &err) : work(&w);
    model_close(w.model);
    thread_pool_free(w.pool);
    return exit_status;
}

const struct command command_calibrate = {
    .name = "calibrate",
    .summary = "Make a model's probabilities true, and tell it when to be uncertain.",
    .arguments = "MODEL DATASET",
    .details =
        "Measures, on pictures that the model was not trained on, by what its logits must be\n"
        "divided for its probabilities to say how often it is right, and below which\n"
        "probability an answer is uncertain. Of a model that learned FER+'s votes, with --votes,\n"
        "the same for the eight expressions, and above which probability there is no face.\n"
        "\n"
        "Writes the model with these rules, which every other command then follows. The answers\n"
        "stay the same, and so do the weights; docs/calibration.md tells more.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};
