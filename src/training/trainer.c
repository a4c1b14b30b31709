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
#include "base/text.h"
#include "evaluation/metrics.h"
#include "evaluation/prediction.h"
#include "network/plan.h"
#include "network/softmax.h"
#include "training/loss.h"
#include "training/optimizer.h"
#include "training/schedule.h"

/* What the streams of random numbers are for. */
enum { STREAM_SHUFFLE, STREAM_DROPOUT, STREAM_AUGMENTATION, STREAMS };

struct trainer {
    struct network *network;
    const struct training_data *data;
    const struct training_options *options;
    struct thread_pool *pool;
    training_callback *callback;
    void *context;

    int output;
    size_t classes, pixels; /* of one picture */
    struct plan *plan;
    struct predictor *predictor;
    struct adam *adam;
    struct early_stopping stopping;
    struct plateau plateau;
    double rate;

    uint32_t *order; /* (train_count): this epoch's */
    float *targets;  /* (max(batch, validation_count), classes) */
    float *logits;   /* (validation_count, classes) */
    float *best;     /* (block_floats) */
    int best_epoch;  /* 0: none yet */

    /* of the epoch in progress */
    int epoch, steps;
    double loss_sum;
    size_t seen, correct;
    const uint32_t *batch_rows; /* (batch_count) */
    int batch_count;
    double started;
    bool cancelled;
};

void training_options_init(struct training_options *options)
{
    *options = (struct training_options){
        .epochs = 50,
        .batch = 256,
        .learning_rate = 1e-3f,
        .stop_patience = 10,
        .stop_min_delta = 1e-4,
        .plateau_patience = 3,
        .plateau_factor = 0.5,
        .least_rate = 1e-7,
    };
    augmentation_init(&options->augmentation);
}

void training_history_free(struct training_history *history)
{
    free(history->epochs);
    *history = (struct training_history){0};
}

