/* input_range.c - histograms of magnitudes and the best place to cut them.
 * SPDX-License-Identifier: MIT */
#include "training/input_range.h"

#include <math.h>

/* Twice the range: every two bins become one. */
static void widen(struct input_range *range)
{
    for (int i = 0; i < INPUT_RANGE_BINS; i++)
        range->counts[i] =
            i < INPUT_RANGE_BINS / 2 ? range->counts[2 * i] + range->counts[2 * i + 1] : 0;
    range->limit *= 2;
}

void input_range_add(struct input_range *range, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double magnitude = fabs((double)values[i]);
        if (!(magnitude > 0) || !isfinite(magnitude))
            continue;
        range->negative |= values[i] < 0;
        if (range->limit == 0)
            range->limit = magnitude;
        while (magnitude > range->limit)
            widen(range);
        range->counts[(int)fmin(magnitude / range->limit * INPUT_RANGE_BINS,
                                INPUT_RANGE_BINS - 1)]++;
    }
}

/* Squared error, in bins, if `steps` steps reach to the end of bin `last`. */
static double error_of(const struct input_range *range, int last, int steps)
{
    double most = last + 1.0, step = most / steps, error = 0;

    for (int i = 0; i < INPUT_RANGE_BINS; i++) {
        double middle = i + 0.5, beyond = middle - most;
        error += range->counts[i] * (beyond > 0 ? beyond * beyond : step * step / 12);
    }
    return error;
}

float input_range_most(const struct input_range *range, int steps)
{
    double least = INFINITY;
    int best = INPUT_RANGE_BINS - 1;

    for (int last = INPUT_RANGE_BINS / 64; last < INPUT_RANGE_BINS; last += INPUT_RANGE_BINS / 64) {
        double error = error_of(range, last, steps);
        if (error < least) {
            least = error;
            best = last;
        }
    }
    return range->limit > 0 ? (float)(range->limit * (best + 1) / INPUT_RANGE_BINS) : 1.0f;
}
