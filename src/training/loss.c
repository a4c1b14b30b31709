/* loss.c - softmax with cross-entropy.
 * SPDX-License-Identifier: MIT */
#include "training/loss.h"

#include <math.h>

/* log(sum(exp(logits))) without overflow */
static double log_sum_exp(const float *logits, size_t classes)
{
    double most = logits[0], sum = 0;

    for (size_t c = 1; c < classes; c++)
        most = logits[c] > most ? logits[c] : most;
    for (size_t c = 0; c < classes; c++)
        sum += exp(logits[c] - most);
    return most + log(sum);
}

double cross_entropy(const float *logits, const float *targets, size_t count, size_t classes,
                     float *dlogits)
{
    double loss = 0;

    for (size_t n = 0; n < count; n++) {
        const float *row = logits + n * classes, *target = targets + n * classes;
        double total = log_sum_exp(row, classes);
        for (size_t c = 0; c < classes; c++) {
            double log_probability = row[c] - total;
            if (target[c] > 0)
                loss -= target[c] * log_probability;
            if (dlogits)
                dlogits[n * classes + c] =
                    (float)((exp(log_probability) - target[c]) / (double)count);
        }
    }
    return loss / (double)count;
}

void label_target(size_t label, size_t classes, float smoothing, float *ret_target)
{
    for (size_t c = 0; c < classes; c++)
        ret_target[c] = smoothing / (float)classes;
    ret_target[label] += 1 - smoothing;
}
