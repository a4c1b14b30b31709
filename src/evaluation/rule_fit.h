/* rule_fit.h - measure the rules of a model's answers (network/answer_rules.h) on pictures that it
 * was not trained on. N pictures, L classes.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_RULE_FIT_H
#define EVALUATION_RULE_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define RULE_FIT_COOLEST 0.05 /* the range of temperatures */
#define RULE_FIT_HOTTEST 20.0

/* The temperature at which logits (N, L) explain labels (N) best: the least log loss (Guo et al.:
 * "On calibration of modern neural networks", ICML 2017, section 4.2). */
double temperature_fit(const float *logits, const uint16_t *labels, size_t count, size_t classes);

/* How certain an answer must be, and what that is worth on the pictures that it was measured on. */
struct rule_fit {
    size_t count;
    double temperature;
    double error_before, error; /* expected calibration error without and with the temperature */
    double loss_before, loss;   /* log loss */
    double uncertain_below;     /* the least probability of a certain answer */
    double coverage;            /* share of certain answers */
    double accuracy;            /* of these; at least what was asked for */
};

/* Fits the temperature, then the largest share of answers that are right in `accuracy` (0 to 1) of
 * all cases. MIEN_EINVAL if no share is, or if there is no picture. */
mien_status rule_fit(const float *logits, const uint16_t *labels, size_t count, size_t classes,
                     double accuracy, struct rule_fit *ret_fit, mien_error *err);

/* When a picture is no face. */
struct face_fit {
    double above;           /* the probability above which it is none */
    size_t faces, refused;  /* pictures of faces; those of them that would be called none */
    size_t others, noticed; /* pictures without a face; those of them that are */
};

/* The share of faces that may be called none, and the least probability of being none. */
#define FACE_FIT_REFUSED 0.005
#define FACE_FIT_LEAST 0.1

/* `none` (N): the probabilities of "not a face"; `is_face` (N). MIEN_EINVAL if there is no face. */
mien_status face_fit(const float *none, const bool *is_face, size_t count, struct face_fit *ret_fit,
                     mien_error *err);

#endif