char *training_history_csv(const struct training_history *history)
{
    struct text text = {0};

    text_add(&text, "epoch,loss,accuracy,validation_loss,validation_accuracy,learning_rate,"
                    "seconds\n");
    for (int i = 0; i < history->count; i++) {
        const struct training_epoch *e = &history->epochs[i];
        text_add(&text, "%d,%.6f,%.6f,%.6f,%.6f,%.9g,%.1f\n", e->epoch, e->loss, e->accuracy,
                 e->validation_loss, e->validation_accuracy, e->learning_rate, e->seconds);
    }
    if (text.failed)
        text_free(&text);
    return text.data;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static uint64_t stream(const struct trainer *t, int purpose)
{
    return random_key(t->options->seed, (uint64_t)t->epoch * STREAMS + (uint64_t)purpose);
}

/* --- checks --- */

static mien_status check_options(const struct training_options *o, mien_error *err)
{
    if (o->epochs < 1)
        return error_set(err, MIEN_EINVAL, "%d epochs: give 1 or more", o->epochs);
    if (!(o->learning_rate > 0) || !isfinite(o->learning_rate))
        return error_set(err, MIEN_EINVAL, "a learning rate of %g: give one above 0, like 0.001",
                         (double)o->learning_rate);
    if (o->stop_patience < 1 || o->plateau_patience < 1)
        return error_set(err, MIEN_EINVAL, "a patience of 0 epochs: give 1 or more");
    return MIEN_OK;
}

static mien_status check_rows(const struct training_data *data, size_t classes, mien_error *err)
{
    if (data->train_count == 0 || data->validation_count == 0)
        return error_set(err, MIEN_EINVAL, "no pictures for %s in this split",
                         data->train_count ? "validation" : "training");
    if ((size_t)data->dataset->label_count != classes)
        return error_set(err, MIEN_EINVAL,
                         "the data set has %d labels, the network's output has %zu",
                         data->dataset->label_count, classes);
    return MIEN_OK;
}

static mien_status check_network(const struct network *network, const struct dataset *dataset,
                                 mien_error *err)
{
    struct shape input = architecture_input(network->architecture);

    if (architecture_find_output(network->architecture, "expression") < 0)
        return error_set(err, MIEN_EINVAL, "the architecture has no output \"expression\"");
    if (input.C != 1 || input.H != dataset->height || input.W != dataset->width)
        return error_set(err, MIEN_EINVAL,
                         "the network takes %dx%dx%d, the data set's pictures are %dx%dx1", input.H,
                         input.W, input.C, dataset->height, dataset->width);
    return MIEN_OK;
}

/* --- making --- */

static mien_status allocate(struct trainer *t, mien_error *err)
{
    size_t rows = t->data->validation_count, batch = (size_t)t->options->batch;

    if (rows < batch)
        rows = batch;
    t->order = calloc(t->data->train_count, sizeof *t->order);
    t->targets = calloc(rows * t->classes, sizeof *t->targets);
    t->logits = calloc(t->data->validation_count * t->classes, sizeof *t->logits);
    t->best = memory_aligned_new(t->network->architecture->block_floats * sizeof *t->best);
    if (!t->order || !t->targets || !t->logits || !t->best)
        return error_memory(err, rows * t->classes * sizeof *t->targets);
    return MIEN_OK;
}

static mien_status prepare(struct trainer *t, mien_error *err)
{
    const struct training_options *o = t->options;
    struct plan_options plan_options = {
        .batch = o->batch, .training = true, .bf16 = o->bf16, .pool = t->pool};
    mien_status status = check_options(o, err);

    if (!status)
        status = check_network(t->network, t->data->dataset, err);
    if (status)
        return status;
    t->output = architecture_find_output(t->network->architecture, "expression");
    t->classes = shape_count(t->network->architecture->outputs[t->output].shape);
    t->pixels = shape_count(architecture_input(t->network->architecture));
    t->rate = o->learning_rate;
    t->steps = (int)((t->data->train_count + (size_t)o->batch - 1) / (size_t)o->batch);
    early_stopping_init(&t->stopping, o->stop_patience, o->stop_min_delta);
    plateau_init(&t->plateau, o->plateau_patience, o->plateau_factor, o->least_rate);
    status = check_rows(t->data, t->classes, err);
    if (!status)
        status = plan_new(t->network, &plan_options, &t->plan, err);
    if (!status)
        status = predictor_new(t->network, t->pool, &t->predictor, err);
    if (!status)
        status = adam_new(t->network->architecture, &t->adam, err);
    return status ? status : allocate(t, err);
}

static void release(struct trainer *t)
{
    plan_free(t->plan);
    predictor_free(t->predictor);
    adam_free(t->adam);
    free(t->order);
    free(t->targets);
    free(t->logits);
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
        augmentation_apply(&t->options->augmentation, dataset_picture(d, t->batch_rows[i]),
                           d->height, d->width, random_key(key, t->batch_rows[i]),
                           plan_input(t->plan) + (size_t)i * t->pixels);
}

static void set_targets(struct trainer *t, const uint32_t *rows, size_t count, float smoothing)
{
    for (size_t i = 0; i < count; i++)
        label_target(t->data->dataset->labels[rows[i]], t->classes, smoothing,
                     t->targets + i * t->classes);
}

static size_t count_correct(const struct trainer *t, const float *logits, const uint32_t *rows,
                            size_t count)
{
    size_t correct = 0;

    for (size_t i = 0; i < count; i++)
        correct +=
            largest_index(logits + i * t->classes, t->classes) == t->data->dataset->labels[rows[i]];
    return correct;
}

/* Takes the batch in batch_rows; returns its mean loss. */
static double train_step(struct trainer *t, int step)
{
    size_t count = (size_t)t->batch_count;
    double loss;

    thread_pool_run(t->pool, (t->batch_count + PICTURES_A_TASK - 1) / PICTURES_A_TASK, load_task,
                    t);
    set_targets(t, t->batch_rows, count, t->options->label_smoothing);
    plan_forward(t->plan, t->batch_count, random_key(stream(t, STREAM_DROPOUT), (uint64_t)step));
    for (int i = 0; i < t->network->architecture->output_count; i++)
        memset(plan_output_gradient(t->plan, i), 0,
               count * plan_output_floats(t->plan, i) * sizeof(float));
    loss = cross_entropy(plan_output(t->plan, t->output), t->targets, count, t->classes,
                         plan_output_gradient(t->plan, t->output));
    t->correct += count_correct(t, plan_output(t->plan, t->output), t->batch_rows, count);
    plan_backward(t->plan);
    adam_step(t->adam, t->network, plan_gradients(t->plan), (float)t->rate, t->pool);
    plan_update(t->plan);
    return loss;
}

/* --- one epoch --- */

static void tell(struct trainer *t, int step, const struct training_epoch *finished)
{
    double elapsed = now() - t->started, speed = (double)t->seen / elapsed;
    double left = (double)(t->options->epochs - t->epoch) * (double)t->data->train_count +
                  (double)(t->data->train_count - t->seen);
    struct training_progress progress = {
        .epoch = t->epoch,
        .epochs = t->options->epochs,
        .step = step,
        .steps = t->steps,
        .loss = t->loss_sum / (double)t->seen,
        .accuracy = (double)t->correct / (double)t->seen,
        .pictures_per_second = speed,
        .seconds_left = left / speed,
        .finished = finished,
    };

    if (t->callback && !t->callback(t->context, &progress))
        t->cancelled = true;
}

static void shuffle_rows(struct trainer *t)
{
    memcpy(t->order, t->data->train, t->data->train_count * sizeof *t->order);
    random_shuffle(stream(t, STREAM_SHUFFLE), t->order, t->data->train_count);
}

static mien_status train_epoch(struct trainer *t, mien_error *err)
{
    size_t batch = (size_t)t->options->batch;

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

static mien_status validate(struct trainer *t, struct training_epoch *result, mien_error *err)
{
    const struct training_data *d = t->data;
    mien_status status;

    predictor_update(t->predictor);
    status = predictor_run(t->predictor, d->dataset, d->validation, d->validation_count, t->output,
                           t->logits, err);
    if (status)
        return status;
    set_targets(t, d->validation, d->validation_count, 0);
    result->validation_loss =
        cross_entropy(t->logits, t->targets, d->validation_count, t->classes, NULL);
    result->validation_accuracy =
        (double)count_correct(t, t->logits, d->validation, d->validation_count) /
        (double)d->validation_count;
    return MIEN_OK;
}

static void keep_best(struct trainer *t)
{
    memcpy(t->best, t->network->block, t->network->architecture->block_floats * sizeof *t->best);
    t->best_epoch = t->epoch;
}

static mien_status append(struct training_history *history, const struct training_epoch *epoch,
                          mien_error *err)
{
    size_t count = (size_t)history->count + 1;
    struct training_epoch *epochs = realloc(history->epochs, count * sizeof *epochs);

    if (!epochs)
        return error_memory(err, count * sizeof *epochs);
    history->epochs = epochs;
    epochs[history->count++] = *epoch;
    return MIEN_OK;
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
    t->rate = plateau_see(&t->plateau, result.validation_loss, t->rate);
    status = append(history, &result, err);
    if (!status)
        tell(t, t->steps, &result);
    return status;
}

static mien_status run_epochs(struct trainer *t, struct training_history *history, mien_error *err)
{
    mien_status status = MIEN_OK;
    bool stop = false;

    for (t->epoch = 1; t->epoch <= t->options->epochs && !stop && !status; t->epoch++) {
        status = train_epoch(t, err);
        if (status || t->cancelled)
            break;
        status = finish_epoch(t, history, &stop, err);
        stop |= t->cancelled;
    }
    return status;
}

mien_status training_run(struct network *network, const struct training_data *data,
                         const struct training_options *options, struct thread_pool *pool,
                         training_callback *callback, void *context,
                         struct training_history *ret_history, mien_error *err)
{
    struct trainer trainer = {
        .network = network,
        .data = data,
        .options = options,
        .pool = pool,
        .callback = callback,
        .context = context,
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
