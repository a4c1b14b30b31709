/* trainer_state.h - what the parts of the trainer share: trainer_setup.c makes and releases it,
 * trainer_step.c takes a step, trainer_checkpoint.c saves and resumes, trainer.c is the loop.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_TRAINER_STATE_H
#define TRAINING_TRAINER_STATE_H

#include "base/random.h"
#include "evaluation/prediction.h"
#include "network/plan.h"
#include "training/checkpoint.h"
#include "training/head.h"
#include "training/teacher.h"
#include "training/trainer.h"

/* Where a training stands: with the weights, all that a checkpoint needs. */
struct training_state {
    int64_t epoch, step; /* from 1; done in this epoch */
    double loss_sum, elapsed;
    uint64_t seen, correct; /* pictures of this epoch */
    double rate;            /* of the last step */
    int64_t optimizer_step;
    struct early_stopping stopping;
    struct plateau plateau;
    double plateau_rate;
    int64_t best_epoch; /* 0: none yet */
    bool stop;
};

struct trainer {
    struct network *network;
    const struct training_job *job;
    const struct training_data *data;
    const struct recipe *recipe;
    struct thread_pool *pool;

    struct head heads[HEADS];
    size_t pixels; /* of one picture */
    int steps;     /* an epoch */
    struct plan *plan;
    struct predictor *predictor; /* of `kept` */
    struct optimizer *optimizer;
    struct network *average; /* NULL without a moving average */
    struct network *kept;    /* borrowed: what is validated and kept, `average` or `network` */
    struct schedule schedule;
    struct teacher *teacher; /* NULL without one */

    uint32_t *order;                 /* (train_count): this epoch's */
    float *targets[HEADS];           /* (batch, classes) */
    float *validation_target[HEADS]; /* (validation_count, classes) */
    float *logits[HEADS];            /* (validation_count, classes) */
    float *shares;                   /* (batch): of mixed pictures */
    float *levels;                   /* (batch, H, W): mixed pictures of all peers, or NULL */
    float *statistics;               /* running ones before the step, with peers, or NULL */
    float *best;                     /* (block_floats) */

    struct training_state at;
    struct training_history history;
    struct checkpoint_origin origin;
    const uint32_t *batch_rows; /* (batch_count) */
    int batch_count;
    int share_first, share_count; /* which of them are this process's */
    struct peers *peers;          /* NULL: alone */
    struct plan_peers plan_peers;
    double started, saved; /* when: this epoch, the last checkpoint */
    bool asked, cancelled; /* to stop: by the caller here; agreed by all peers */
    bool has_checkpoint;
};

/* What the streams of random numbers are for. */
enum { STREAM_SHUFFLE, STREAM_DROPOUT, STREAM_AUGMENTATION, STREAMS };

/* The stream of this epoch for a purpose. */
static inline uint64_t trainer_stream(const struct trainer *t, int purpose)
{
    return random_key((uint64_t)t->recipe->seed,
                      (uint64_t)t->at.epoch * STREAMS + (uint64_t)purpose);
}

/* Whether this output is there and has a weight. */
static inline bool trainer_trains(const struct trainer *t, int head)
{
    return t->heads[head].weight > 0;
}

/* Checks the job and makes everything; release what was made after a failure, too. */
mien_status trainer_prepare(struct trainer *t, mien_error *err);
void trainer_release(struct trainer *t);

/* Takes the step on the pictures in batch_rows; returns their mean loss. Nothing is changed if a
 * peer is gone (peers_check). */
double trainer_step(struct trainer *t);

/* What peer `rank` takes of `count` things: from *ret_first on, so many. */
int trainer_share(const struct trainer *t, int count, int *ret_first);

enum { TRAINER_SUMS_MAX = 3 };

/* Adds `sums` (count, at most TRAINER_SUMS_MAX) up over all peers. */
void trainer_add_up(const struct trainer *t, double *sums, size_t count);

/* Writes a checkpoint, if the job asks for them. A file that cannot be written is only a warning:
 * the training goes on, and the one before is still there. MIEN_EINVAL for spoilt weights, which
 * must not take the place of good ones. */
mien_status trainer_save(struct trainer *t, mien_error *err);

/* Goes to where the job's checkpoint, if there is one, was made. */
mien_status trainer_resume(struct trainer *t, mien_error *err);

/* Tells that numbers are no longer finite. */
mien_status trainer_diverged(const struct trainer *t, mien_error *err);

/* Saves the state before this step and tells that a peer is gone; MIEN_OK if none is. */
mien_status trainer_check_peers(struct trainer *t, mien_error *err);

/* Calls the job's callback; see struct training_progress. */
void trainer_tell(struct trainer *t, const struct training_epoch *finished, const char *warning);

#endif
