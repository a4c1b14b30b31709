/* softmax.c - from logits to probabilities.
 * SPDX-License-Identifier: MIT */
#include "network/softmax.h"

#include <math.h>

size_t largest_index(const float *values, size_t count)
{
    size_t largest = 0;

    for (size_t i = 1; i < count; i++)
        if (values[i] > values[largest])
            largest = i;
    return largest;
}

void softmax(const float *logits, size_t classes, float temperature, float *ret_probabilities)
{
    float most = logits[largest_index(logits, classes)], sum = 0;

    for (size_t c = 0; c < classes; c++) {
        ret_probabilities[c] = expf((logits[c] - most) / temperature);
        sum += ret_probabilities[c];
    }
    for (size_t c = 0; c < classes; c++)
        ret_probabilities[c] /= sum;
}
