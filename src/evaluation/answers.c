/* answers.c - the headline figures from weighted pictures.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "evaluation/answers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "evaluation/calibration.h"
#include "evaluation/curves.h"
#include "evaluation/metrics.h"
#include "network/softmax.h"

static const struct {
    const char *name, *key;
    bool less_is_better;
} kinds[FIGURES] = {
    [FIGURE_ACCURACY] = {"accuracy", "accuracy", false},
    [FIGURE_BALANCED_ACCURACY] = {"balanced accuracy", "balanced_accuracy", false},
    [FIGURE_MACRO_F1] = {"macro F1", "macro_f1", false},
    [FIGURE_TOP2] = {"top-2 accuracy", "top2_accuracy", false},
    [FIGURE_MATTHEWS] = {"Matthews correlation", "matthews_correlation", false},
    [FIGURE_KAPPA] = {"Cohen's kappa", "cohens_kappa", false},
    [FIGURE_ROC_AREA] = {"area under ROC", "roc_area", false},
    [FIGURE_PR_AREA] = {"area under precision-recall", "precision_recall_area", false},
    [FIGURE_LOG_LOSS] = {"log loss", "log_loss", true},
    [FIGURE_BRIER] = {"Brier score", "brier_score", true},
    [FIGURE_ECE] = {"calibration error (ECE)", "calibration_error", true},
};

const char *figure_name(enum figure figure)
{
    return kinds[figure].name;
}

const char *figure_key(enum figure figure)
{
    return kinds[figure].key;
}

bool figure_less_is_better(enum figure figure)
{
    return kinds[figure].less_is_better;
}

/* Which class a column of probabilities is sorted by. */
struct sorting {
    const struct answers *answers;
    size_t class;
};

static int more_probable_first(const void *left, const void *right, void *context)
{
    const struct sorting *s = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    const float *column = s->answers->probabilities + s->class;
    float p = column[a * s->answers->classes], q = column[b * s->answers->classes];

    if (p != q)
        return p > q ? -1 : 1;
    return a < b ? -1 : a > b;
}

static bool allocate(struct answers *a)
{
    size_t cells;

    if (!mul_size(a->count, a->classes * sizeof *a->order, &cells))
        return false;
    a->predicted = malloc(a->count * sizeof *a->predicted);
    a->confidence = malloc(a->count * sizeof *a->confidence);
    a->loss = malloc(a->count * sizeof *a->loss);
    a->brier = malloc(a->count * sizeof *a->brier);
    a->in_two = malloc(a->count * sizeof *a->in_two);
    a->bin = malloc(a->count);
    a->order = malloc(cells);
    return a->predicted && a->confidence && a->loss && a->brier && a->in_two && a->bin && a->order;
}

static void prepare(struct answers *a)
{
    for (size_t i = 0; i < a->count; i++) {
        const float *row = a->probabilities + i * a->classes;
        size_t predicted = largest_index(row, a->classes);
        a->predicted[i] = (uint16_t)predicted;
        a->confidence[i] = row[predicted];
        a->loss[i] = (float)log_loss_of(row[a->labels[i]]);
        a->brier[i] = (float)brier_of(row, a->classes, a->labels[i]);
        a->in_two[i] = among_two(row, a->classes, a->labels[i]);
        a->bin[i] = (uint8_t)calibration_bin(row[predicted]);
    }
    for (size_t c = 0; c < a->classes; c++) {
        struct sorting sorting = {a, c};
        uint32_t *order = a->order + c * a->count;
        for (size_t i = 0; i < a->count; i++)
            order[i] = (uint32_t)i;
        qsort_r(order, a->count, sizeof *order, more_probable_first, &sorting);
    }
}

mien_status answers_new(const float *probabilities, const uint16_t *labels, size_t count,
                        size_t classes, struct answers *ret_answers, mien_error *err)
{
    struct answers a = {
        .count = count, .classes = classes, .probabilities = probabilities, .labels = labels};

    if (count == 0)
        return error_set(err, MIEN_EINVAL, "no pictures to evaluate");
    if (!allocate(&a)) {
        answers_free(&a);
        return error_memory(err, count * classes * sizeof *a.order);
    }
    prepare(&a);
    *ret_answers = a;
    return MIEN_OK;
}

void answers_free(struct answers *answers)
{
    free(answers->predicted);
    free(answers->confidence);
    free(answers->loss);
    free(answers->brier);
    free(answers->in_two);
    free(answers->bin);
    free(answers->order);
    *answers = (struct answers){0};
}

static double mean_area(const struct answers *a, const uint16_t *weights, enum curve_kind kind)
{
    double sum = 0, classes = 0;

    for (size_t c = 0; c < a->classes; c++) {
        double area = curve_area(a, weights, c, kind);
        if (!isnan(area)) {
            sum += area;
            classes++;
        }
    }
    return classes > 0 ? sum / classes : NAN;
}

void answers_figures(const struct answers *a, const uint16_t *weights, size_t *confusion,
                     double ret_figures[FIGURES])
{
    struct calibration_bin bins[CALIBRATION_BINS] = {{0}};
    struct confusion_rates rates;
    double in_two = 0, loss = 0, brier = 0, count = 0;

    memset(confusion, 0, a->classes * a->classes * sizeof *confusion);
    for (size_t i = 0; i < a->count; i++) {
        size_t weight = weights ? weights[i] : 1;
        struct calibration_bin *bin = &bins[a->bin[i]];
        confusion[a->labels[i] * a->classes + a->predicted[i]] += weight;
        bin->count += weight;
        bin->correct += a->predicted[i] == a->labels[i] ? weight : 0;
        bin->confidence += (double)weight * (double)a->confidence[i];
        in_two += a->in_two[i] ? (double)weight : 0;
        loss += (double)weight * (double)a->loss[i];
        brier += (double)weight * (double)a->brier[i];
        count += (double)weight;
    }
    confusion_rate(confusion, a->classes, &rates);
    ret_figures[FIGURE_ACCURACY] = rates.accuracy;
    ret_figures[FIGURE_BALANCED_ACCURACY] = rates.balanced_accuracy;
    ret_figures[FIGURE_MACRO_F1] = rates.macro_f1;
    ret_figures[FIGURE_MATTHEWS] = rates.matthews;
    ret_figures[FIGURE_KAPPA] = rates.kappa;
    ret_figures[FIGURE_TOP2] = in_two / count;
    ret_figures[FIGURE_LOG_LOSS] = loss / count;
    ret_figures[FIGURE_BRIER] = brier / count;
    ret_figures[FIGURE_ECE] = calibration_error(bins);
    ret_figures[FIGURE_ROC_AREA] = mean_area(a, weights, CURVE_ROC);
    ret_figures[FIGURE_PR_AREA] = mean_area(a, weights, CURVE_PRECISION_RECALL);
}
