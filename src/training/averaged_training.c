/* averaged_training.c - steps of Adam, and the average of the weights.
 * SPDX-License-Identifier: MIT */
#include "training/averaged_training.h"

#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "training/weight_average.h"

#define AVERAGE_DECAY 0.998f /* a step */

static struct schedule plan_rates(const struct detector_training_options *options)
{
    struct schedule_options o;
    struct schedule schedule;

    schedule_options_init(&o);
    o.kind = SCHEDULE_COSINE;
    o.rate = options->learning_rate;
    o.least_rate = 0;
    o.warmup_epochs = (float)options->warm_up / (float)options->steps;
    schedule_init(&schedule, &o, 1, options->steps);
    return schedule;
}

mien_status averaged_training_open(struct network *average,
                                   const struct detector_training_options *options, bool bf16,
                                   struct thread_pool *pool, struct averaged_training *t,
                                   mien_error *err)
{
    const struct architecture *a = average->architecture;
    struct plan_options plan_options = {
        .batch = options->batch, .training = true, .bf16 = bf16, .pool = pool};
    mien_status status;

    *t = (struct averaged_training){.average = average,
                                    .options = options,
                                    .pool = pool,
                                    .schedule = plan_rates(options),
                                    .started = clock_now_s()};
    status = network_new(a, 0, &t->network, err);
    if (status)
        return status;
    memcpy(t->network->block, average->block, a->block_floats * sizeof *average->block);
    status = plan_new(t->network, &plan_options, &t->plan, err);
    return status ? status : optimizer_new(a, NULL, &t->optimizer, err);
}

void averaged_training_close(struct averaged_training *t)
{
    plan_free(t->plan);
    optimizer_free(t->optimizer);
    network_free(t->network);
}

uint64_t averaged_training_key(const struct averaged_training *t, int index)
{
    uint64_t number = (uint64_t)t->step * (uint64_t)t->options->batch + (uint64_t)index;

    return random_key(t->options->seed, number);
}

void averaged_training_apply(struct averaged_training *t)
{
    plan_backward(t->plan);
    optimizer_step(t->optimizer, t->network, plan_gradients(t->plan),
                   (float)schedule_rate(&t->schedule, t->step), t->pool);
    plan_update(t->plan);
    weight_average_update(t->average, t->network, AVERAGE_DECAY, t->step + 1, t->pool);
}

void averaged_training_follow(const struct averaged_training *t, double *mean, double value)
{
    *mean += (t->step < 50 ? 1.0 / (t->step + 1) : 0.02) * (value - *mean);
}

bool averaged_training_tell(const struct averaged_training *t, const struct detector_loss *loss,
                            detector_training_callback *callback, void *context)
{
    double speed = (t->step + 1) / (clock_now_s() - t->started);
    struct detector_training_progress progress = {
        .step = t->step + 1,
        .steps = t->options->steps,
        .loss = *loss,
        .pictures_per_second = speed * t->options->batch,
        .seconds_left = (t->options->steps - t->step - 1) / speed,
    };

    return !callback || callback(context, &progress);
}
