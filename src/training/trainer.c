/* trainer.c - the training loop.
 * SPDX-License-Identifier: MIT */
#include "training/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "training/trainer_state.h"

void trainer_tell(struct trainer *t, const struct training_epoch *finished, const char *warning)
{
    const struct training_state *at = &t->at;
    double elapsed = clock_now_s() - t->started, speed = (double)at->seen / elapsed;
    double left = (double)(t->recipe->epochs - at->epoch) * (double)t->data->train_count +
                  (double)(t->data->train_count - at->seen);
    struct training_progress progress = {
        .epoch = (int)at->epoch,
        .epochs = (int)t->recipe->epochs,
        .step = (int)at->step,
        .steps = t->steps,
        .loss = at->loss_sum / (double)at->seen,
        .accuracy = (double)at->correct / (double)at->seen,
        .pictures_per_second = speed,
        .seconds_left = left / speed,
        .finished = finished,
        .history = &t->history,
        .warning = warning,
    };

    if (t->job->callback && !t->job->callback(t->job->context, &progress))
        t->asked = true;
    t->cancelled |= t->asked && !t->peers;
}

/* --- one epoch --- */

static void shuffle_rows(struct trainer *t)
{
    memcpy(t->order, t->data->train, t->data->train_count * sizeof *t->order);
    random_shuffle(trainer_stream(t, STREAM_SHUFFLE), t->order, t->data->train_count);
}

static mien_status take_step(struct trainer *t, mien_error *err)
{
    size_t batch = (size_t)t->recipe->batch;
    size_t first = (size_t)t->at.step * batch, left = t->data->train_count - first;
    mien_status status = MIEN_OK;
    double loss;

    t->batch_rows = t->order + first;
    t->batch_count = (int)(left < batch ? left : batch);
    loss = trainer_step(t);
    status = trainer_check_peers(t, err);
    if (status)
        return status;
    t->at.step++;
    if (!isfinite(loss))
        return trainer_diverged(t, err);
    t->at.loss_sum += loss * t->batch_count;
    t->at.seen += (uint64_t)t->batch_count;
    trainer_tell(t, NULL, NULL);
    if (t->cancelled || clock_now_s() - t->saved >= t->job->checkpoint_seconds)
        status = trainer_save(t, err);
    return status;
}

static mien_status train_epoch(struct trainer *t, mien_error *err)
{
    mien_status status = MIEN_OK;

    shuffle_rows(t);
    t->started = clock_now_s() - t->at.elapsed;
    if (!(t->saved > 0))
        t->saved = clock_now_s();
    while (t->at.step < t->steps && !t->cancelled && !status)
        status = take_step(t, err);
    return status;
}

/* Mean loss and accuracy of a head on the validation part, over the pictures that it has targets
 * for. */
static void measure_head(const struct trainer *t, int head, double *ret_loss, double *ret_accuracy)
{
    const struct head *h = &t->heads[head];
    int first, rows = trainer_share(t, (int)t->data->validation_count, &first);
    size_t at = (size_t)first * h->classes, counted = 0, correct = 0;
    double sums[3] = {0};

    if (rows) {
        sums[0] =
            (double)rows * cross_entropy(t->logits[head] + at, t->validation_target[head] + at,
                                         (size_t)rows, h->classes, NULL);
        correct = head_correct(h, t->logits[head] + at, t->validation_target[head] + at,
                               (size_t)rows, &counted);
    }
    sums[1] = (double)correct;
    sums[2] = (double)counted;
    trainer_add_up(t, sums, 3);
    *ret_loss = sums[2] > 0 ? sums[0] / sums[2] : 0;
    *ret_accuracy = sums[2] > 0 ? sums[1] / sums[2] : 0;
}

/* What is the same in all processes must stay so to the last bit. */
static mien_status check_sameness(const struct trainer *t, mien_error *err)
{
    double all[PEERS_MAX], mine = 0;
    uint8_t digest[SHA256_BYTES];
    struct sha256 hash;

    if (!t->peers)
        return MIEN_OK;
    sha256_init(&hash);
    sha256_update(&hash, t->network->block, t->network->architecture->block_floats * sizeof(float));
    sha256_final(&hash, digest);
    for (int i = 0; i < 6; i++)
        mine = 256 * mine + digest[i];
    peers_gather(t->peers, &mine, 1, all);
    for (int p = 0; p < peers_count(t->peers); p++)
        if (all[p] != mine)
            return error_set(err, MIEN_EIO,
                             "the %d processes do not have the same weights any more: are machines "
                             "and programs of one kind?",
                             peers_count(t->peers));
    return MIEN_OK;
}

