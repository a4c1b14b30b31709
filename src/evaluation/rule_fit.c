/* rule_fit.c - temperatures by bisection, thresholds by counting.
 * SPDX-License-Identifier: MIT */
#include "evaluation/rule_fit.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "evaluation/calibration.h"
#include "evaluation/metrics.h"
#include "network/softmax.h"

/* d(log loss)/d(1 / temperature) over all pictures: the logit that is expected less the right one.
 * It grows with 1 / temperature, because the log loss is convex in it. */
static double slope(const float *logits, const uint16_t *labels, size_t count, size_t classes,
                    double inverse)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++, logits += classes) {
        double most = (double)logits[largest_index(logits, classes)], total = 0, expected = 0;
        for (size_t c = 0; c < classes; c++) {
            double weight = exp(((double)logits[c] - most) * inverse);
            total += weight;
            expected += weight * (double)logits[c];
        }
        sum += expected / total - (double)logits[labels[i]];
    }
    return sum;
}

double temperature_fit(const float *logits, const uint16_t *labels, size_t count, size_t classes)
{
    double low = 1 / RULE_FIT_HOTTEST, high = 1 / RULE_FIT_COOLEST;

    for (int step = 0; step < 50; step++) {
        double middle = sqrt(low * high);
        if (slope(logits, labels, count, classes, middle) > 0)
            high = middle;
        else
            low = middle;
    }
    return 1 / sqrt(low * high);
}

/* Fills in `probabilities` (N, L), and what they are worth. */
static void judge(const float *logits, const uint16_t *labels, size_t count, size_t classes,
                  double temperature, float *probabilities, double *ret_error, double *ret_loss)
{
    struct calibration calibration;
    double loss = 0;

    for (size_t i = 0; i < count; i++) {
        float *row = probabilities + i * classes;
        softmax(logits + i * classes, classes, (float)temperature, row);
        loss += log_loss_of(row[labels[i]]);
    }
    calibration_measure(probabilities, labels, count, classes, &calibration);
    *ret_error = calibration.ece;
    *ret_loss = loss / (double)count;
}

/* The most certain answers that are right often enough. Equal probabilities stay together: a
 * threshold cannot part them. */
static mien_status choose(const struct coverage *c, double accuracy, struct rule_fit *fit,
                          mien_error *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->count; i++) {
        bool parts = i + 1 == c->count || c->confidence[i + 1] < c->confidence[i];
        if (parts && c->accuracy[i] >= accuracy)
            kept = i + 1;
    }
    if (!kept)
        return error_set(err, MIEN_EINVAL,
                         "not even the most certain answers are right in %g of all cases; ask for "
                         "less, such as %.2f",
                         accuracy, 0.9 * c->accuracy[c->count / 10]);
    fit->uncertain_below = (double)c->confidence[kept - 1];
    fit->coverage = (double)kept / (double)c->count;
    fit->accuracy = c->accuracy[kept - 1];
    return MIEN_OK;
}

mien_status rule_fit(const float *logits, const uint16_t *labels, size_t count, size_t classes,
                     double accuracy, struct rule_fit *ret_fit, mien_error *err)
{
    struct rule_fit fit = {.count = count};
    struct coverage coverage = {0};
    float *probabilities;
    mien_status status;
    size_t bytes;

    if (count == 0)
        return error_set(err, MIEN_EINVAL, "no pictures to calibrate on");
    probabilities = mul_size(count, classes * sizeof *probabilities, &bytes) ? malloc(bytes) : NULL;
    if (!probabilities)
        return error_memory(err, count * classes * sizeof *probabilities);
    judge(logits, labels, count, classes, 1, probabilities, &fit.error_before, &fit.loss_before);
    /* As a model file keeps it. */
    fit.temperature = round(1e4 * temperature_fit(logits, labels, count, classes)) / 1e4;
    judge(logits, labels, count, classes, fit.temperature, probabilities, &fit.error, &fit.loss);
    status = coverage_new(probabilities, labels, count, classes, &coverage, err);
    if (!status)
        status = choose(&coverage, accuracy, &fit, err);
    coverage_free(&coverage);
    free(probabilities);
    if (!status)
        *ret_fit = fit;
    return status;
}

static int rising(const void *left, const void *right)
{
    float a = *(const float *)left, b = *(const float *)right;

    return (a > b) - (a < b);
}

mien_status face_fit(const float *none, const bool *is_face, size_t count, struct face_fit *ret_fit,
                     mien_error *err)
{
    struct face_fit fit = {0};
    float *faces = calloc(count + 1, sizeof *faces); /* probabilities of faces */

    if (!faces)
        return error_memory(err, (count + 1) * sizeof *faces);
    for (size_t i = 0; i < count; i++)
        if (is_face[i])
            faces[fit.faces++] = none[i];
    if (fit.faces == 0) {
        free(faces);
        return error_set(err, MIEN_EINVAL, "no picture is a face, say the votes");
    }
    qsort(faces, fit.faces, sizeof *faces, rising);
    fit.above = (double)faces[fit.faces - 1 - (size_t)((double)fit.faces * FACE_FIT_REFUSED)];
    fit.above = fmax(fit.above, FACE_FIT_LEAST);
    for (size_t i = 0; i < count; i++) {
        bool refused = (double)none[i] > fit.above;
        fit.refused += is_face[i] && refused;
        fit.others += !is_face[i];
        fit.noticed += !is_face[i] && refused;
    }
    free(faces);
    *ret_fit = fit;
    return MIEN_OK;
}
