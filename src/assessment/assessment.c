/* assessment.c - run a model on rows and measure its answers.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "assessment/assessment.h"

#include <stdio.h>
#include <stdlib.h>

#include "evaluation/prediction.h"

enum { INTERVAL_SEED = 1 };

static mien_status predict(struct assessment *a, struct thread_pool *pool, mien_error *err)
{
    const struct assessment_subject *s = &a->subject;
    const struct network *network = s->model->network;
    int output = architecture_find_output(network->architecture, "expression");
    size_t bytes = s->count * a->classes * sizeof *a->probabilities;

    a->probabilities = malloc(bytes);
    if (!a->probabilities)
        return error_memory(err, bytes);
    return predict_probabilities(network, pool, s->dataset, s->rows, s->count, output,
                                 a->probabilities, err);
}

/* The figures of the pictures that `choice` leaves. */
static mien_status measure_choice(struct assessment *a, enum assessment_choice choice,
                                  struct thread_pool *pool, mien_error *err)
{
    size_t count = a->subject.count, kept = 0;
    enum picture_past worst = choice == WITHOUT_IDENTICAL ? PAST_IDENTICAL : PAST_NEAR;
    float *probabilities = malloc(count * a->classes * sizeof *probabilities);
    uint16_t *labels = malloc(count * sizeof *labels);
    struct answers answers = {0};
    mien_status status = MIEN_OK;

    if (!probabilities || !labels)
        status = error_memory(err, count * a->classes * sizeof *probabilities);
    for (size_t i = 0; i < count && !status; i++)
        if (a->provenance.past[i] > worst) {
            for (size_t c = 0; c < a->classes; c++)
                probabilities[kept * a->classes + c] = a->probabilities[i * a->classes + c];
            labels[kept++] = a->subject.labels[i];
        }
    a->choice_count[choice] = kept;
    if (!status && kept > 0 && kept < count)
        status = answers_new(probabilities, labels, kept, a->classes, &answers, err);
    if (answers.count) {
        for (size_t i = 0; i < kept; i++)
            a->choice_correct[choice] += answers.predicted[i] == labels[i];
        status = intervals_new(&answers, INTERVAL_SEED, pool, a->choices[choice], err);
    }
    answers_free(&answers);
    free(probabilities);
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
        status = intervals_new(&a->answers, INTERVAL_SEED, pool, a->intervals, err);
    if (!status)
        calibration_measure(a->probabilities, s->labels, s->count, a->classes, &a->calibration);
    return status;
}

mien_status assessment_new(const struct assessment_subject *subject, struct thread_pool *pool,
                           struct assessment *ret_assessment, mien_error *err)
{
    struct assessment a = {.subject = *subject, .classes = model_label_count(subject->model)};
    mien_status status = predict(&a, pool, err);

    if (!status)
        status = measure(&a, pool, err);
    if (!status)
        status = provenance_new(subject->model, subject->dataset, subject->split, subject->rows,
                                subject->count, pool, &a.provenance, err);
    for (int choice = 0; choice < ASSESSMENT_CHOICES && !status; choice++)
        status = measure_choice(&a, (enum assessment_choice)choice, pool, err);
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
    free(assessment->probabilities);
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
