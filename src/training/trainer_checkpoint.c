/* trainer_checkpoint.c - a training's state to its checkpoint and back.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "training/trainer_state.h"

static void hash_rows(struct sha256 *hash, const uint32_t *rows, size_t count)
{
    uint64_t number = count;

    sha256_update(hash, &number, sizeof number);
    sha256_update(hash, rows, count * sizeof *rows);
}

static void hash_teacher(struct sha256 *hash, const struct network *network)
{
    const struct architecture *a = network->architecture;

    sha256_update(hash, a->text, strlen(a->text));
    for (int i = 0; i < a->parameter_count; i++) {
        const struct parameter *p = &a->parameters[i];

        if (network->tensors[i]) {
            sha256_update(hash, network->tensors[i], p->count * sizeof(float));
        } else {
            sha256_update(hash, network->quantized[i].values, p->count);
            sha256_update(hash, network->quantized[i].scales, p->dims[0] * sizeof(float));
        }
    }
}

static void hash_data(const struct training_job *job, uint8_t *ret_digest)
{
    const struct training_data *d = job->data;
    uint8_t digest[SHA256_BYTES];
    struct sha256 hash;

    dataset_sha256(d->dataset, digest);
    sha256_init(&hash);
    sha256_update(&hash, digest, sizeof digest);
    hash_rows(&hash, d->train, d->train_count);
    hash_rows(&hash, d->validation, d->validation_count);
    if (d->votes)
        sha256_update(&hash, d->votes->votes, d->votes->count * VOTES_COLUMNS);
    for (int i = 0; i < job->teacher_count; i++)
        hash_teacher(&hash, job->teachers[i]);
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
    hash_data(t->job, t->origin.digests[CHECKPOINT_DATA]);
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

mien_status trainer_diverged(const struct trainer *t, mien_error *err)
{
    if (t->job->diverged)
        *t->job->diverged = true;
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

mien_status trainer_save(struct trainer *t, mien_error *err)
{
    struct checkpoint_part parts[PARTS_MAX];
    mien_error failure;
    int count;

    if (!t->job->checkpoint || peers_rank(t->peers) > 0)
        return MIEN_OK;
    if (!all_finite(t->network->block, t->network->architecture->block_floats))
        return trainer_diverged(t, err);
    t->at.elapsed = clock_now_s() - t->started;
    t->at.optimizer_step = t->optimizer->step;
    t->at.plateau = t->schedule.plateau;
    t->at.plateau_rate = t->schedule.plateau_rate;
    count = list_parts(t, parts);
    if (checkpoint_write(t->job->checkpoint, &t->origin, parts, count, &failure))
        trainer_tell(t, NULL, failure.message);
    else
        t->has_checkpoint = true;
    t->saved = clock_now_s();
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

mien_status trainer_resume(struct trainer *t, mien_error *err)
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

mien_status trainer_check_peers(struct trainer *t, mien_error *err)
{
    mien_status status = peers_check(t->peers, err);

    if (!status)
        return MIEN_OK;
    trainer_save(t, NULL);
    return error_set(err, MIEN_EIO, "one of the %d processes is gone at epoch %lld, step %lld%s%s",
                     peers_count(t->peers), (long long)t->at.epoch, (long long)t->at.step + 1,
                     t->has_checkpoint ? "; the state before is in " : "",
                     t->has_checkpoint ? t->job->checkpoint : "");
}
