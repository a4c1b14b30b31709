/* picture_map.h - pictures as points in the plane of their two first principal components.
 * SPDX-License-Identifier: MIT */
#ifndef EXPLORE_PICTURE_MAP_H
#define EXPLORE_PICTURE_MAP_H

#include <stddef.h>

#include "base/error.h"

struct thread_pool;

/* Places the pictures that `vectors` (count, dims) describe, their pixels or a model's embedding,
 * at `ret_x`, `ret_y` (count): their projections onto the two directions in which these vectors
 * vary most. `ret_shares` are the shares of the variance that those directions explain. The same at
 * any number of threads. */
mien_status picture_map(const float *vectors, size_t count, size_t dims, struct thread_pool *pool,
                        double *ret_x, double *ret_y, double ret_shares[2], mien_error *err);

#endif
