/* landmark_trainer.h - the training of the network that places landmarks (face/landmarks.h).
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_LANDMARK_TRAINER_H
#define TRAINING_LANDMARK_TRAINER_H

#include "training/detector_trainer.h"

/* Trains a network of the architecture "landmarks" on the marked faces of `data`: tilted up to 45
 * degrees, mirrored, off the middle as detections are, coarse, blurred, noisy, partly covered.
 * options->sample is not read; of the loss only `landmarks` is told, smooth L1 in sides of the
 * square. MIEN_EINVAL if no face is marked. As detector_training_run() otherwise. */
mien_status landmark_training_run(struct network *network, const struct detector_data *data,
                                  const struct detector_training_options *options,
                                  struct thread_pool *pool, detector_training_callback *callback,
                                  void *context, mien_error *err);

/* The sample of the random stream `key`, of data with a face: the network's input (LANDMARKS_SIDE,
 * LANDMARKS_SIDE) and the numbers that it should answer (LANDMARKS_NUMBERS). Any thread.
 * MIEN_ENOMEM */
mien_status landmark_sample_make(const struct detector_data *data, uint64_t key, float *ret_levels,
                                 float *ret_numbers, mien_error *err);

#endif
