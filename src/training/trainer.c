/* trainer.c - the training loop.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "training/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/random.h"
#include "evaluation/prediction.h"
#include "network/plan.h"
#include "training/head.h"
#include "training/weight_average.h"

/* What the streams of random numbers are for. */
enum { STREAM_SHUFFLE, STREAM_DROPOUT, STREAM_AUGMENTATION, STREAMS };

struct trainer {
    struct network *network;
    const struct training_job *job;
    const struct training_data *data;
    const struct recipe *recipe;
    struct thread_pool *pool;

    struct head heads[HEADS];
    size_t pixels; /* of one picture */
    struct plan *plan;
    struct predictor *predictor; /* of `kept` */
    struct optimizer *optimizer;
    struct network *average; /* NULL without a moving average */
    struct network *kept;    /* borrowed: what is validated and kept, `average` or `network` */
    struct early_stopping stopping;
    struct schedule schedule;

    uint32_t *order;                 /* (train_count): this epoch's */
    float *targets[HEADS];           /* (batch, classes) */
    float *validation_target[HEADS]; /* (validation_count, classes) */
    float *logits[HEADS];            /* (validation_count, classes) */
    float *shares;                   /* (batch): of mixed pictures */
    float *best;                     /* (block_floats) */
    int best_epoch;                  /* 0: none yet */

    /* of the epoch in progress */
    int epoch, steps;
    double rate, loss_sum;
    size_t seen, correct;
    const uint32_t *batch_rows; /* (batch_count) */
    int batch_count;
    double started;
    bool cancelled;
};

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static uint64_t stream(const struct trainer *t, int purpose)
{
    return random_key((uint64_t)t->recipe->seed, (uint64_t)t->epoch * STREAMS + (uint64_t)purpose);
}

static bool trains(const struct trainer *t, int head)
{
    return t->heads[head].weight > 0;
}

/* --- checks --- */

static mien_status check_rows(const struct training_data *data, const struct recipe *recipe,
                              mien_error *err)
{
    if (data->train_count == 0 || data->validation_count == 0)
        return error_set(err, MIEN_EINVAL, "no pictures for %s in this split",
                         data->train_count ? "validation" : "training");
    if ((size_t)recipe->batch > data->train_count)
        return error_set(err, MIEN_EINVAL,
                         "a batch of %lld from %zu pictures for training: give a batch of at most "
                         "that",
                         (long long)recipe->batch, data->train_count);
    return MIEN_OK;
}

static mien_status check_network(const struct network *network, const struct dataset *dataset,
                                 mien_error *err)
{
    struct shape input = architecture_input(network->architecture);

    if (input.C != 1 || input.H != dataset->height || input.W != dataset->width)
        return error_set(err, MIEN_EINVAL,
                         "the network takes %dx%dx%d, the data set's pictures are %dx%dx1", input.H,
                         input.W, input.C, dataset->height, dataset->width);
    return MIEN_OK;
}

/* --- making --- */

static mien_status make_heads(struct trainer *t, mien_error *err)
{
    const struct training_data *d = t->data;
    mien_status status = MIEN_OK;

    for (int h = 0; h < HEADS && !status; h++)
        status = head_init(&t->heads[h], (enum head_kind)h, t->network->architecture, t->recipe,
                           d->dataset, d->votes, d->train, d->train_count, err);
    if (!status && !trains(t, HEAD_EXPRESSION) && !trains(t, HEAD_VOTES))
        status = error_set(err, MIEN_EINVAL,
                           "expression_weight and votes_weight are 0: nothing "
                           "to train");
    return status;
}

static mien_status allocate_head(struct trainer *t, int head, mien_error *err)
{
    size_t classes = t->heads[head].classes, rows = t->data->validation_count;

    t->targets[head] = calloc((size_t)t->recipe->batch * classes, sizeof(float));
    t->validation_target[head] = calloc(rows * classes, sizeof(float));
    t->logits[head] = calloc(rows * classes, sizeof(float));
    if (!t->targets[head] || !t->validation_target[head] || !t->logits[head])
        return error_memory(err, rows * classes * sizeof(float));
    head_targets(&t->heads[head], t->data->validation, rows, false, t->validation_target[head]);
    return MIEN_OK;
}

