/* trainer_step.c - one step: load a batch, forward, losses, backward, move the weights.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "training/trainer_state.h"
#include "training/weight_average.h"

enum { PICTURES_A_TASK = 16 };

/* Pictures to be loaded. */
struct loading {
    const struct trainer *t;
    const uint32_t *rows; /* (count) */
    int count;
    float *levels; /* (count, H, W) */
};

/* Every picture of an epoch has a stream of its own, by its row: the order does not matter. */
static void load_task(void *context, int index, int worker)
{
    const struct loading *l = context;
    const struct dataset *d = l->t->data->dataset;
    uint64_t key = trainer_stream(l->t, STREAM_AUGMENTATION);
    int first = index * PICTURES_A_TASK, end = first + PICTURES_A_TASK;

    (void)worker;
    if (end > l->count)
        end = l->count;
    for (int i = first; i < end; i++)
        augmentation_apply(&l->t->recipe->augmentation, dataset_picture(d, l->rows[i]), d->height,
                           d->width, random_key(key, l->rows[i]),
                           l->levels + (size_t)i * l->t->pixels);
}

static void load(const struct trainer *t, const uint32_t *rows, int count, float *ret_levels)
{
    struct loading loading = {t, rows, count, ret_levels};

    thread_pool_run(t->pool, (count + PICTURES_A_TASK - 1) / PICTURES_A_TASK, load_task, &loading);
}

/* Pictures have their rows' keys in the same stream, from its other end. */
static uint64_t mixing_key(const struct trainer *t)
{
    return random_key(trainer_stream(t, STREAM_AUGMENTATION), UINT64_MAX - (uint64_t)t->at.step);
}

/* Pictures of the batch in pairs, and their targets. */
static void mix(struct trainer *t, float *levels)
{
    const struct dataset *d = t->data->dataset;

    mixing_apply(&t->recipe->mixing, levels, t->batch_count, d->height, d->width, mixing_key(t),
                 t->pool, t->shares);
    for (int h = 0; h < HEADS; h++)
        if (trainer_trains(t, h))
            mixing_targets(t->shares, t->batch_count, t->heads[h].classes, t->targets[h]);
}

/* Pictures and targets of the batch in batch_rows: the targets of all of it, the pictures of this
 * process's share. A picture that is mixed may have its partner anywhere in the batch. */
static void load_batch(struct trainer *t)
{
    const struct mixing *mixing = &t->recipe->mixing;
    bool mixes = mixing->mixup_alpha > 0 || mixing->cutmix_alpha > 0;
    float *input = plan_input(t->plan);

    t->share_count = trainer_share(t, t->batch_count, &t->share_first);
    for (int h = 0; h < HEADS; h++)
        if (t->targets[h])
            head_targets(&t->heads[h], t->batch_rows, (size_t)t->batch_count, true, t->targets[h]);
    if (mixes && t->peers) {
        load(t, t->batch_rows, t->batch_count, t->levels);
        mix(t, t->levels);
        memcpy(input, t->levels + (size_t)t->share_first * t->pixels,
               (size_t)t->share_count * t->pixels * sizeof *input);
    } else {
        load(t, t->batch_rows + t->share_first, t->share_count, input);
        if (mixes)
            mix(t, input);
    }
    if (t->teacher)
        teacher_answer(t->teacher, input, t->share_count, t->recipe->teacher_temperature,
                       t->recipe->teacher_mirror);
}

/* This process's part of the mean loss of the batch: the mean of its share, times the share. */
static double take_loss(struct trainer *t, enum head_kind kind)
{
    const struct head *head = &t->heads[kind];
    size_t count = (size_t)t->share_count, values = count * head->classes;
    float *slopes = plan_output_gradient(t->plan, head->output);
    double share = (double)t->share_count / (double)t->batch_count;
    double loss = head_loss(head, plan_output(t->plan, head->output),
                            t->targets[kind] + (size_t)t->share_first * head->classes,
                            t->teacher ? teacher_targets(t->teacher, kind) : NULL, count, slopes);

    for (size_t i = 0; t->peers && i < values; i++)
        slopes[i] *= (float)share;
    return t->peers ? share * loss : loss;
}

