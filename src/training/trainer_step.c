/* trainer_step.c - one step: load a batch, forward, losses, backward, move the weights.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "training/trainer_state.h"
#include "training/weight_average.h"

enum { PICTURES_A_TASK = 16 };

/* Every picture of an epoch has a stream of its own, by its row: the order does not matter. */
static void load_task(void *context, int index, int worker)
{
    const struct trainer *t = context;
    const struct dataset *d = t->data->dataset;
    uint64_t key = trainer_stream(t, STREAM_AUGMENTATION);
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
    return random_key(trainer_stream(t, STREAM_AUGMENTATION), UINT64_MAX - (uint64_t)t->at.step);
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
        if (trainer_trains(t, h))
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
    if (t->teacher)
        teacher_answer(t->teacher, plan_input(t->plan), t->batch_count,
                       t->recipe->teacher_temperature);
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
        if (trainer_trains(t, h))
            loss += head_loss(&t->heads[h], plan_output(t->plan, t->heads[h].output), t->targets[h],
                              t->teacher ? teacher_targets(t->teacher, h) : NULL, count,
                              plan_output_gradient(t->plan, t->heads[h].output));
    return loss;
}

double trainer_step(struct trainer *t)
{
    int64_t number = (t->at.epoch - 1) * t->steps + t->at.step;
    double loss;

    load_batch(t);
    plan_forward(t->plan, t->batch_count,
                 random_key(trainer_stream(t, STREAM_DROPOUT), (uint64_t)t->at.step));
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
