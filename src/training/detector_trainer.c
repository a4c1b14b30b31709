/* detector_trainer.c - samples, losses and steps of the face detector's training.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "training/detector_trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "face/detector_grid.h"
#include "training/averaged_training.h"

/* One sample of the batch. */
struct sample {
    struct face_mark *marks; /* (most_marks) */
    int mark_count;
    struct detector_loss loss;
    mien_status status;
    mien_error err;
};

struct detector_trainer {
    struct averaged_training training;
    const struct detector_data *data;
    int outputs[GRID_LEVELS], side, most_marks;
    struct face_mark *marks;     /* (batch, most_marks) */
    struct sample *samples;      /* (batch) */
    struct detector_loss recent; /* a running mean */
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

static mien_status find_outputs(struct detector_trainer *t, const struct architecture *a,
                                mien_error *err)
{
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

static mien_status prepare(struct detector_trainer *t, int batch_size, mien_error *err)
{
    size_t batch = (size_t)batch_size;

    if (!t->data->with_face_count && !t->data->without_mark_count)
        return error_set(err, MIEN_EINVAL,
                         "nothing to learn from: boxes.csv marks no face, and every picture has "
                         "something to be ignored");
    t->most_marks = detector_sample_most_marks(t->data);
    t->marks = calloc(batch * (size_t)t->most_marks, sizeof *t->marks);
    t->samples = calloc(batch, sizeof *t->samples);
    if (!t->marks || !t->samples)
        return error_memory(err, batch * (size_t)t->most_marks * sizeof *t->marks);
    for (int i = 0; i < batch_size; i++)
        t->samples[i].marks = t->marks + (size_t)i * (size_t)t->most_marks;
    return MIEN_OK;
}

static void release(struct detector_trainer *t)
{
    averaged_training_close(&t->training);
    free(t->marks);
    free(t->samples);
}

static void make_sample(void *context, int index, int worker)
{
    struct detector_trainer *t = context;
    struct sample *sample = &t->samples[index];
    size_t pixels = (size_t)t->side * (size_t)t->side;

    (void)worker;
    sample->status = detector_sample_make(
        t->data, &t->training.options->sample, averaged_training_key(&t->training, index), t->side,
        plan_input(t->training.plan) + (size_t)index * pixels, sample->marks, t->most_marks,
        &sample->mark_count, &sample->err);
}

static void compute_loss(void *context, int index, int worker)
{
    struct detector_trainer *t = context;
    struct sample *sample = &t->samples[index];

    (void)worker;
    sample->loss = (struct detector_loss){0};
    for (int level = 0; level < GRID_LEVELS; level++) {
        int stride = grid_strides[level], cells = t->side / stride;
        size_t offset = (size_t)index * plan_output_floats(t->training.plan, t->outputs[level]);
        detector_loss_grid(plan_output(t->training.plan, t->outputs[level]) + offset, cells, cells,
                           stride, sample->marks, (size_t)sample->mark_count, &sample->loss,
                           plan_output_gradient(t->training.plan, t->outputs[level]) + offset);
    }
}

/* Sums in the order of the batch, and divides the gradients by the positives of the batch. */
static struct detector_loss settle_loss(struct detector_trainer *t)
{
    struct detector_loss sum = {0};
    float share;

    for (int i = 0; i < t->training.options->batch; i++) {
        sum.score += t->samples[i].loss.score;
        sum.box += t->samples[i].loss.box;
        sum.landmarks += t->samples[i].loss.landmarks;
        sum.positives += t->samples[i].loss.positives;
    }
    share = 1 / (float)fmax(sum.positives, 1);
    for (int level = 0; level < GRID_LEVELS; level++) {
        float *gradient = plan_output_gradient(t->training.plan, t->outputs[level]);
        size_t count = (size_t)t->training.options->batch *
                       plan_output_floats(t->training.plan, t->outputs[level]);
        for (size_t i = 0; i < count; i++)
            gradient[i] *= share;
    }
    sum.score *= share;
    sum.box *= share;
    sum.landmarks *= share;
    return sum;
}

static void follow(struct detector_trainer *t, const struct detector_loss *loss)
{
    averaged_training_follow(&t->training, &t->recent.score, loss->score);
    averaged_training_follow(&t->training, &t->recent.box, loss->box);
    averaged_training_follow(&t->training, &t->recent.landmarks, loss->landmarks);
    averaged_training_follow(&t->training, &t->recent.positives, loss->positives);
}

static mien_status train_step(struct detector_trainer *t, mien_error *err)
{
    const struct detector_training_options *o = t->training.options;
    struct detector_loss loss;

    thread_pool_run(t->training.pool, o->batch, make_sample, t);
    for (int i = 0; i < o->batch; i++)
        if (t->samples[i].status)
            return error_set(err, t->samples[i].status, "%s", t->samples[i].err.message);
    plan_forward(t->training.plan, o->batch, random_key(o->seed, (uint64_t)t->training.step));
    thread_pool_run(t->training.pool, o->batch, compute_loss, t);
    loss = settle_loss(t);
    if (!isfinite(loss.score + loss.box + loss.landmarks))
        return error_set(err, MIEN_EINVAL,
                         "the loss is no longer a number at step %d: a lower learning rate than "
                         "%g may help",
                         t->training.step + 1, (double)o->learning_rate);
    averaged_training_apply(&t->training);
    follow(t, &loss);
    return MIEN_OK;
}

mien_status detector_training_run(struct network *network, const struct detector_data *data,
                                  const struct detector_training_options *options,
                                  struct thread_pool *pool, detector_training_callback *callback,
                                  void *context, mien_error *err)
{
    struct detector_trainer t = {.data = data};
    mien_status status = find_outputs(&t, network->architecture, err);
    bool going = true;

    if (!status)
        status = averaged_training_open(network, options, plan_has_bf16(), pool, &t.training, err);
    if (!status)
        status = prepare(&t, options->batch, err);
    for (; t.training.step < options->steps && going && !status; t.training.step++) {
        status = train_step(&t, err);
        if (!status)
            going = averaged_training_tell(&t.training, &t.recent, callback, context);
    }
    release(&t);
    return status;
}
