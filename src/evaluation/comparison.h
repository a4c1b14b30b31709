/* comparison.h - whether two classifiers differ on the same pictures.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_COMPARISON_H
#define EVALUATION_COMPARISON_H

#include "evaluation/intervals.h"

/* McNemar's test asks the pictures on which exactly one of the two is right (Dietterich:
 * "Approximate statistical tests for comparing supervised classification learning algorithms",
 * Neural Computation 10(7), 1998); here exact, by the binomial distribution, two-sided. */
struct comparison {
    size_t both, only_a, only_b, neither; /* pictures on which a, b are right */
    double mcnemar;                       /* the probability of such a difference by chance */
    struct interval difference[FIGURES];  /* b less a, paired bootstrap */
};

/* Differences as probable by chance as this are none. */
#define COMPARISON_LEVEL 0.05

/* `a` and `b` are answers to the same pictures with the same labels; else MIEN_EINVAL. */
mien_status comparison_new(const struct answers *a, const struct answers *b,
                           struct thread_pool *pool, struct comparison *ret_comparison,
                           mien_error *err);

/* The exact two-sided p of `one` heads against `other` tails of that many fair coins. */
double mcnemar_exact(size_t one, size_t other);

#endif
