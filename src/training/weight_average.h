/* weight_average.h - an exponential moving average of a network's parameters, which generalises
 * better than the last ones (Polyak, Juditsky 1992).
 *
 * Running means and variances are averaged with the same decay as the weights that they belong to,
 * as EfficientNet's training did (Tan, Le, ICML 2019): both lag by the same number of steps.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_WEIGHT_AVERAGE_H
#define TRAINING_WEIGHT_AVERAGE_H

#include "base/thread_pool.h"
#include "network/network.h"

/* average = d * average + (1 - d) * network, over all parameters, after step `step` (from 1), with
 * d = min(decay, (1 + step) / (10 + step)), so that the start is soon forgotten. */
void weight_average_update(struct network *average, const struct network *network, float decay,
                           int64_t step, struct thread_pool *pool);

#endif