static mien_status allocate(struct trainer *t, mien_error *err)
{
    size_t floats = t->network->architecture->block_floats;

    t->order = calloc(t->data->train_count, sizeof *t->order);
    t->shares = calloc((size_t)t->recipe->batch, sizeof *t->shares);
    t->best = memory_aligned_new(floats * sizeof *t->best);
    if (!t->order || !t->shares || !t->best)
        return error_memory(err, floats * sizeof *t->best);
    for (int h = 0; h < HEADS; h++) {
        mien_status status = MIEN_OK;
        if (h == HEAD_EXPRESSION || trains(t, h))
            status = allocate_head(t, h, err);
        if (status)
            return status;
    }
    return MIEN_OK;
}

/* A second network whose parameters start as the first one's. */
static mien_status make_average(struct trainer *t, mien_error *err)
{
    const struct architecture *a = t->network->architecture;
    mien_status status;

    t->kept = t->network;
    if (!(t->recipe->ema_decay > 0))
        return MIEN_OK;
    status = network_new(a, 0, &t->average, err);
    if (status)
        return status;
    memcpy(t->average->block, t->network->block, a->block_floats * sizeof(float));
    t->kept = t->average;
    return MIEN_OK;
}

static mien_status prepare(struct trainer *t, mien_error *err)
{
    const struct recipe *r = t->recipe;
    struct plan_options plan_options = {
        .batch = (int)r->batch, .training = true, .bf16 = t->job->bf16, .pool = t->pool};
    mien_status status = recipe_check(r, err);

    if (!status)
        status = check_network(t->network, t->data->dataset, err);
    if (!status)
        status = check_rows(t->data, r, err);
    if (!status)
        status = make_heads(t, err);
    if (status)
        return status;
    t->pixels = shape_count(architecture_input(t->network->architecture));
    t->steps = (int)((t->data->train_count + (size_t)r->batch - 1) / (size_t)r->batch);
    early_stopping_init(&t->stopping, r->stop_patience, (double)r->stop_min_delta);
    schedule_init(&t->schedule, &r->schedule, r->epochs, t->steps);
    status = make_average(t, err);
    if (!status)
        status = plan_new(t->network, &plan_options, &t->plan, err);
    if (!status)
        status = predictor_new(t->kept, t->pool, &t->predictor, err);
    if (!status)
        status = optimizer_new(t->network->architecture, &r->optimizer, &t->optimizer, err);
    return status ? status : allocate(t, err);
}

static void release(struct trainer *t)
{
    plan_free(t->plan);
    predictor_free(t->predictor);
    optimizer_free(t->optimizer);
    network_free(t->average);
    for (int h = 0; h < HEADS; h++) {
        head_release(&t->heads[h]);
        free(t->targets[h]);
        free(t->validation_target[h]);
        free(t->logits[h]);
    }
    free(t->order);
    free(t->shares);
    free(t->best);
}

/* --- one step --- */

enum { PICTURES_A_TASK = 16 };

/* Every picture of an epoch has a stream of its own, by its row: the order does not matter. */
static void load_task(void *context, int index, int worker)
{
    const struct trainer *t = context;
    const struct dataset *d = t->data->dataset;
    uint64_t key = stream(t, STREAM_AUGMENTATION);
    int first = index * PICTURES_A_TASK, end = first + PICTURES_A_TASK;

    (void)worker;
    if (end > t->batch_count)
        end = t->batch_count;
    for (int i = first; i < end; i++)
        augmentation_apply(&t->recipe->augmentation, dataset_picture(d, t->batch_rows[i]),
                           d->height, d->width, random_key(key, t->batch_rows[i]),
                           plan_input(t->plan) + (size_t)i * t->pixels);
}

/* Pictures have their rows' keys in the same stream, from its other end. */
static uint64_t mixing_key(const struct trainer *t, int step)
{
    return random_key(stream(t, STREAM_AUGMENTATION), UINT64_MAX - (uint64_t)step);
}

