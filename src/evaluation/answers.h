/* answers.h - a classifier's answers to pictures whose labels are known, and the headline figures
 * that follow from them. Every figure is a function of how often each picture counts, so that the
 * bootstrap (intervals.h) computes them the same way. N pictures, L classes.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_ANSWERS_H
#define EVALUATION_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum figure {
    FIGURE_ACCURACY,
    FIGURE_BALANCED_ACCURACY, /* these: metrics.h */
    FIGURE_MACRO_F1,
    FIGURE_TOP2,
    FIGURE_MATTHEWS,
    FIGURE_KAPPA,
    FIGURE_ROC_AREA, /* mean over the labels that have pictures and are not alone; curves.h */
    FIGURE_PR_AREA,
    FIGURE_LOG_LOSS,
    FIGURE_BRIER, /* calibration.h */
    FIGURE_ECE,
    FIGURES
};

/* "balanced accuracy"; the same as a key, "balanced_accuracy"; whether less is better. */
const char *figure_name(enum figure figure);
const char *figure_key(enum figure figure);
bool figure_less_is_better(enum figure figure);

/* Constant once made: any number of threads may read it. */
struct answers {
    size_t count, classes;
    const float *probabilities; /* (N, L), borrowed */
    const uint16_t *labels;     /* (N), borrowed */
    uint16_t *predicted;        /* (N) */
    float *confidence;          /* (N): the probability of the predicted label */
    float *loss, *brier;        /* (N) */
    bool *in_two;               /* (N): the label is among the two most probable */
    uint8_t *bin;               /* (N): calibration_bin() */
    uint32_t *order;            /* (L, N): pictures by falling probability of each class */
};

/* Both lists are borrowed until answers_free(); rows sum to 1; N at least 1, else MIEN_EINVAL. */
mien_status answers_new(const float *probabilities, const uint16_t *labels, size_t count,
                        size_t classes, struct answers *ret_answers, mien_error *err);

/* Accepts a zeroed struct. */
void answers_free(struct answers *answers);

/* The figures where picture i counts weights[i] times (NULL: once). The areas are NaN where no
 * label has both pictures of its own and pictures of others. `confusion` (L, L) is scratch. */
void answers_figures(const struct answers *answers, const uint16_t *weights, size_t *confusion,
                     double ret_figures[FIGURES]);

#endif
