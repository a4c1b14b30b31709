/* calibration.h - whether a model is right as often as it says: reliability by bins of confidence
 * and the expected calibration error (Guo, Pleiss, Sun, Weinberger: "On calibration of modern
 * neural networks", ICML 2017), the Brier score (1950), and accuracy by coverage.
 * N pictures, L classes; a picture's confidence is its largest probability.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_CALIBRATION_H
#define EVALUATION_CALIBRATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Bins of one width; bin b holds confidences above b / 15 and up to (b + 1) / 15. */
enum { CALIBRATION_BINS = 15 };

struct calibration_bin {
    size_t count, correct;
    double confidence; /* sum over its pictures */
};

struct calibration {
    struct calibration_bin bins[CALIBRATION_BINS];
    double ece;   /* expected calibration error, 0 to 1 */
    double brier; /* mean squared distance of the probabilities from the truth, 0 to 2 */
};

/* `probabilities` (N, L), each row summing to 1; `labels` (N) below L; N at least 1. Allocates
 * nothing. */
void calibration_measure(const float *probabilities, const uint16_t *labels, size_t count,
                         size_t classes, struct calibration *ret_calibration);

/* The bin of a confidence. */
size_t calibration_bin(float confidence);

/* The expected calibration error of bins that hold at least one picture. */
double calibration_error(const struct calibration_bin bins[CALIBRATION_BINS]);

/* The squared distance of one picture's probabilities (L) from the truth. */
double brier_of(const float *row, size_t classes, size_t label);

/* What is left when unsure answers are kept back: the accuracy of the `i + 1` most certain
 * pictures, for each i; equally certain ones count together (Geifman, El-Yaniv: "Selective
 * classification for deep neural networks", NIPS 2017). */
struct coverage {
    size_t count;
    float *confidence; /* (N), falling */
    double *accuracy;  /* (N) */
    double area;       /* under the curve of accuracy by coverage: the mean of `accuracy` */
};

mien_status coverage_new(const float *probabilities, const uint16_t *labels, size_t count,
                         size_t classes, struct coverage *ret_coverage, mien_error *err);
void coverage_free(struct coverage *coverage);

/* How many pictures have at least this confidence. */
size_t coverage_at(const struct coverage *coverage, float confidence);

#endif
