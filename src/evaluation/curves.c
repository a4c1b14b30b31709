/* curves.c - walk the pictures by falling probability of a label.
 * SPDX-License-Identifier: MIT */
#include "evaluation/curves.h"

#include <math.h>
#include <stdlib.h>

/* What lies at or above the threshold so far. */
struct walk {
    const struct answers *answers;
    const uint16_t *weights;
    size_t label, at;
    double positives, negatives;
};

/* Lowers the threshold to the next probability that occurs; false at the end. Pictures of the
 * same probability pass it together. */
static bool step(struct walk *w)
{
    const struct answers *a = w->answers;
    const uint32_t *order = a->order + w->label * a->count;
    const float *column = a->probabilities + w->label;

    if (w->at == a->count)
        return false;
    do {
        uint32_t i = order[w->at++];
        double weight = w->weights ? w->weights[i] : 1;
        if (a->labels[i] == w->label)
            w->positives += weight;
        else
            w->negatives += weight;
    } while (w->at < a->count &&
             column[order[w->at] * a->classes] == column[order[w->at - 1] * a->classes]);
    return true;
}

double curve_area(const struct answers *a, const uint16_t *weights, size_t label,
                  enum curve_kind kind)
{
    struct walk w = {.answers = a, .weights = weights, .label = label}, before = w;
    double roc = 0, precision = 0;

    for (; step(&w); before = w) {
        double gained = w.positives - before.positives;
        roc += (w.negatives - before.negatives) * (w.positives + before.positives) / 2;
        if (gained > 0)
            precision += gained * w.positives / (w.positives + w.negatives);
    }
    if (w.positives == 0 || w.negatives == 0)
        return NAN;
    return kind == CURVE_ROC ? roc / (w.positives * w.negatives) : precision / w.positives;
}

static void fill(struct walk *w, enum curve_kind kind, struct curve *curve)
{
    curve->x[0] = 0;
    curve->y[0] = kind == CURVE_ROC ? 0 : 1;
    for (curve->count = 1; step(w); curve->count++) {
        curve->x[curve->count] = kind == CURVE_ROC ? w->negatives : w->positives;
        curve->y[curve->count] =
            kind == CURVE_ROC ? w->positives : w->positives / (w->positives + w->negatives);
    }
    for (size_t i = 1; i < curve->count; i++) {
        curve->x[i] /= kind == CURVE_ROC ? w->negatives : w->positives;
        curve->y[i] /= kind == CURVE_ROC ? w->positives : 1;
    }
}

mien_status curve_new(const struct answers *a, size_t label, enum curve_kind kind,
                      struct curve *ret_curve, mien_error *err)
{
    struct walk w = {.answers = a, .label = label};
    struct curve curve = {.area = curve_area(a, NULL, label, kind)};

    if (isnan(curve.area))
        return error_set(err, MIEN_EINVAL, "label %zu has no pictures, or all of them: no curve",
                         label);
    curve.x = malloc((a->count + 1) * sizeof *curve.x);
    curve.y = malloc((a->count + 1) * sizeof *curve.y);
    if (!curve.x || !curve.y) {
        curve_free(&curve);
        return error_memory(err, a->count * sizeof *curve.x);
    }
    fill(&w, kind, &curve);
    *ret_curve = curve;
    return MIEN_OK;
}

void curve_free(struct curve *curve)
{
    free(curve->x);
    free(curve->y);
}

void curve_thin(struct curve *curve, double step)
{
    size_t kept = 1;

    for (size_t i = 1; i < curve->count; i++) {
        if (i + 1 < curve->count && fabs(curve->x[i] - curve->x[kept - 1]) < step &&
            fabs(curve->y[i] - curve->y[kept - 1]) < step)
            continue;
        curve->x[kept] = curve->x[i];
        curve->y[kept++] = curve->y[i];
    }
    curve->count = kept;
}
