/* class_mean.h - the nearest class mean: a label is the mean of its pictures, and a picture has
 * the label whose mean is nearest. N pictures, D pixels a picture, L labels.
 * SPDX-License-Identifier: MIT */
#ifndef BASELINE_CLASS_MEAN_H
#define BASELINE_CLASS_MEAN_H

#include "baseline/covariance.h"

/* Constant once fitted: any number of threads may use it. */
struct class_mean {
    size_t dims;
    int label_count;
    size_t *counts; /* (L) pictures; a label without one is never the answer */
    double *means;  /* (L, D) */
};

/* `labels` by row, as `pictures` has its pixels, each below `label_count`. MIEN_ENOMEM. */
mien_status class_mean_fit(const struct byte_rows *pictures, const uint16_t *labels,
                           int label_count, struct class_mean *ret_means, mien_error *err);
void class_mean_free(struct class_mean *means);

/* The label of the nearest mean; the smallest of several. */
uint16_t class_mean_classify(const struct class_mean *means, const uint8_t *pixels);

#endif
