/* robustness.h - a classifier's accuracy on pictures that get worse step by step.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_ROBUSTNESS_H
#define EVALUATION_ROBUSTNESS_H

#include "evaluation/intervals.h"
#include "evaluation/perturbation.h"
#include "evaluation/prediction.h"

struct robustness {
    struct interval accuracy[PERTURBATIONS][PERTURBATION_LEVELS]; /* level_count of each kind */
};

/* `rows`, `labels` (count): the network's labels of output "expression". `progress` may be NULL.
 * The same at any number of threads. */
mien_status robustness_measure(const struct network *network, struct thread_pool *pool,
                               const struct dataset *dataset, const uint32_t *rows,
                               const uint16_t *labels, size_t count, pass_progress *progress,
                               void *context, struct robustness *ret_robustness, mien_error *err);

#endif
