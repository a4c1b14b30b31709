/* trainer.c - the training loop.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "training/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/random.h"
#include "evaluation/prediction.h"
#include "network/plan.h"
#include "training/checkpoint.h"
#include "training/head.h"
#include "training/weight_average.h"

/* What the streams of random numbers are for. */
enum { STREAM_SHUFFLE, STREAM_DROPOUT, STREAM_AUGMENTATION, STREAMS };

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

    uint32_t *order;                 /* (train_count): this epoch's */
    float *targets[HEADS];           /* (batch, classes) */
    float *validation_target[HEADS]; /* (validation_count, classes) */
    float *logits[HEADS];            /* (validation_count, classes) */
    float *shares;                   /* (batch): of mixed pictures */
    float *best;                     /* (block_floats) */

    struct training_state at;
    struct training_history history;
    struct checkpoint_origin origin;
    const uint32_t *batch_rows; /* (batch_count) */
    int batch_count;
    double started, saved; /* when: this epoch, the last checkpoint */
    bool cancelled, has_checkpoint;
};

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static uint64_t stream(const struct trainer *t, int purpose)
{
    return random_key((uint64_t)t->recipe->seed,
                      (uint64_t)t->at.epoch * STREAMS + (uint64_t)purpose);
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
    early_stopping_init(&t->at.stopping, r->stop_patience, (double)r->stop_min_delta);
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
static uint64_t mixing_key(const struct trainer *t)
{
    return random_key(stream(t, STREAM_AUGMENTATION), UINT64_MAX - (uint64_t)t->at.step);
}

static void mix(struct trainer *t)
{
    const struct mixing *mixing = &t->recipe->mixing;
    const struct dataset *d = t->data->dataset;

    if (!(mixing->mixup_alpha > 0 || mixing->cutmix_alpha > 0))
        return;
    mixing_apply(mixing, plan_input(t->plan), t->batch_count, d->height, d->width, mixing_key(t),
                 t->pool, t->shares);
    for (int h = 0; h < HEADS; h++)
        if (trains(t, h))
            mixing_targets(t->shares, t->batch_count, t->heads[h].classes, t->targets[h]);
}

/* Pictures and targets of the batch in batch_rows. */
static void load_batch(struct trainer *t)
{
    int tasks = (t->batch_count + PICTURES_A_TASK - 1) / PICTURES_A_TASK;

    thread_pool_run(t->pool, tasks, load_task, t);
    for (int h = 0; h < HEADS; h++)
        if (t->targets[h])
            head_targets(&t->heads[h], t->batch_rows, (size_t)t->batch_count, true, t->targets[h]);
    mix(t);
}

/* The loss of all heads; their gradients go to the plan. */
static double take_losses(struct trainer *t)
{
    size_t count = (size_t)t->batch_count, counted;
    const struct head *expression = &t->heads[HEAD_EXPRESSION];
    double loss = 0;

    t->at.correct += head_correct(expression, plan_output(t->plan, expression->output),
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
static double train_step(struct trainer *t)
{
    int64_t number = (t->at.epoch - 1) * t->steps + t->at.step;
    double loss;

    load_batch(t);
    plan_forward(t->plan, t->batch_count,
                 random_key(stream(t, STREAM_DROPOUT), (uint64_t)t->at.step));
    loss = take_losses(t);
    plan_backward(t->plan);
    t->at.rate = schedule_rate(&t->schedule, number);
    optimizer_step(t->optimizer, t->network, plan_gradients(t->plan), (float)t->at.rate, t->pool);
    if (t->average)
        weight_average_update(t->average, t->network, t->recipe->ema_decay, t->optimizer->step,
                              t->pool);
    plan_update(t->plan);
    return loss;
}

/* --- what the caller hears --- */

static void tell(struct trainer *t, const struct training_epoch *finished, const char *warning)
{
    const struct training_state *at = &t->at;
    double elapsed = now() - t->started, speed = (double)at->seen / elapsed;
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
        t->cancelled = true;
}

/* --- checkpoints --- */

static void hash_rows(struct sha256 *hash, const uint32_t *rows, size_t count)
{
    uint64_t number = count;

    sha256_update(hash, &number, sizeof number);
    sha256_update(hash, rows, count * sizeof *rows);
}

static void hash_data(const struct training_data *d, uint8_t *ret_digest)
{
    uint8_t digest[SHA256_BYTES];
    struct sha256 hash;

    dataset_sha256(d->dataset, digest);
    sha256_init(&hash);
    sha256_update(&hash, digest, sizeof digest);
    hash_rows(&hash, d->train, d->train_count);
    hash_rows(&hash, d->validation, d->validation_count);
    if (d->votes)
        sha256_update(&hash, d->votes->votes, d->votes->count * VOTES_COLUMNS);
    sha256_final(&hash, ret_digest);
}

static void hash_text(const char *text, uint8_t *ret_digest)
{
    struct sha256 hash;

    sha256_init(&hash);
    sha256_update(&hash, text, strlen(text));
    sha256_final(&hash, ret_digest);
}

static mien_status find_origin(struct trainer *t, mien_error *err)
{
    struct text recipe = {0};

    recipe_write(t->recipe, "\n", &recipe);
    if (recipe.failed)
        return error_memory(err, recipe.length);
    hash_text(t->network->architecture->text, t->origin.digests[CHECKPOINT_ARCHITECTURE]);
    hash_text(recipe.data, t->origin.digests[CHECKPOINT_RECIPE]);
    hash_text(t->job->bf16 ? "bf16" : "f32", t->origin.digests[CHECKPOINT_ARITHMETIC]);
    hash_data(t->data, t->origin.digests[CHECKPOINT_DATA]);
    text_free(&recipe);
    return MIEN_OK;
}

enum { PARTS_MAX = 7 };

/* The parts of a checkpoint and where they lie here; the history comes last, for its length is
 * not known before. */
static int list_parts(struct trainer *t, struct checkpoint_part *parts)
{
    size_t bytes = t->network->architecture->block_floats * sizeof(float);
    int count = 0;

    parts[count++] = (struct checkpoint_part){&t->at, sizeof t->at};
    parts[count++] = (struct checkpoint_part){t->network->block, bytes};
    parts[count++] = (struct checkpoint_part){t->best, bytes};
    for (int i = 0; i < OPTIMIZER_SLOTS; i++)
        if (t->optimizer->slots[i])
            parts[count++] = (struct checkpoint_part){t->optimizer->slots[i], bytes};
    if (t->average)
        parts[count++] = (struct checkpoint_part){t->average->block, bytes};
    parts[count++] = (struct checkpoint_part){t->history.epochs,
                                              (size_t)t->history.count * sizeof *t->history.epochs};
    return count;
}

static mien_status diverged(const struct trainer *t, mien_error *err)
{
    return error_set(err, MIEN_EINVAL,
                     "the loss is no longer a number at epoch %lld, step %lld: a lower learning "
                     "rate than %g may help%s%s",
                     (long long)t->at.epoch, (long long)t->at.step, t->at.rate,
                     t->has_checkpoint ? "; the state before is in " : "",
                     t->has_checkpoint ? t->job->checkpoint : "");
}

static bool all_finite(const float *values, size_t count)
{
    float sum = 0; /* 0 times what is not finite is NaN */

    for (size_t i = 0; i < count; i++)
        sum += 0 * values[i];
    return sum == 0;
}

/* Weights that are spoilt must not take the place of good ones. A file that cannot be written is
 * only a warning: the training goes on, and the one before is still there. */
static mien_status save(struct trainer *t, mien_error *err)
{
    struct checkpoint_part parts[PARTS_MAX];
    mien_error failure;
    int count;

    if (!t->job->checkpoint)
        return MIEN_OK;
    if (!all_finite(t->network->block, t->network->architecture->block_floats))
        return diverged(t, err);
    t->at.elapsed = now() - t->started;
    t->at.optimizer_step = t->optimizer->step;
    t->at.plateau = t->schedule.plateau;
    t->at.plateau_rate = t->schedule.plateau_rate;
    count = list_parts(t, parts);
    if (checkpoint_write(t->job->checkpoint, &t->origin, parts, count, &failure))
        tell(t, NULL, failure.message);
    else
        t->has_checkpoint = true;
    t->saved = now();
    return MIEN_OK;
}

static mien_status load_history(struct trainer *t, const struct checkpoint_part *part,
                                mien_error *err)
{
    const struct training_epoch *epochs = part->data;
    mien_status status = MIEN_OK;

    for (size_t i = 0; i < part->bytes / sizeof *epochs && !status; i++)
        status = training_history_add(&t->history, &epochs[i], err);
    return status;
}

static mien_status load_parts(struct trainer *t, const struct checkpoint *checkpoint,
                              mien_error *err)
{
    struct checkpoint_part parts[PARTS_MAX];
    int count = list_parts(t, parts);

    if (checkpoint->count != count)
        return error_set(err, MIEN_ECORRUPT, "%s: a checkpoint of another form",
                         t->job->checkpoint);
    for (int i = 0; i < count - 1; i++) {
        if (checkpoint->parts[i].bytes != parts[i].bytes)
            return error_set(err, MIEN_ECORRUPT, "%s: a checkpoint of another form",
                             t->job->checkpoint);
        memcpy((void *)parts[i].data, checkpoint->parts[i].data, parts[i].bytes);
    }
    return load_history(t, &checkpoint->parts[count - 1], err);
}

/* Goes to where the checkpoint, if there is one, was made. */
static mien_status resume(struct trainer *t, mien_error *err)
{
    struct checkpoint checkpoint;
    mien_status status;

    if (!t->job->checkpoint)
        return MIEN_OK;
    status = find_origin(t, err);
    if (status || !t->job->resume || access(t->job->checkpoint, F_OK))
        return status;
    status = checkpoint_open(t->job->checkpoint, &t->origin, &checkpoint, err);
    if (status)
        return status;
    status = load_parts(t, &checkpoint, err);
    checkpoint_close(&checkpoint);
    t->has_checkpoint = !status;
    t->optimizer->step = t->at.optimizer_step;
    t->schedule.plateau = t->at.plateau;
    t->schedule.plateau_rate = t->at.plateau_rate;
    plan_update(t->plan);
    return status;
}

/* --- one epoch --- */

static void shuffle_rows(struct trainer *t)
{
    memcpy(t->order, t->data->train, t->data->train_count * sizeof *t->order);
    random_shuffle(stream(t, STREAM_SHUFFLE), t->order, t->data->train_count);
}

static mien_status take_step(struct trainer *t, mien_error *err)
{
    size_t batch = (size_t)t->recipe->batch;
    size_t first = (size_t)t->at.step * batch, left = t->data->train_count - first;
    mien_status status = MIEN_OK;
    double loss;

    t->batch_rows = t->order + first;
    t->batch_count = (int)(left < batch ? left : batch);
    loss = train_step(t);
    t->at.step++;
    if (!isfinite(loss))
        return diverged(t, err);
    t->at.loss_sum += loss * t->batch_count;
    t->at.seen += (uint64_t)t->batch_count;
    tell(t, NULL, NULL);
    if (t->cancelled || now() - t->saved >= t->job->checkpoint_seconds)
        status = save(t, err);
    return status;
}

static mien_status train_epoch(struct trainer *t, mien_error *err)
{
    mien_status status = MIEN_OK;

    shuffle_rows(t);
    t->started = now() - t->at.elapsed;
    if (!(t->saved > 0))
        t->saved = now();
    while (t->at.step < t->steps && !t->cancelled && !status)
        status = take_step(t, err);
    return status;
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
    result.seconds = now() - t->started;
    result.best = early_stopping_see(&at->stopping, result.validation_accuracy, &at->stop);
    if (result.best)
        keep_best(t);
    schedule_see(&t->schedule, result.validation_loss);
    status = training_history_add(&t->history, &result, err);
    if (!status)
        tell(t, &result, NULL);
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
        t->started = now();
        status = save(t, err);
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
        .at.epoch = 1,
    };
    mien_status status = prepare(&trainer, err);

    if (!status)
        status = resume(&trainer, err);
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
    release(&trainer);
    return status;
}
