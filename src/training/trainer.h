/* trainer.h - the training loop: batches, steps, epochs, validation, the best weights kept.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_TRAINER_H
#define TRAINING_TRAINER_H

#include "base/thread_pool.h"
#include "dataset/dataset.h"
#include "network/network.h"
#include "training/augmentation.h"

struct training_options {
    int epochs;            /* at most; default 50 */
    int batch;             /* pictures a step, 1 to 65536; default 256 */
    float learning_rate;   /* Adam's; > 0; default 0.001 */
    uint64_t seed;         /* of shuffling, dropout and augmentation; default 0 */
    float label_smoothing; /* 0 to 1; default 0 */
    bool bf16;             /* as in plan.h; default false */
    int stop_patience;     /* epochs without a better validation figure; default 10 */
    double stop_min_delta; /* what counts as better; default 0.0001 */
    int plateau_patience;  /* epochs without a lower validation loss; default 3 */
    double plateau_factor; /* what the rate is multiplied with then; default 0.5 */
    double least_rate;     /* default 1e-7 */
    struct augmentation augmentation;
};

void training_options_init(struct training_options *options);

/* One epoch's figures. Those of training are means over its batches, as they were seen, with
 * dropout and augmentation. */
struct training_epoch {
    int epoch; /* from 1 */
    double loss, accuracy;
    double validation_loss, validation_accuracy;
    double learning_rate, seconds;
    bool best; /* the best validation accuracy so far */
};

struct training_history {
    struct training_epoch *epochs; /* (count) */
    int count;
    int best; /* number of the epoch whose weights were kept, from 1 */
};

void training_history_free(struct training_history *history);

/* The history as CSV with a header line; the caller frees it. NULL if out of memory. */
char *training_history_csv(const struct training_history *history);

/* Where training stands: after every step, and (steps_done == steps) at the end of an epoch. */
struct training_progress {
    int epoch, epochs;
    int step, steps;
    double loss, accuracy;                    /* of this epoch so far */
    double pictures_per_second, seconds_left; /* at most, if all epochs are run */
    const struct training_epoch *finished;    /* at the end of an epoch, else NULL */
};

/* Called on the training thread. Returning false ends the training: the best weights so far are
 * kept and the history is whole. */
typedef bool training_callback(void *context, const struct training_progress *progress);

struct training_data {
    const struct dataset *dataset;
    const uint32_t *train, *validation; /* row numbers */
    size_t train_count, validation_count;
};

/* Trains the output "expression" of `network`, which must own its parameters, and leaves it with
 * the weights of the epoch with the best validation accuracy. The same seed and data give the
 * same weights at any thread count. A loss that is no number ends it with MIEN_EINVAL, the
 * epoch and the step. `callback` may be NULL. */
mien_status training_run(struct network *network, const struct training_data *data,
                         const struct training_options *options, struct thread_pool *pool,
                         training_callback *callback, void *context,
                         struct training_history *ret_history, mien_error *err);

#endif
