/* covariance.h - mean and covariance of pictures, from exact sums of integers.
 * N pictures, D pixels a picture.
 * SPDX-License-Identifier: MIT */
#ifndef BASELINE_COVARIANCE_H
#define BASELINE_COVARIANCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct thread_pool;

/* Pictures of bytes, borrowed: picture i is row rows[i] of `pixels` (rows, dims), or row i where
 * `rows` is NULL. */
struct byte_rows {
    const uint8_t *pixels;
    const uint32_t *rows; /* (count) */
    size_t count, dims;
};

static inline const uint8_t *byte_rows_at(const struct byte_rows *pictures, size_t i)
{
    return pictures->pixels + (pictures->rows ? pictures->rows[i] : i) * pictures->dims;
}

/* `ret_mean` (D) and `ret_covariance` (D, D), with N - 1 below, N at least 2. The sums of the
 * products of bytes are exact, so that only the last step rounds, and the result is the same at
 * any thread count. */
mien_status covariance_of_bytes(const struct byte_rows *pictures, struct thread_pool *pool,
                                double *ret_mean, double *ret_covariance, mien_error *err);

#endif
