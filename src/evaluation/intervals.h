/* intervals.h - how far chance in the choice of pictures goes: 95% intervals by bootstrap, from
 * the 2.5th to the 97.5th percentile of 2,000 samples of as many pictures, drawn with repetition
 * (Efron, Tibshirani: "An introduction to the bootstrap", 1993, chapter 13). The same
 * answers give the same interval at any number of threads.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_INTERVALS_H
#define EVALUATION_INTERVALS_H

#include "base/thread_pool.h"
#include "evaluation/answers.h"

enum { BOOTSTRAP_ROUNDS = 2000 };

struct interval {
    double value, low, high;
};

/* The figures of `answers` with their intervals: low and high are NaN where the figure, or that of
 * any sample, is. `pool` may be NULL. */
mien_status intervals_new(const struct answers *answers, struct thread_pool *pool,
                          struct interval ret_intervals[FIGURES], mien_error *err);

/* The figures of `after` less those of `before`, both for the same pictures, with intervals of
 * the differences: every sample draws the same pictures for both. */
mien_status intervals_difference(const struct answers *before, const struct answers *after,
                                 struct thread_pool *pool, struct interval ret_intervals[FIGURES],
                                 mien_error *err);

/* An accuracy of which nothing but the counts is known, `count` at least 1; its interval is the
 * very one that intervals_new() gives for such answers. */
struct interval accuracy_interval(size_t correct, size_t count);

#endif
