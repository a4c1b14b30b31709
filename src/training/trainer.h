/* trainer.h - the training loop: batches, steps, epochs, validation, the best weights kept.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_TRAINER_H
#define TRAINING_TRAINER_H

#include "base/thread_pool.h"
#include "dataset/dataset.h"
#include "dataset/votes.h"
#include "network/network.h"
#include "training/history.h"
#include "training/peers.h"
#include "training/recipe.h"

/* Where training stands: after every step, and (steps_done == steps) at the end of an epoch. */
struct training_progress {
    int epoch, epochs;
    int step, steps;
    double loss, accuracy;                    /* of this epoch so far */
    double pictures_per_second, seconds_left; /* at most, if all epochs are run */
    const struct training_epoch *finished;    /* at the end of an epoch, else NULL */
    const struct training_history *history;   /* the epochs that are done */
    const char *warning; /* what went wrong and does not end the training, else NULL */
};

/* Called on the training thread. Returning false ends the training: the best weights so far are
 * kept and the history is whole. */
typedef bool training_callback(void *context, const struct training_progress *progress);

/* What to learn from. */
struct training_data {
    const struct dataset *dataset;
    const uint32_t *train, *validation; /* row numbers */
    size_t train_count, validation_count;
    const struct votes *votes; /* on the data set's rows; NULL: none */
};

/* A training to be run; everything is borrowed. */
struct training_job {
    const struct training_data *data;
    const struct recipe *recipe;
    const struct network *const *teachers; /* (teacher_count), see teacher.h */
    int teacher_count;                     /* 0: none */
    bool bf16;                             /* as in plan.h */
    struct thread_pool *pool;              /* may be NULL */
    training_callback *callback;           /* may be NULL */
    void *context;
    const char *checkpoint;    /* file for the state (checkpoint.h); NULL: none */
    double checkpoint_seconds; /* between two; there is also one after every epoch and at the end */
    bool resume;               /* go on from `checkpoint` if it is there */
    struct peers *peers;       /* who train with this process; NULL: nobody */
    bool *diverged;            /* becomes true if numbers are no longer finite; may be NULL */
};

/* Trains the outputs "expression" and, if there is one, "votes" of `network`, which must own its
 * parameters, and leaves it with the weights of the epoch with the best validation accuracy of
 * "expression". The same seed and data give the same weights at any thread count, and however often
 * the training was broken off and resumed. Numbers that are no longer finite end it with
 * MIEN_EINVAL, the epoch and the step; `diverged` tells that from a job that cannot be run. The
 * last checkpoint stays when the function returns: a caller removes it (checkpoint_remove) once the
 * result is safe and `finished` is true. With peers every process must have the same job; each
 * takes its share of every batch and gets the same network, within rounding the one that a single
 * process would get. The one of rank 0 writes the checkpoint. MIEN_EIO if one of them is gone: the
 * state before that step is in the checkpoint. MIEN_ECANCELLED: stopped by the callback before an
 * epoch was done. */
mien_status training_run(struct network *network, const struct training_job *job,
                         struct training_history *ret_history, mien_error *err);

#endif
