/* averaged_training.h - what training a face detector and a landmark network have in common: Adam
 * along a warm-up and half a cosine, and a moving average of the weights, which is what is kept.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_AVERAGED_TRAINING_H
#define TRAINING_AVERAGED_TRAINING_H

#include "network/plan.h"
#include "training/detector_trainer.h"
#include "training/optimizer.h"
#include "training/schedule.h"

/* For one thread at a time. Zeroed, it can be closed. */
struct averaged_training {
    struct network *network; /* is trained */
    struct network *average; /* of it; borrowed */
    const struct detector_training_options *options;
    struct thread_pool *pool;
    struct plan *plan; /* (options->batch) pictures */
    struct optimizer *optimizer;
    struct schedule schedule; /* one epoch of all steps */
    int step;                 /* 0..steps - 1 */
    double started;
};

/* Starts with the weights that `average` has. Everything is borrowed; `t` is to be closed
 * after a failure, too. */
mien_status averaged_training_open(struct network *average,
                                   const struct detector_training_options *options, bool bf16,
                                   struct thread_pool *pool, struct averaged_training *t,
                                   mien_error *err);
void averaged_training_close(struct averaged_training *training);

/* The number of sample `index` of this step's batch: its stream of random numbers. */
uint64_t averaged_training_key(const struct averaged_training *training, int index);

/* After plan_forward() and with the gradients of the outputs set: one step of the weights and of
 * their average. */
void averaged_training_apply(struct averaged_training *training);

/* Follows a figure of the steps: the mean of all at first, then of about the last fifty. */
void averaged_training_follow(const struct averaged_training *training, double *mean, double value);

/* Tells `callback`, which may be NULL, of the step just done; false ends the training. */
bool averaged_training_tell(const struct averaged_training *training,
                            const struct detector_loss *loss, detector_training_callback *callback,
                            void *context);

#endif
