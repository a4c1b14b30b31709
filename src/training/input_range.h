/* input_range.h - what range of a layer's numbers is worth eight bits.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_INPUT_RANGE_H
#define TRAINING_INPUT_RANGE_H

#include <stdbool.h>
#include <stddef.h>

enum { INPUT_RANGE_BINS = 2048 };

/* A histogram of magnitudes from 0 to `limit`, which grows with them. */
struct input_range {
    double limit; /* 0: nothing seen but zeros */
    bool negative;
    double counts[INPUT_RANGE_BINS];
};

/* Starts zeroed. */
void input_range_add(struct input_range *range, const float *values, size_t count);

/* The largest magnitude that whole numbers of 0 to `steps` should stand for: that with the least
 * squared error, where larger numbers are cut. 1 if nothing was seen. */
float input_range_most(const struct input_range *range, int steps);

#endif
