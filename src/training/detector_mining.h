/* detector_mining.h - what a detector gets wrong in its own training data and is to be shown more
 * often (Sung, Poggio, IEEE TPAMI 20(1), 1998, "bootstrap"): what it takes for a face and is none,
 * and faces that it finds hardly.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_DETECTOR_MINING_H
#define TRAINING_DETECTOR_MINING_H

#include "network/network.h"
#include "training/detector_sample.h"

/* Finds the detections of at least `threshold` that overlap no mark, ignored ones included, looking
 * at each picture in several sizes. In the order of the pictures; the caller frees `ret_regions`
 * (ret_count, possibly 0). */
mien_status detector_mine(const struct network *network, const struct detector_data *data,
                          struct thread_pool *pool, float threshold,
                          struct detector_region **ret_regions, size_t *ret_count, mien_error *err);

/* Those of the `rows` (count) of FER2013's `faces` that score little, but enough to be faces. In
 * their order; the caller frees `ret_rows` (ret_count, possibly 0). */
mien_status detector_mine_faces(const struct network *network, const struct dataset *faces,
                                const uint32_t *rows, size_t count, struct thread_pool *pool,
                                uint32_t **ret_rows, size_t *ret_count, mien_error *err);

#endif
