/* landmark_trainer.c - samples, loss and steps of the landmark network's training.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "training/landmark_trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "face/landmarks.h"
#include "network/plan.h"
#include "training/optimizer.h"
#include "training/weight_average.h"

#define AVERAGE_DECAY 0.998f /* a step */
#define BETA 0.02f           /* errors below count as squares; sides of the square */

enum { PIXELS = LANDMARKS_SIDE * LANDMARKS_SIDE };

struct landmark_trainer {
    struct network *network; /* is trained */
    struct network *average; /* of it; borrowed */
    const struct detector_data *data;
    const struct detector_training_options *options;
    struct thread_pool *pool;
    struct plan *plan;
    struct optimizer *optimizer;
    int output, step;
    float *numbers;        /* (batch, LANDMARKS_NUMBERS): what is right */
    mien_status *statuses; /* (batch) */
    double recent;         /* a running mean of the loss */
    double started;
};

static mien_status prepare(struct landmark_trainer *t, mien_error *err)
{
    const struct architecture *a = t->average->architecture;
    size_t batch = (size_t)t->options->batch;
    struct plan_options plan_options = {
        .batch = t->options->batch, .training = true, .pool = t->pool};
    mien_status status;

    t->output = architecture_find_output(a, "landmarks");
    if (t->output < 0 || a->outputs[t->output].shape.C != LANDMARKS_NUMBERS)
        return error_set(err, MIEN_EINVAL, "the architecture places no landmarks");
    t->numbers = calloc(batch, LANDMARKS_NUMBERS * sizeof *t->numbers);
    t->statuses = calloc(batch, sizeof *t->statuses);
    if (!t->numbers || !t->statuses)
        return error_memory(err, batch * LANDMARKS_NUMBERS * sizeof *t->numbers);
    status = network_new(a, 0, &t->network, err);
    if (status)
        return status;
    memcpy(t->network->block, t->average->block, a->block_floats * sizeof *t->network->block);
    status = plan_new(t->network, &plan_options, &t->plan, err);
    return status ? status : optimizer_new(a, NULL, &t->optimizer, err);
}

static void release(struct landmark_trainer *t)
{
    plan_free(t->plan);
    optimizer_free(t->optimizer);
    network_free(t->network);
    free(t->numbers);
    free(t->statuses);
}

static void make_sample(void *context, int index, int worker)
{
    struct landmark_trainer *t = context;
    uint64_t number = (uint64_t)t->step * (uint64_t)t->options->batch + (uint64_t)index;

    (void)worker;
    t->statuses[index] = landmark_sample_make(t->data, random_key(t->options->seed, number),
                                              plan_input(t->plan) + index * PIXELS,
                                              t->numbers + index * LANDMARKS_NUMBERS, NULL);
}

/* Mean over the batch of the smooth L1 of all numbers (Girshick, ICCV 2015), and its gradient. */
static double compute_loss(struct landmark_trainer *t)
{
    const float *y = plan_output(t->plan, t->output);
    float *dy = plan_output_gradient(t->plan, t->output);
    int count = t->options->batch * LANDMARKS_NUMBERS;
    double loss = 0;

    for (int i = 0; i < count; i++) {
        float error = y[i] - t->numbers[i], size = fabsf(error);
        loss += size < BETA ? error * error / (2 * BETA) : size - BETA / 2;
        dy[i] = (size < BETA ? error / BETA : copysignf(1, error)) / (float)count;
    }
    return loss / count;
}

static mien_status train_step(struct landmark_trainer *t, mien_error *err)
{
    const struct detector_training_options *o = t->options;
    double loss;

    thread_pool_run(t->pool, o->batch, make_sample, t);
    for (int i = 0; i < o->batch; i++)
        if (t->statuses[i])
            return error_set(err, t->statuses[i], "a sample could not be made");
    plan_forward(t->plan, o->batch, random_key(o->seed, (uint64_t)t->step));
    loss = compute_loss(t);
    if (!isfinite(loss))
        return error_set(err, MIEN_EINVAL, "the loss is no longer a number at step %d",
                         t->step + 1);
    plan_backward(t->plan);
    optimizer_step(t->optimizer, t->network, plan_gradients(t->plan),
                   detector_learning_rate(o, t->step), t->pool);
    plan_update(t->plan);
    weight_average_update(t->average, t->network, AVERAGE_DECAY, t->step + 1, t->pool);
    t->recent += (t->step < 50 ? 1.0 / (t->step + 1) : 0.02) * (loss - t->recent);
    return MIEN_OK;
}

static bool tell(const struct landmark_trainer *t, detector_training_callback *callback,
                 void *context)
{
    double speed = (t->step + 1) / (clock_now_s() - t->started);
    struct detector_training_progress progress = {
        .step = t->step + 1,
        .steps = t->options->steps,
        .loss = {.landmarks = t->recent, .positives = t->options->batch},
        .pictures_per_second = speed * t->options->batch,
        .seconds_left = (t->options->steps - t->step - 1) / speed,
    };

    return !callback || callback(context, &progress);
}

mien_status landmark_training_run(struct network *network, const struct detector_data *data,
                                  const struct detector_training_options *options,
                                  struct thread_pool *pool, detector_training_callback *callback,
                                  void *context, mien_error *err)
{
    struct landmark_trainer t = {.average = network,
                                 .data = data,
                                 .options = options,
                                 .pool = pool,
                                 .started = clock_now_s()};
    mien_status status = prepare(&t, err);
    bool going = true;

    for (t.step = 0; t.step < options->steps && going && !status; t.step++) {
        status = train_step(&t, err);
        if (!status)
            going = tell(&t, callback, context);
    }
    release(&t);
    return status;
}
