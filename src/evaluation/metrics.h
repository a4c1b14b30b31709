/* metrics.h - what a table of probabilities says about a model.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_METRICS_H
#define EVALUATION_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Figures of one class, one against the rest. 0 where there is nothing to divide by. */
struct class_metrics {
    size_t support; /* pictures of this label */
    double precision, recall, f1;
};

/* What follows from a confusion matrix alone. */
struct confusion_rates {
    double accuracy;
    double balanced_accuracy; /* mean recall of the labels that have pictures */
    double macro_f1;          /* mean F1 of the labels that have pictures or were predicted */
    double matthews;          /* Matthews correlation (Gorodkin, 2004), -1 to 1 */
    double kappa;             /* Cohen's, 1960; 0 where chance alone would be right */
};

struct metrics {
    size_t count, classes, correct;
    struct confusion_rates rates;
    double log_loss;   /* mean of -ln(probability of the right label), clipped at 1e-15 */
    double top2;       /* share with the right label among the two most probable */
    size_t *confusion; /* (classes, classes): rows are the actual label, columns the predicted */
    struct class_metrics *by_class; /* (classes) */
};

/* `probabilities` (count, classes), `labels` (count) below `classes`; count at least 1. */
mien_status metrics_new(const float *probabilities, const uint16_t *labels, size_t count,
                        size_t classes, struct metrics **ret_metrics, mien_error *err);
void metrics_free(struct metrics *metrics);

/* `confusion` (classes, classes) as above. */
void confusion_rate(const size_t *confusion, size_t classes, struct confusion_rates *ret_rates);
struct class_metrics confusion_class(const size_t *confusion, size_t classes, size_t label);

/* -ln(probability), clipped at 1e-15. */
double log_loss_of(float probability);

/* Whether `label` is among the two largest of `row` (classes); of equals the first counts. */
bool among_two(const float *row, size_t classes, size_t label);

#endif
