/* softmax.h - from logits to probabilities.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_SOFTMAX_H
#define NETWORK_SOFTMAX_H

#include <stddef.h>

/* probabilities (classes) of logits (classes) / temperature; they sum to 1. Any finite logits. */
void softmax(const float *logits, size_t classes, float temperature, float *ret_probabilities);

/* Index of the largest of `count` numbers; the first of equals. */
size_t largest_index(const float *values, size_t count);

#endif
