/* detector_trainer.c - samples, losses and steps of the face detector's training.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "training/detector_trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "face/detector_grid.h"
#include "network/plan.h"
#include "training/optimizer.h"
#include "training/weight_average.h"

#define AVERAGE_DECAY 0.998f /* a step */

/* One sample of the batch. */
struct sample {
    struct face_mark *marks; /* (most_marks) */
    int mark_count;
    struct detector_loss loss;
    mien_status status;
    mien_error err;
};

struct detector_trainer {
    struct network *network; /* is trained */
    struct network *average; /* of it; borrowed */
    const struct detector_data *data;
    const struct detector_training_options *options;
    struct thread_pool *pool;
    struct plan *plan;
    struct optimizer *optimizer;
    int outputs[GRID_LEVELS], side, most_marks;
    struct face_mark *marks; /* (batch, most_marks) */
    struct sample *samples;  /* (batch) */
    int step;
    struct detector_loss recent; /* a running mean */
    double started;
};

void detector_training_options_init(struct detector_training_options *options)
{
    *options = (struct detector_training_options){
        .steps = 20000, .batch = 16, .learning_rate = 2e-3f, .warm_up = 500};
    detector_sample_options_init(&options->sample);
}

void detector_initialize(struct network *network)
{
    const struct architecture *a = network->architecture;

    for (int level = 0; level < GRID_LEVELS; level++) {
        int output = architecture_find_output(a, grid_names[level]);
        const struct layer *layer = output < 0 ? NULL : &a->layers[a->outputs[output].layer];
        if (layer && layer->parameter_count == 2) /* weights and bias */
            network->block[a->parameters[layer->parameters[1]].offset + GRID_SCORE] =
                -logf(0.99f / 0.01f);
    }
}

static mien_status find_outputs(struct detector_trainer *t, mien_error *err)
{
    const struct architecture *a = t->average->architecture;
    struct shape input = architecture_input(a);

    if (input.H != input.W || input.C != 1 || input.H % grid_strides[GRID_LEVELS - 1])
        return error_set(err, MIEN_EINVAL,
                         "the detector's input must be a grey square of a multiple of %d pixels",
                         grid_strides[GRID_LEVELS - 1]);
    for (int level = 0; level < GRID_LEVELS; level++) {
        t->outputs[level] = architecture_find_output(a, grid_names[level]);
        if (t->outputs[level] < 0 || a->outputs[t->outputs[level]].shape.C != GRID_NUMBERS)
            return error_set(err, MIEN_EINVAL,
                             "the architecture is no detector: it has no output %s of %d numbers",
                             grid_names[level], GRID_NUMBERS);
    }
    t->side = input.H;
    return MIEN_OK;
}

static mien_status copy_network(struct detector_trainer *t, mien_error *err)
{
    const struct architecture *a = t->average->architecture;
    mien_status status = network_new(a, 0, &t->network, err);

    if (!status)
        memcpy(t->network->block, t->average->block, a->block_floats * sizeof *t->network->block);
    return status;
}

static mien_status prepare(struct detector_trainer *t, mien_error *err)
{
    const struct detector_training_options *o = t->options;
    struct plan_options plan_options = {
        .batch = o->batch, .training = true, .bf16 = plan_has_bf16(), .pool = t->pool};
    size_t batch = (size_t)o->batch;
    mien_status status = find_outputs(t, err);

    if (!status)
        status = copy_network(t, err);
    if (!status)
        status = plan_new(t->network, &plan_options, &t->plan, err);
    if (!status)
        status = optimizer_new(t->network->architecture, NULL, &t->optimizer, err);
    if (status)
        return status;
    t->most_marks = detector_sample_most_marks(t->data);
    t->marks = calloc(batch * (size_t)t->most_marks, sizeof *t->marks);
    t->samples = calloc(batch, sizeof *t->samples);
    if (!t->marks || !t->samples)
        return error_memory(err, batch * (size_t)t->most_marks * sizeof *t->marks);
    for (int i = 0; i < o->batch; i++)
        t->samples[i].marks = t->marks + (size_t)i * (size_t)t->most_marks;
    return MIEN_OK;
}

static void release(struct detector_trainer *t)
{
    plan_free(t->plan);
    optimizer_free(t->optimizer);
    network_free(t->network);
    free(t->marks);
    free(t->samples);
}

static void make_sample(void *context, int index, int worker)
{
    struct detector_trainer *t = context;
    struct sample *sample = &t->samples[index];
    size_t pixels = (size_t)t->side * (size_t)t->side;
    uint64_t number = (uint64_t)t->step * (uint64_t)t->options->batch + (uint64_t)index;

    (void)worker;
    sample->status =
        detector_sample_make(t->data, &t->options->sample, random_key(t->options->seed, number),
                             t->side, plan_input(t->plan) + (size_t)index * pixels, sample->marks,
                             t->most_marks, &sample->mark_count, &sample->err);
}

