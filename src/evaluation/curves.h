/* curves.h - one label against the rest at every threshold: receiver operating characteristic and
 * precision by recall (Davis, Goadrich: "The relationship between precision-recall and ROC
 * curves", ICML 2006), with the areas that scikit-learn's roc_auc_score and
 * average_precision_score give.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_CURVES_H
#define EVALUATION_CURVES_H

#include "evaluation/answers.h"

enum curve_kind {
    CURVE_ROC,              /* x: false positive rate, y: true positive rate; from 0,0 to 1,1 */
    CURVE_PRECISION_RECALL, /* x: recall, y: precision; from 0,1 to recall 1 */
};

/* One point where the threshold passes a probability that occurs. */
struct curve {
    size_t count;
    double *x, *y; /* (count) */
    double area;   /* ROC: by trapezoids; precision-recall: the average precision */
};

/* NaN where the label has no pictures, or all. `weights` as in answers_figures(). */
double curve_area(const struct answers *answers, const uint16_t *weights, size_t label,
                  enum curve_kind kind);

/* MIEN_EINVAL where the label has no pictures, or all. */
mien_status curve_new(const struct answers *answers, size_t label, enum curve_kind kind,
                      struct curve *ret_curve, mien_error *err);
void curve_free(struct curve *curve);

/* Drops points that lie nearer than `step` to the one before them on both axes, but never the last:
 * for drawing. */
void curve_thin(struct curve *curve, double step);

#endif
