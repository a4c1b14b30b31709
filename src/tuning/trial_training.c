/* trial_training.c - one trial's network, trained up to an epoch.
 * SPDX-License-Identifier: MIT */
#include "tuning/trial_training.h"

#include <string.h>

#include "base/text.h"
#include "training/checkpoint.h"

#define CHECKPOINT_SECONDS 120

/* --- what the space may say --- */

static mien_status try_value(const struct search_space *space, const struct search_field *field,
                             const struct recipe *recipe, const char *value, mien_error *err)
{
    struct recipe copy = *recipe;
    mien_status status = recipe_set(&copy, field->name, value, err);

    return status ? error_prefix(err, status, "%s:%d", space->source, field->line) : MIEN_OK;
}

static mien_status try_number(const struct search_space *space, const struct search_field *field,
                              const struct recipe *recipe, double number, mien_error *err)
{
    char value[SEARCH_VALUE_MAX];

    search_space_number(field, number, value);
    return try_value(space, field, recipe, value, err);
}

static mien_status check_field(const struct search_space *space, const struct search_field *field,
                               const struct recipe *recipe, mien_error *err)
{
    const struct recipe_field *known = recipe_field_find(field->name, err);
    mien_status status = MIEN_OK;

    if (!known)
        return error_prefix(err, MIEN_EINVAL, "%s:%d", space->source, field->line);
    if (strcmp(field->name, "epochs") == 0)
        return error_set(err, MIEN_EINVAL,
                         "%s:%d: the search itself says how many epochs: set epochs in the recipe",
                         space->source, field->line);
    if (known->kind == RECIPE_INTEGER &&
        (field->kind == SEARCH_UNIFORM || field->kind == SEARCH_LOG))
        return error_set(err, MIEN_EINVAL,
                         "%s:%d: %s is a whole number: write integer %g %g, or choices",
                         space->source, field->line, field->name, field->low, field->high);
    for (size_t i = 0; i < field->choice_count && !status; i++)
        status = try_value(space, field, recipe, field->choices[i], err);
    if (!status && !field->choice_count)
        status = try_number(space, field, recipe, field->low, err);
    if (!status && !field->choice_count)
        status = try_number(space, field, recipe, field->high, err);
    return status;
}

mien_status trial_space_check(const struct search_space *space, const struct recipe *recipe,
                              mien_error *err)
{
    mien_status status = MIEN_OK;

    for (size_t f = 0; f < space->count && !status; f++)
        status = check_field(space, &space->fields[f], recipe, err);
    return status;
}

mien_status trial_recipe(const struct trial_training *training, const struct trial *trial,
                         struct recipe *ret_recipe, mien_error *err)
{
    struct recipe recipe = *training->recipe;
    mien_status status = MIEN_OK;

    for (size_t f = 0; f < training->space->count && !status; f++)
        status = recipe_set(&recipe, training->space->fields[f].name, trial->values[f], err);
    if (!status)
        status = recipe_check(&recipe, err);
    if (status)
        return error_prefix(err, status, "trial %d", trial->number + 1);
    *ret_recipe = recipe;
    return MIEN_OK;
}

/* --- training --- */

static void checkpoint_path(const struct trial_training *training, const struct trial *trial,
                            struct text *ret_path)
{
    text_add(ret_path, "%s/%d.checkpoint", training->folder, trial->number + 1);
}

void trial_forget(const struct trial_training *training, const struct trial *trial)
{
    struct text path = {0};

    checkpoint_path(training, trial, &path);
    if (!path.failed)
        checkpoint_remove(path.data);
    text_free(&path);
}

/* A training under way, as its callback sees it. */
struct watch {
    const struct trial_training *training;
    int epochs; /* after which it ends */
    bool diverged;
};

/* A checkpoint that was made at the very end of the last epoch is a step into the next one when
 * this is asked first. */
static bool go_on(void *context, const struct training_progress *progress)
{
    const struct watch *watch = context;

    return !watch->training->stopped() &&
           progress->epoch < watch->epochs + (progress->finished ? 0 : 1);
}

static mien_status train(const struct trial_training *training, const struct recipe *recipe,
                         const char *checkpoint, struct thread_pool *pool, struct watch *watch,
                         struct training_history *ret_history, mien_error *err)
{
    struct training_job job = {
        .data = training->data,
        .recipe = recipe,
        .teachers = training->teachers,
        .teacher_count = training->teacher_count,
        .bf16 = training->bf16,
        .pool = pool,
        .callback = go_on,
        .context = watch,
        .checkpoint = checkpoint,
        .checkpoint_seconds = CHECKPOINT_SECONDS,
        .resume = true,
        .diverged = &watch->diverged,
    };
    struct network *network = NULL;
    mien_status status = network_new(training->architecture, (uint64_t)recipe->seed, &network, err);

    if (!status)
        status = training_run(network, &job, ret_history, err);
    network_free(network);
    return status;
}

static void sum_up(const struct training_history *history, struct trial *trial)
{
    const struct training_epoch *best = &history->epochs[history->best - 1];

    trial->epochs = history->count;
    trial->best_epoch = history->best;
    trial->accuracy = best->validation_accuracy;
    trial->loss = best->validation_loss;
    trial->seconds = 0;
    for (int i = 0; i < history->count; i++)
        trial->seconds += history->epochs[i].seconds;
}

mien_status trial_train(void *context, const struct trial *trial, int epochs, int threads,
                        struct trial *ret_trial, mien_error *err)
{
    const struct trial_training *training = context;
    struct watch watch = {training, epochs, false};
    struct training_history history = {0};
    struct thread_pool *pool = NULL;
    struct text path = {0};
    struct recipe recipe;
    mien_error reason = {0};
    mien_status status = trial_recipe(training, trial, &recipe, &reason);

    checkpoint_path(training, trial, &path);
    if (!status && path.failed)
        status = error_memory(&reason, path.capacity);
    if (!status)
        status = thread_pool_new(threads, &pool, &reason);
    if (!status)
        status = train(training, &recipe, path.data, pool, &watch, &history, &reason);
    thread_pool_free(pool);
    if (training->stopped() && (!status || status == MIEN_ECANCELLED))
        status = error_set(&reason, MIEN_ECANCELLED, "stopped: --resume goes on with it");
    if (!status) {
        sum_up(&history, ret_trial);
    } else if (watch.diverged) {
        ret_trial->failed = true;
        status = MIEN_OK;
    } else if (err) {
        *err = reason;
    }
    training_history_free(&history);
    text_free(&path);
    return status;
}
