/* landmark_trainer.c - samples, loss and steps of the landmark network's training.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "training/landmark_trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "face/landmarks.h"
#include "training/averaged_training.h"

#define BETA 0.02f /* errors below count as squares; sides of the square */

enum { PIXELS = LANDMARKS_SIDE * LANDMARKS_SIDE };

struct landmark_trainer {
    struct averaged_training training;
    const struct detector_data *data;
    int output;
    float *numbers;              /* (batch, LANDMARKS_NUMBERS): what is right */
    mien_status *statuses;       /* (batch) */
    struct detector_loss recent; /* a running mean */
};

static mien_status prepare(struct landmark_trainer *t, const struct architecture *a, int batch_size,
                           mien_error *err)
{
    size_t batch = (size_t)batch_size;

    t->output = architecture_find_output(a, "landmarks");
    if (t->output < 0 || a->outputs[t->output].shape.C != LANDMARKS_NUMBERS)
        return error_set(err, MIEN_EINVAL, "the architecture places no landmarks");
    if (!t->data->with_face_count)
        return error_set(err, MIEN_EINVAL, "no faces to learn from: mark some in boxes.csv");
    t->numbers = calloc(batch, LANDMARKS_NUMBERS * sizeof *t->numbers);
    t->statuses = calloc(batch, sizeof *t->statuses);
    if (!t->numbers || !t->statuses)
        return error_memory(err, batch * LANDMARKS_NUMBERS * sizeof *t->numbers);
    return MIEN_OK;
}

static void release(struct landmark_trainer *t)
{
    averaged_training_close(&t->training);
    free(t->numbers);
    free(t->statuses);
}

static void make_sample(void *context, int index, int worker)
{
    struct landmark_trainer *t = context;

    (void)worker;
    t->statuses[index] = landmark_sample_make(t->data, averaged_training_key(&t->training, index),
                                              plan_input(t->training.plan) + index * PIXELS,
                                              t->numbers + index * LANDMARKS_NUMBERS, NULL);
}

/* Mean over the batch of the smooth L1 of all numbers (Girshick, ICCV 2015), and its gradient. */
static double compute_loss(struct landmark_trainer *t)
{
    const float *y = plan_output(t->training.plan, t->output);
    float *dy = plan_output_gradient(t->training.plan, t->output);
    int count = t->training.options->batch * LANDMARKS_NUMBERS;
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
    const struct detector_training_options *o = t->training.options;
    double loss;

    thread_pool_run(t->training.pool, o->batch, make_sample, t);
    for (int i = 0; i < o->batch; i++)
        if (t->statuses[i])
            return error_set(err, t->statuses[i], "a sample could not be made");
    plan_forward(t->training.plan, o->batch, random_key(o->seed, (uint64_t)t->training.step));
    loss = compute_loss(t);
    if (!isfinite(loss))
        return error_set(err, MIEN_EINVAL, "the loss is no longer a number at step %d",
                         t->training.step + 1);
    averaged_training_apply(&t->training);
    averaged_training_follow(&t->training, &t->recent.landmarks, loss);
    return MIEN_OK;
}

mien_status landmark_training_run(struct network *network, const struct detector_data *data,
                                  const struct detector_training_options *options,
                                  struct thread_pool *pool, detector_training_callback *callback,
                                  void *context, mien_error *err)
{
    struct landmark_trainer t = {.data = data, .recent = {.positives = options->batch}};
    mien_status status = prepare(&t, network->architecture, options->batch, err);
    bool going = true;

    if (!status)
        status = averaged_training_open(network, options, false, pool, &t.training, err);
    for (; t.training.step < options->steps && going && !status; t.training.step++) {
        status = train_step(&t, err);
        if (!status)
            going = averaged_training_tell(&t.training, &t.recent, callback, context);
    }
    release(&t);
    return status;
}
