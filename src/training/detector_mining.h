/* detector_mining.h - what a detector takes for a face in its own training pictures and is none:
 * hard negatives to be shown more often (Sung, Poggio, IEEE TPAMI 20(1), 1998, "bootstrap").
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_DETECTOR_MINING_H
#define TRAINING_DETECTOR_MINING_H

#include "network/network.h"
#include "training/detector_sample.h"

/* Finds the detections of at least `threshold` that overlap no mark, ignored ones included. In the
 * order of the pictures; the caller frees `ret_regions` (ret_count, possibly 0). */
mien_status detector_mine(const struct network *network, const struct detector_data *data,
                          struct thread_pool *pool, float threshold,
                          struct detector_region **ret_regions, size_t *ret_count, mien_error *err);

#endif
