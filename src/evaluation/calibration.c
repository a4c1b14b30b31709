/* calibration.c - confidence against truth.
 * SPDX-License-Identifier: MIT */
#include "evaluation/calibration.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "network/softmax.h"

size_t calibration_bin(float confidence)
{
    size_t bin = 0;

    while (bin + 1 < CALIBRATION_BINS && confidence > (double)(bin + 1) / CALIBRATION_BINS)
        bin++;
    return bin;
}

double calibration_error(const struct calibration_bin bins[CALIBRATION_BINS])
{
    double error = 0, count = 0;

    for (int b = 0; b < CALIBRATION_BINS; b++) {
        error += fabs((double)bins[b].correct - bins[b].confidence);
        count += (double)bins[b].count;
    }
    return error / count;
}

double brier_of(const float *row, size_t classes, size_t label)
{
    double sum = 0;

    for (size_t c = 0; c < classes; c++)
        sum += (row[c] - (c == label)) * (double)(row[c] - (c == label));
    return sum;
}

void calibration_measure(const float *probabilities, const uint16_t *labels, size_t count,
                         size_t classes, struct calibration *ret_calibration)
{
    struct calibration c = {0};

    for (size_t i = 0; i < count; i++) {
        const float *row = probabilities + i * classes;
        size_t predicted = largest_index(row, classes);
        struct calibration_bin *bin = &c.bins[calibration_bin(row[predicted])];
        bin->count++;
        bin->correct += predicted == labels[i];
        bin->confidence += row[predicted];
        c.brier += brier_of(row, classes, labels[i]);
    }
    c.ece = calibration_error(c.bins);
    c.brier /= (double)count;
    *ret_calibration = c;
}

struct certain {
    float confidence;
    uint32_t picture;
    bool right;
};

static int most_certain_first(const void *left, const void *right)
{
    const struct certain *a = left, *b = right;

    if (a->confidence != b->confidence)
        return a->confidence > b->confidence ? -1 : 1;
    return a->picture < b->picture ? -1 : a->picture > b->picture;
}

/* Pictures that are equally certain go together: each has the accuracy of all that are at least
 * as certain. */
static void fill_coverage(const struct certain *order, struct coverage *c)
{
    double right = 0;

    for (size_t i = 0, end; i < c->count; i = end) {
        for (end = i; end < c->count && order[end].confidence == order[i].confidence; end++)
            right += order[end].right;
        for (size_t at = i; at < end; at++) {
            c->confidence[at] = order[at].confidence;
            c->accuracy[at] = right / (double)end;
            c->area += c->accuracy[at] / (double)c->count;
        }
    }
}

mien_status coverage_new(const float *probabilities, const uint16_t *labels, size_t count,
                         size_t classes, struct coverage *ret_coverage, mien_error *err)
{
    struct coverage c = {.count = count,
                         .confidence = malloc(count * sizeof *c.confidence),
                         .accuracy = malloc(count * sizeof *c.accuracy)};
    struct certain *order = malloc(count * sizeof *order);

    if (!c.confidence || !c.accuracy || !order) {
        free(order);
        coverage_free(&c);
        return error_memory(err, count * sizeof *order);
    }
    for (size_t i = 0; i < count; i++) {
        const float *row = probabilities + i * classes;
        size_t predicted = largest_index(row, classes);
        order[i] = (struct certain){row[predicted], (uint32_t)i, predicted == labels[i]};
    }
    qsort(order, count, sizeof *order, most_certain_first);
    fill_coverage(order, &c);
    free(order);
    *ret_coverage = c;
    return MIEN_OK;
}

void coverage_free(struct coverage *coverage)
{
    free(coverage->confidence);
    free(coverage->accuracy);
}

size_t coverage_at(const struct coverage *coverage, float confidence)
{
    size_t count = 0;

    while (count < coverage->count && coverage->confidence[count] >= confidence)
        count++;
    return count;
}
