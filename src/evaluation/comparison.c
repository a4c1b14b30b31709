/* comparison.c - McNemar's test and paired differences.
 * SPDX-License-Identifier: MIT */
#include "evaluation/comparison.h"

#include <math.h>
#include <string.h>

double mcnemar_exact(size_t one, size_t other)
{
    size_t less = one < other ? one : other;
    double n = (double)one + (double)other, tail = 0;

    if (one == other)
        return 1;
    for (size_t k = 0; k <= less; k++)
        tail +=
            exp(lgamma(n + 1) - lgamma((double)k + 1) - lgamma(n - (double)k + 1) + n * log(0.5));
    return fmin(2 * tail, 1);
}

mien_status comparison_new(const struct answers *a, const struct answers *b,
                           struct thread_pool *pool, struct comparison *ret_comparison,
                           mien_error *err)
{
    struct comparison c = {0};
    mien_status status;

    if (a->count != b->count || a->classes != b->classes ||
        memcmp(a->labels, b->labels, a->count * sizeof *a->labels) != 0)
        return error_set(err, MIEN_EINVAL, "only answers to the same pictures can be compared");
    for (size_t i = 0; i < a->count; i++) {
        bool right_a = a->predicted[i] == a->labels[i], right_b = b->predicted[i] == b->labels[i];
        c.both += right_a && right_b;
        c.only_a += right_a && !right_b;
        c.only_b += !right_a && right_b;
        c.neither += !right_a && !right_b;
    }
    c.mcnemar = mcnemar_exact(c.only_a, c.only_b);
    status = intervals_difference(a, b, pool, c.difference, err);
    if (!status)
        *ret_comparison = c;
    return status;
}
