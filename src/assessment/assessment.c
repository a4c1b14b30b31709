/* assessment.c - run a model on rows and measure its answers.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "assessment/assessment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mien_status predict(struct assessment *a, struct thread_pool *pool, mien_error *err)
{
    const struct assessment_subject *s = &a->subject;
    const struct network *network = s->model->network;
    mien_status status =
        predict_logits(network, pool, s->dataset, s->rows, s->count, &a->said, err);

    if (status)
        return status;
    predictions_soften(&a->said, network);
    a->probabilities = a->said.values[a->output];
    return MIEN_OK;
}

mien_status chosen_figures_new(const struct answers *answers, struct thread_pool *pool,
                               struct chosen_figures *ret_figures, mien_error *err)
{
    struct chosen_figures f = {.count = answers->count};
    mien_status status = intervals_new(answers, pool, f.intervals, err);

    for (size_t i = 0; i < answers->count; i++)
        f.correct += answers->predicted[i] == answers->labels[i];
    if (!status)
        *ret_figures = f;
    return status;
}

mien_status assessment_choose(const struct assessment *a, const float *probabilities,
                              enum assessment_choice choice, struct thread_pool *pool,
                              struct chosen_figures *ret_figures, mien_error *err)
{
    size_t count = a->subject.count, kept = 0;
    enum picture_past worst = choice == WITHOUT_IDENTICAL ? PAST_IDENTICAL : PAST_NEAR;
    float *left = malloc(count * a->classes * sizeof *left);
    uint16_t *labels = malloc(count * sizeof *labels);
    struct answers answers = {0};
    mien_status status = MIEN_OK;

    *ret_figures = (struct chosen_figures){0};
    if (!left || !labels)
        status = error_memory(err, count * a->classes * sizeof *left);
    for (size_t i = 0; i < count && !status; i++)
        if (a->provenance.past[i] > worst) {
            memcpy(left + kept * a->classes, probabilities + i * a->classes,
                   a->classes * sizeof *left);
            labels[kept++] = a->subject.labels[i];
        }
    if (!status && kept > 0 && kept < count) {
        status = answers_new(left, labels, kept, a->classes, &answers, err);
        if (!status)
            status = chosen_figures_new(&answers, pool, ret_figures, err);
    }
    answers_free(&answers);
    free(left);
    free(labels);
    return status;
}

static mien_status measure(struct assessment *a, struct thread_pool *pool, mien_error *err)
{
    const struct assessment_subject *s = &a->subject;
    mien_status status =
        answers_new(a->probabilities, s->labels, s->count, a->classes, &a->answers, err);

    if (!status)
        status = metrics_new(a->probabilities, s->labels, s->count, a->classes, &a->metrics, err);
    if (!status)
        status = coverage_new(a->probabilities, s->labels, s->count, a->classes, &a->coverage, err);
    if (!status)
        status = intervals_new(&a->answers, pool, a->intervals, err);
    if (!status)
        calibration_measure(a->probabilities, s->labels, s->count, a->classes, &a->calibration);
    return status;
}

mien_status assessment_new(const struct assessment_subject *subject, struct thread_pool *pool,
                           struct assessment *ret_assessment, mien_error *err)
{
    struct assessment a = {
        .subject = *subject,
        .output = architecture_find_output(subject->model->architecture, "expression"),
        .classes = model_label_count(subject->model),
    };
    mien_status status = predict(&a, pool, err);

    if (!status)
        status = measure(&a, pool, err);
    if (!status)
        status = provenance_new(subject->model, subject->dataset, subject->split, subject->rows,
                                subject->count, pool, &a.provenance, err);
    for (int choice = 0; choice < ASSESSMENT_CHOICES && !status; choice++)
        status = assessment_choose(&a, a.probabilities, (enum assessment_choice)choice, pool,
                                   &a.choices[choice], err);
    if (status)
        assessment_free(&a);
    else
        *ret_assessment = a;
    return status;
}

void assessment_free(struct assessment *assessment)
{
    answers_free(&assessment->answers);
    metrics_free(assessment->metrics);
    coverage_free(&assessment->coverage);
    provenance_free(&assessment->provenance);
    predictions_free(&assessment->said);
    *assessment = (struct assessment){0};
}

size_t assessment_mistakes(const struct assessment *assessment, int actual, int predicted,
                           uint32_t *ret_pictures, size_t most)
{
    const struct answers *a = &assessment->answers;
    size_t count = 0;

    for (size_t i = 0; i < a->count; i++) {
        size_t at;
        if (a->predicted[i] == a->labels[i] || (actual >= 0 && a->labels[i] != actual) ||
            (predicted >= 0 && a->predicted[i] != predicted))
            continue;
        for (at = count; at > 0 && a->confidence[ret_pictures[at - 1]] < a->confidence[i]; at--)
            if (at < most)
                ret_pictures[at] = ret_pictures[at - 1];
        if (at < most)
            ret_pictures[at] = (uint32_t)i;
        count += count < most;
    }
    return count;
}

size_t assessment_confused(const struct assessment *assessment, struct confused_pair *ret_pairs,
                           size_t most)
{
    size_t classes = assessment->classes, count = 0;

    for (size_t cell = 0; cell < classes * classes; cell++) {
        struct confused_pair pair = {cell / classes, cell % classes,
                                     assessment->metrics->confusion[cell]};
        size_t at;
        if (pair.actual == pair.predicted || pair.count == 0)
            continue;
        for (at = count; at > 0 && ret_pairs[at - 1].count < pair.count; at--)
            if (at < most)
                ret_pairs[at] = ret_pairs[at - 1];
        if (at < most)
            ret_pairs[at] = pair;
        count += count < most;
    }
    return count;
}

void assessment_verdict(const struct assessment *a, const struct assessment *b,
                        const struct comparison *c, char ret_text[512])
{
    const struct interval *accuracy = &c->difference[FIGURE_ACCURACY];
    const char *better = accuracy->value < 0 ? a->subject.model_name : b->subject.model_name;

    if (c->mcnemar < COMPARISON_LEVEL)
        snprintf(ret_text, 512,
                 "They differ: %s is right more often, and chance alone would make such a "
                 "difference with probability %.2g (McNemar).",
                 better, c->mcnemar);
    else
        snprintf(ret_text, 512,
                 "No difference in accuracy is shown: chance alone would make such a one with "
                 "probability %.2g (McNemar).",
                 c->mcnemar);
}
