/* detector_trainer.h - the training loop of the face detector.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_DETECTOR_TRAINER_H
#define TRAINING_DETECTOR_TRAINER_H

#include "base/thread_pool.h"
#include "network/network.h"
#include "training/detector_loss.h"
#include "training/detector_sample.h"

struct detector_training_options {
    int steps; /* default 20000 */
    int batch; /* samples a step; default 16 */
    float
        learning_rate; /* Adam's highest: a warm-up, then half a cosine down to 0; default 0.002 */
    int warm_up;       /* steps; default 500 */
    uint64_t seed;
    struct detector_sample_options sample;
};

void detector_training_options_init(struct detector_training_options *options);

struct detector_training_progress {
    int step, steps;
    struct detector_loss loss; /* mean of the last steps; positives: a step */
    double pictures_per_second, seconds_left;
};

/* After each step, on the training thread; false ends the training. */
typedef bool detector_training_callback(void *context,
                                        const struct detector_training_progress *progress);

/* Makes every score of a new network small, as nearly all cells hold no face: p = 0.01 (Lin et
 * al., "Focal loss for dense object detection", ICCV 2017, section 4.1). */
void detector_initialize(struct network *network);

/* Trains a network with the outputs of detector_grid.h on samples of `data`, squares of the size
 * of its input, in bf16 where the processor has it. What `network` then holds, and in every
 * callback, is a moving average of what is trained (weight_average.h). The same seed gives the same
 * weights at any thread count. `callback` may be NULL. MIEN_EINVAL if the network is no detector,
 * no picture has a face or nothing marked at all, or the loss is no longer a number. */
mien_status detector_training_run(struct network *network, const struct detector_data *data,
                                  const struct detector_training_options *options,
                                  struct thread_pool *pool, detector_training_callback *callback,
                                  void *context, mien_error *err);

#endif
