/* class_mean.c - fit and ask nearest class means.
 * SPDX-License-Identifier: MIT */
#include "baseline/class_mean.h"

#include <math.h>
#include <stdlib.h>

mien_status class_mean_fit(const struct byte_rows *pictures, const uint16_t *labels,
                           int label_count, struct class_mean *ret_means, mien_error *err)
{
    struct class_mean means = {.dims = pictures->dims, .label_count = label_count};
    const size_t count = (size_t)label_count;

    means.counts = calloc(count, sizeof *means.counts);
    means.means = calloc(count, means.dims * sizeof *means.means);
    if (!means.counts || !means.means) {
        class_mean_free(&means);
        return error_memory(err, count * means.dims * sizeof *means.means);
    }
    for (size_t i = 0; i < pictures->count; i++) {
        const uint16_t label = labels[pictures->rows ? pictures->rows[i] : i];
        const uint8_t *pixels = byte_rows_at(pictures, i);
        double *sums = means.means + label * means.dims;

        means.counts[label]++;
        for (size_t d = 0; d < means.dims; d++)
            sums[d] += pixels[d];
    }
    for (size_t label = 0; label < count; label++)
        for (size_t d = 0; means.counts[label] && d < means.dims; d++)
            means.means[label * means.dims + d] /= (double)means.counts[label];
    *ret_means = means;
    return MIEN_OK;
}

void class_mean_free(struct class_mean *means)
{
    free(means->counts);
    free(means->means);
    *means = (struct class_mean){0};
}

uint16_t class_mean_classify(const struct class_mean *means, const uint8_t *pixels)
{
    double nearest = INFINITY;
    uint16_t answer = 0;

    for (uint16_t label = 0; label < means->label_count; label++) {
        const double *mean = means->means + label * means->dims;
        double distance = 0;

        if (!means->counts[label])
            continue;
        for (size_t d = 0; d < means->dims; d++)
            distance += (pixels[d] - mean[d]) * (pixels[d] - mean[d]);
        if (distance < nearest) {
            nearest = distance;
            answer = label;
        }
    }
    return answer;
}