static void compute_loss(void *context, int index, int worker)
{
    struct detector_trainer *t = context;
    struct sample *sample = &t->samples[index];

    (void)worker;
    sample->loss = (struct detector_loss){0};
    for (int level = 0; level < GRID_LEVELS; level++) {
        int stride = grid_strides[level], cells = t->side / stride;
        size_t offset = (size_t)index * plan_output_floats(t->plan, t->outputs[level]);
        detector_loss_grid(plan_output(t->plan, t->outputs[level]) + offset, cells, cells, stride,
                           sample->marks, (size_t)sample->mark_count, &sample->loss,
                           plan_output_gradient(t->plan, t->outputs[level]) + offset);
    }
}

/* Sums in the order of the batch, and divides the gradients by the positives of the batch. */
static struct detector_loss settle_loss(struct detector_trainer *t)
{
    struct detector_loss sum = {0};
    float share;

    for (int i = 0; i < t->options->batch; i++) {
        sum.score += t->samples[i].loss.score;
        sum.box += t->samples[i].loss.box;
        sum.landmarks += t->samples[i].loss.landmarks;
        sum.positives += t->samples[i].loss.positives;
    }
    share = 1 / (float)fmax(sum.positives, 1);
    for (int level = 0; level < GRID_LEVELS; level++) {
        float *gradient = plan_output_gradient(t->plan, t->outputs[level]);
        size_t count = (size_t)t->options->batch * plan_output_floats(t->plan, t->outputs[level]);
        for (size_t i = 0; i < count; i++)
            gradient[i] *= share;
    }
    sum.score *= share;
    sum.box *= share;
    sum.landmarks *= share;
    return sum;
}

float detector_learning_rate(const struct detector_training_options *o, int step)
{
    double rate = o->learning_rate;

    if (step < o->warm_up)
        return (float)(rate * (step + 1) / o->warm_up);
    return (float)(rate * 0.5 *
                   (1 + cos(3.14159265358979 * (step - o->warm_up) / (o->steps - o->warm_up))));
}

static void follow(struct detector_loss *mean, const struct detector_loss *loss, int step)
{
    double share = step < 50 ? 1.0 / (step + 1) : 0.02;

    mean->score += share * (loss->score - mean->score);
    mean->box += share * (loss->box - mean->box);
    mean->landmarks += share * (loss->landmarks - mean->landmarks);
    mean->positives += share * (loss->positives - mean->positives);
}

static mien_status train_step(struct detector_trainer *t, mien_error *err)
{
    const struct detector_training_options *o = t->options;
    struct detector_loss loss;

    thread_pool_run(t->pool, o->batch, make_sample, t);
    for (int i = 0; i < o->batch; i++)
        if (t->samples[i].status)
            return error_set(err, t->samples[i].status, "%s", t->samples[i].err.message);
    plan_forward(t->plan, o->batch, random_key(o->seed, (uint64_t)t->step));
    thread_pool_run(t->pool, o->batch, compute_loss, t);
    loss = settle_loss(t);
    if (!isfinite(loss.score + loss.box + loss.landmarks))
        return error_set(err, MIEN_EINVAL,
                         "the loss is no longer a number at step %d: a lower learning rate than "
                         "%g may help",
                         t->step + 1, (double)o->learning_rate);
    plan_backward(t->plan);
    optimizer_step(t->optimizer, t->network, plan_gradients(t->plan),
                   detector_learning_rate(o, t->step), t->pool);
    plan_update(t->plan);
    weight_average_update(t->average, t->network, AVERAGE_DECAY, t->step + 1, t->pool);
    follow(&t->recent, &loss, t->step);
    return MIEN_OK;
}

static bool tell(const struct detector_trainer *t, detector_training_callback *callback,
                 void *context)
{
    double speed = (t->step + 1) / (clock_now_s() - t->started);
    struct detector_training_progress progress = {
        .step = t->step + 1,
        .steps = t->options->steps,
        .loss = t->recent,
        .pictures_per_second = speed * t->options->batch,
        .seconds_left = (t->options->steps - t->step - 1) / speed,
    };

    return !callback || callback(context, &progress);
}

mien_status detector_training_run(struct network *network, const struct detector_data *data,
                                  const struct detector_training_options *options,
                                  struct thread_pool *pool, detector_training_callback *callback,
                                  void *context, mien_error *err)
{
    struct detector_trainer t = {.average = network,
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
