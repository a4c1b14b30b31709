/* trainer_setup.c - check a job and make what its training needs.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "training/trainer_state.h"

static mien_status check_rows(const struct training_data *data, const struct recipe *recipe,
                              int processes, mien_error *err)
{
    size_t last;

    if (data->train_count == 0 || data->validation_count == 0)
        return error_set(err, MIEN_EINVAL, "no pictures for %s in this split",
                         data->train_count ? "validation" : "training");
    if ((size_t)recipe->batch > data->train_count)
        return error_set(err, MIEN_EINVAL,
                         "a batch of %lld from %zu pictures for training: give a batch of at most "
                         "that",
                         (long long)recipe->batch, data->train_count);
    last = data->train_count % (size_t)recipe->batch;
    if (recipe->batch < processes || (last && last < (size_t)processes))
        return error_set(err, MIEN_EINVAL,
                         "a batch of %lld, the last one of an epoch %zu, for %d processes: give a "
                         "batch that has a picture for each",
                         (long long)recipe->batch, last, processes);
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
    if (!status && !trainer_trains(t, HEAD_EXPRESSION) && !trainer_trains(t, HEAD_VOTES))
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

static size_t count_statistics(const struct architecture *a)
{
    size_t count = 0;

    for (int i = 0; i < a->parameter_count; i++)
        if (!parameter_trained(&a->parameters[i]))
            count += a->parameters[i].count;
    return count;
}

/* What only several processes need. */
static mien_status allocate_shared(struct trainer *t, mien_error *err)
{
    size_t statistics = count_statistics(t->network->architecture);
    size_t levels = (size_t)t->recipe->batch * t->pixels;

    if (!t->peers)
        return MIEN_OK;
    t->statistics = calloc(statistics + 1, sizeof *t->statistics);
    t->levels = calloc(levels, sizeof *t->levels);
    if (!t->statistics || !t->levels)
        return error_memory(err, levels * sizeof *t->levels);
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
        if (h == HEAD_EXPRESSION || trainer_trains(t, h))
            status = allocate_head(t, h, err);
        if (status)
            return status;
    }
    return allocate_shared(t, err);
}

static void gather(void *context, const double *mine, size_t count, double *ret_all)
{
    peers_gather(context, mine, count, ret_all);
}

static void gradients_ready(void *context, float *gradients, size_t count)
{
    peers_sum_start(context, gradients, count);
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

mien_status trainer_prepare(struct trainer *t, mien_error *err)
{
    const struct recipe *r = t->recipe;
    int processes = peers_count(t->peers);
    struct plan_options plan_options = {
        .batch = (int)((r->batch + processes - 1) / processes),
        .training = true,
        .bf16 = t->job->bf16,
        .pool = t->pool,
        .peers = t->peers ? &t->plan_peers : NULL,
    };
    mien_status status = recipe_check(r, err);

    t->plan_peers = (struct plan_peers){processes, gather, gradients_ready, t->peers};

    if (!status)
        status = check_network(t->network, t->data->dataset, err);
    if (!status)
        status = check_rows(t->data, r, peers_count(t->peers), err);
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
    if (!status && t->job->teacher_count)
        status = teacher_new(t->job->teachers, t->job->teacher_count, t->network->architecture,
                             t->heads, plan_options.batch, t->job->bf16, t->pool, &t->teacher, err);
    return status ? status : allocate(t, err);
}

void trainer_release(struct trainer *t)
{
    plan_free(t->plan);
    predictor_free(t->predictor);
    optimizer_free(t->optimizer);
    teacher_free(t->teacher);
    network_free(t->average);
    for (int h = 0; h < HEADS; h++) {
        head_release(&t->heads[h]);
        free(t->targets[h]);
        free(t->validation_target[h]);
        free(t->logits[h]);
    }
    free(t->order);
    free(t->shares);
    free(t->levels);
    free(t->statistics);
    free(t->best);
}
