/* picture_map.h - pictures as points in the plane of their two first principal components.
 * SPDX-License-Identifier: MIT */
#ifndef EXPLORE_PICTURE_MAP_H
#define EXPLORE_PICTURE_MAP_H

#include "dataset/dataset.h"

struct thread_pool;

/* Places the pictures of `rows` (count) at `ret_x`, `ret_y` (count): their projections, in grey
 * levels, onto the two directions in which these pictures vary most. `ret_shares` are the shares
 * of the pictures' variance that those directions explain. The same at any number of threads. */
mien_status picture_map(const struct dataset *dataset, const uint32_t *rows, size_t count,
                        struct thread_pool *pool, double *ret_x, double *ret_y,
                        double ret_shares[2], mien_error *err);

#endif
