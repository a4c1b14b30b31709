/* near_pairs.h - the near-identical pictures among the different ones of a data set.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_NEAR_PAIRS_H
#define DATASET_NEAR_PAIRS_H

#include "dataset/audit.h"

/* Reads `audit`'s first rows and measures; the caller frees `ret_pairs`. */
mien_status near_pairs_new(const struct dataset *dataset, const struct audit *audit,
                           struct thread_pool *pool, struct audit_pair **ret_pairs,
                           size_t *ret_count, mien_error *err);

#endif