static void mix(struct trainer *t, int step)
{
    const struct mixing *mixing = &t->recipe->mixing;
    const struct dataset *d = t->data->dataset;

    if (!(mixing->mixup_alpha > 0 || mixing->cutmix_alpha > 0))
        return;
    mixing_apply(mixing, plan_input(t->plan), t->batch_count, d->height, d->width,
                 mixing_key(t, step), t->pool, t->shares);
    for (int h = 0; h < HEADS; h++)
        if (trains(t, h))
            mixing_targets(t->shares, t->batch_count, t->heads[h].classes, t->targets[h]);
}

/* Pictures and targets of the batch in batch_rows. */
static void load_batch(struct trainer *t, int step)
{
    int tasks = (t->batch_count + PICTURES_A_TASK - 1) / PICTURES_A_TASK;

    thread_pool_run(t->pool, tasks, load_task, t);
    for (int h = 0; h < HEADS; h++)
        if (t->targets[h])
            head_targets(&t->heads[h], t->batch_rows, (size_t)t->batch_count, true, t->targets[h]);
    mix(t, step);
}

/* The loss of all heads; their gradients go to the plan. */
static double take_losses(struct trainer *t)
{
    size_t count = (size_t)t->batch_count, counted;
    const struct head *expression = &t->heads[HEAD_EXPRESSION];
    double loss = 0;

    t->correct += head_correct(expression, plan_output(t->plan, expression->output),
                               t->targets[HEAD_EXPRESSION], count, &counted);
    for (int i = 0; i < t->network->architecture->output_count; i++)
        memset(plan_output_gradient(t->plan, i), 0,
               count * plan_output_floats(t->plan, i) * sizeof(float));
    for (int h = 0; h < HEADS; h++)
        if (trains(t, h))
            loss += head_loss(&t->heads[h], plan_output(t->plan, t->heads[h].output), t->targets[h],
                              count, plan_output_gradient(t->plan, t->heads[h].output));
    return loss;
}

/* Takes the batch in batch_rows; returns its mean loss. */
static double train_step(struct trainer *t, int step)
{
    int64_t number = (int64_t)(t->epoch - 1) * t->steps + step;
    double loss;

    load_batch(t, step);
    plan_forward(t->plan, t->batch_count, random_key(stream(t, STREAM_DROPOUT), (uint64_t)step));
    loss = take_losses(t);
    plan_backward(t->plan);
    t->rate = schedule_rate(&t->schedule, number);
    optimizer_step(t->optimizer, t->network, plan_gradients(t->plan), (float)t->rate, t->pool);
    if (t->average)
        weight_average_update(t->average, t->network, t->recipe->ema_decay, t->optimizer->step,
                              t->pool);
    plan_update(t->plan);
    return loss;
}

/* --- one epoch --- */

static void tell(struct trainer *t, int step, const struct training_epoch *finished)
{
    double elapsed = now() - t->started, speed = (double)t->seen / elapsed;
    double left = (double)(t->recipe->epochs - t->epoch) * (double)t->data->train_count +
                  (double)(t->data->train_count - t->seen);
    struct training_progress progress = {
        .epoch = t->epoch,
        .epochs = (int)t->recipe->epochs,
        .step = step,
        .steps = t->steps,
        .loss = t->loss_sum / (double)t->seen,
        .accuracy = (double)t->correct / (double)t->seen,
        .pictures_per_second = speed,
        .seconds_left = left / speed,
        .finished = finished,
    };

    if (t->job->callback && !t->job->callback(t->job->context, &progress))
        t->cancelled = true;
}

static void shuffle_rows(struct trainer *t)
{
    memcpy(t->order, t->data->train, t->data->train_count * sizeof *t->order);
    random_shuffle(stream(t, STREAM_SHUFFLE), t->order, t->data->train_count);
}

