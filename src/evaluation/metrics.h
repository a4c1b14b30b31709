/* metrics.h - what a table of probabilities says about a model.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_METRICS_H
#define EVALUATION_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Figures of one class, one against the rest. 0 where there is nothing to divide by. */
struct class_metrics {
    size_t support; /* pictures of this label */
    double precision, recall, f1;
};

struct metrics {
    size_t count, classes, correct;
    double accuracy, balanced_accuracy, macro_f1;
    double log_loss;   /* mean of -ln(probability of the right label), clipped at 1e-15 */
    double top2;       /* share with the right label among the two most probable */
    size_t *confusion; /* (classes, classes): rows are the actual label, columns the predicted */
    struct class_metrics *by_class; /* (classes) */
};

/* `probabilities` (count, classes), `labels` (count) below `classes`; count at least 1. */
mien_status metrics_new(const float *probabilities, const uint16_t *labels, size_t count,
                        size_t classes, struct metrics **ret_metrics, mien_error *err);
void metrics_free(struct metrics *metrics);

/* A 95% interval of the accuracy by bootstrap: the 2.5th and 97.5th percentile of 2,000 samples
 * of `count` answers drawn with repetition (Efron, Tibshirani, 1993, chapter 13). */
void accuracy_interval(size_t correct, size_t count, uint64_t seed, double *ret_low,
                       double *ret_high);

#endif