/* The loss of all heads; their gradients go to the plan. */
static double take_losses(struct trainer *t, double *ret_correct)
{
    size_t count = (size_t)t->share_count, counted;
    const struct head *expression = &t->heads[HEAD_EXPRESSION];
    double loss = 0;

    *ret_correct = (double)head_correct(expression, plan_output(t->plan, expression->output),
                                        t->targets[HEAD_EXPRESSION] +
                                            (size_t)t->share_first * expression->classes,
                                        count, &counted);
    for (int i = 0; i < t->network->architecture->output_count; i++)
        memset(plan_output_gradient(t->plan, i), 0,
               count * plan_output_floats(t->plan, i) * sizeof(float));
    for (int h = 0; h < HEADS; h++)
        if (trainer_trains(t, h))
            loss += take_loss(t, (enum head_kind)h);
    return loss;
}

int trainer_share(const struct trainer *t, int count, int *ret_first)
{
    int64_t processes = peers_count(t->peers), rank = peers_rank(t->peers);
    int first = (int)(count * rank / processes), end = (int)(count * (rank + 1) / processes);

    *ret_first = first;
    return end - first;
}

void trainer_add_up(const struct trainer *t, double *sums, size_t count)
{
    double all[TRAINER_SUMS_MAX * PEERS_MAX];
    int processes = peers_count(t->peers);

    if (!t->peers)
        return;
    peers_gather(t->peers, sums, count, all);
    for (size_t i = 0; i < count; i++) {
        sums[i] = 0;
        for (int p = 0; p < processes; p++)
            sums[i] += all[(size_t)p * count + i];
    }
}

/* Running means and variances to `statistics`, or back. */
static void keep_statistics(struct trainer *t, bool back)
{
    const struct architecture *a = t->network->architecture;
    float *kept = t->statistics;

    for (int i = 0; i < a->parameter_count; i++) {
        const struct parameter *p = &a->parameters[i];
        float *values = t->network->block + p->offset;
        if (parameter_trained(p))
            continue;
        memcpy(back ? values : kept, back ? kept : values, p->count * sizeof *kept);
        kept += p->count;
    }
}

/* The gradients, the loss and what the peers say to both; false if one of them is gone. */
static bool exchange(struct trainer *t, double *loss, double *correct)
{
    double sums[3] = {*loss, *correct, t->asked};

    if (!t->peers)
        return true;
    trainer_add_up(t, sums, 3);
    peers_sum_finish(t->peers);
    *loss = sums[0];
    *correct = sums[1];
    t->cancelled |= sums[2] > 0;
    return peers_check(t->peers, NULL) == MIEN_OK;
}

static void move_weights(struct trainer *t)
{
    int64_t number = (t->at.epoch - 1) * t->steps + t->at.step;

    t->at.rate = schedule_rate(&t->schedule, number);
    optimizer_step(t->optimizer, t->network, plan_gradients(t->plan), (float)t->at.rate, t->pool);
    if (t->average)
        weight_average_update(t->average, t->network, t->recipe->ema_decay, t->optimizer->step,
                              t->pool);
    plan_update(t->plan);
}

double trainer_step(struct trainer *t)
{
    double loss, correct;

    load_batch(t);
    if (t->peers) {
        keep_statistics(t, false);
        plan_place(t->plan, (size_t)t->share_first);
    }
    plan_forward(t->plan, t->share_count,
                 random_key(trainer_stream(t, STREAM_DROPOUT), (uint64_t)t->at.step));
    loss = take_losses(t, &correct);
    plan_backward(t->plan);
    if (!exchange(t, &loss, &correct)) {
        keep_statistics(t, true);
        return 0;
    }
    t->at.correct += (uint64_t)correct;
    move_weights(t);
    return loss;
}