static mien_status train_epoch(struct trainer *t, mien_error *err)
{
    size_t batch = (size_t)t->recipe->batch;

    shuffle_rows(t);
    t->loss_sum = 0;
    t->seen = t->correct = 0;
    t->started = now();
    for (int step = 0; step < t->steps && !t->cancelled; step++) {
        size_t first = (size_t)step * batch, left = t->data->train_count - first;
        double loss;
        t->batch_rows = t->order + first;
        t->batch_count = (int)(left < batch ? left : batch);
        loss = train_step(t, step);
        if (!isfinite(loss))
            return error_set(err, MIEN_EINVAL,
                             "the loss is no longer a number at epoch %d, step %d: a lower "
                             "learning rate than %g may help",
                             t->epoch, step + 1, t->rate);
        t->loss_sum += loss * t->batch_count;
        t->seen += (size_t)t->batch_count;
        tell(t, step + 1, NULL);
    }
    return MIEN_OK;
}

/* Mean loss and accuracy of a head on the validation part, over the pictures that it has targets
 * for. */
static void measure_head(const struct trainer *t, int head, double *ret_loss, double *ret_accuracy)
{
    const struct head *h = &t->heads[head];
    size_t rows = t->data->validation_count, counted, correct;
    double loss =
        cross_entropy(t->logits[head], t->validation_target[head], rows, h->classes, NULL);

    correct = head_correct(h, t->logits[head], t->validation_target[head], rows, &counted);
    *ret_loss = counted ? loss * (double)rows / (double)counted : 0;
    *ret_accuracy = counted ? (double)correct / (double)counted : 0;
}

static mien_status validate(struct trainer *t, struct training_epoch *result, mien_error *err)
{
    const struct training_data *d = t->data;
    float *logits[ARCHITECTURE_OUTPUTS_MAX] = {NULL};
    mien_status status;

    for (int h = 0; h < HEADS; h++)
        if (t->logits[h])
            logits[t->heads[h].output] = t->logits[h];
    predictor_update(t->predictor);
    status = predictor_run_outputs(t->predictor, d->dataset, d->validation, d->validation_count,
                                   logits, err);
    if (status)
        return status;
    measure_head(t, HEAD_EXPRESSION, &result->validation_loss, &result->validation_accuracy);
    result->has_votes = trains(t, HEAD_VOTES);
    if (result->has_votes)
        measure_head(t, HEAD_VOTES, &result->votes_loss, &result->votes_accuracy);
    return MIEN_OK;
}

static void keep_best(struct trainer *t)
{
    memcpy(t->best, t->kept->block, t->network->architecture->block_floats * sizeof *t->best);
    t->best_epoch = t->epoch;
}

/* Validates, records and judges the epoch just trained. */
static mien_status finish_epoch(struct trainer *t, struct training_history *history, bool *ret_stop,
                                mien_error *err)
{
    struct training_epoch result = {
        .epoch = t->epoch,
        .loss = t->loss_sum / (double)t->seen,
        .accuracy = (double)t->correct / (double)t->seen,
        .learning_rate = t->rate,
    };
    mien_status status = validate(t, &result, err);

    if (status)
        return status;
    result.seconds = now() - t->started;
    result.best = early_stopping_see(&t->stopping, result.validation_accuracy, ret_stop);
    if (result.best)
        keep_best(t);
    schedule_see(&t->schedule, result.validation_loss);
    status = training_history_add(history, &result, err);
    if (!status)
        tell(t, t->steps, &result);
    return status;
}

static mien_status run_epochs(struct trainer *t, struct training_history *history, mien_error *err)
{
    mien_status status = MIEN_OK;
    bool stop = false;

    for (t->epoch = 1; t->epoch <= t->recipe->epochs && !stop && !status; t->epoch++) {
        status = train_epoch(t, err);
        if (status || t->cancelled)
            break;
        status = finish_epoch(t, history, &stop, err);
        stop |= t->cancelled;
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
    };
    struct training_history history = {0};
    mien_status status = prepare(&trainer, err);

    if (!status)
        status = run_epochs(&trainer, &history, err);
    if (!status && !trainer.best_epoch)
        status = error_set(err, MIEN_ECANCELLED, "stopped before the first epoch was done");
    if (!status) {
        memcpy(network->block, trainer.best,
               network->architecture->block_floats * sizeof *trainer.best);
        history.best = trainer.best_epoch;
        *ret_history = history;
    } else {
        training_history_free(&history);
    }
    release(&trainer);
    return status;
}