static mien_status validate(struct trainer *t, struct training_epoch *result, mien_error *err)
{
    const struct training_data *d = t->data;
    int first, rows = trainer_share(t, (int)d->validation_count, &first);
    float *logits[ARCHITECTURE_OUTPUTS_MAX] = {NULL};
    mien_status status;

    for (int h = 0; h < HEADS; h++)
        if (t->logits[h])
            logits[t->heads[h].output] = t->logits[h] + (size_t)first * t->heads[h].classes;
    predictor_update(t->predictor);
    status =
        predictor_run(t->predictor, d->dataset, d->validation + first, (size_t)rows, logits, err);
    if (status)
        return status;
    measure_head(t, HEAD_EXPRESSION, &result->validation_loss, &result->validation_accuracy);
    result->has_votes = trainer_trains(t, HEAD_VOTES);
    if (result->has_votes)
        measure_head(t, HEAD_VOTES, &result->votes_loss, &result->votes_accuracy);
    status = trainer_check_peers(t, err);
    return status ? status : check_sameness(t, err);
}

static void keep_best(struct trainer *t)
{
    memcpy(t->best, t->kept->block, t->network->architecture->block_floats * sizeof *t->best);
    t->at.best_epoch = t->at.epoch;
}

/* Validates, records and judges the epoch just trained. */
static mien_status finish_epoch(struct trainer *t, mien_error *err)
{
    struct training_state *at = &t->at;
    struct training_epoch result = {
        .epoch = (int)at->epoch,
        .loss = at->loss_sum / (double)at->seen,
        .accuracy = (double)at->correct / (double)at->seen,
        .learning_rate = at->rate,
    };
    mien_status status = validate(t, &result, err);

    if (status)
        return status;
    result.seconds = clock_now_s() - t->started;
    result.best = early_stopping_see(&at->stopping, result.validation_accuracy, &at->stop);
    if (result.best)
        keep_best(t);
    schedule_see(&t->schedule, result.validation_loss);
    status = training_history_add(&t->history, &result, err);
    if (!status)
        trainer_tell(t, &result, NULL);
    return status;
}

/* Where the next epoch begins. */
static void begin_epoch(struct training_state *at, int64_t epoch)
{
    at->epoch = epoch;
    at->step = 0;
    at->loss_sum = at->elapsed = 0;
    at->seen = at->correct = 0;
}

static bool at_end(const struct trainer *t)
{
    return t->at.stop || t->at.epoch > t->recipe->epochs;
}

static mien_status run_epochs(struct trainer *t, mien_error *err)
{
    mien_status status = MIEN_OK;

    while (!at_end(t) && !t->cancelled && !status) {
        status = train_epoch(t, err);
        if (!status && t->at.step == t->steps)
            status = finish_epoch(t, err);
        if (status || t->at.step < t->steps)
            break;
        begin_epoch(&t->at, t->at.epoch + 1);
        t->started = clock_now_s();
        status = trainer_save(t, err);
    }
    return status;
}

mien_status training_run(struct network *network, const struct training_job *job,
                         struct training_history *ret_history, mien_error *err)
{
    struct trainer trainer = {
        .network = network,
        .job = job,
        .data = job->data,
        .recipe = job->recipe,
        .pool = job->pool,
        .peers = job->peers,
        .at.epoch = 1,
    };
    mien_status status = trainer_prepare(&trainer, err);

    if (!status)
        status = trainer_resume(&trainer, err);
    if (!status)
        status = run_epochs(&trainer, err);
    if (!status && !trainer.at.best_epoch)
        status = error_set(err, MIEN_ECANCELLED, "stopped before the first epoch was done");
    if (!status) {
        memcpy(network->block, trainer.best,
               network->architecture->block_floats * sizeof *trainer.best);
        trainer.history.best = (int)trainer.at.best_epoch;
        trainer.history.finished = at_end(&trainer);
        *ret_history = trainer.history;
    } else {
        training_history_free(&trainer.history);
    }
    trainer_release(&trainer);
    return status;
}
