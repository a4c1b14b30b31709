/* command_train.c - `mien train`: from a data set to a model file.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "architecture_choice.h"
#include "augmentation_figure.h"
#include "base/file.h"
#include "base/text.h"
#include "command.h"
#include "data_options.h"
#include "data_parts.h"
#include "evaluation/metrics.h"
#include "model_report.h"
#include "model_story.h"
#include "network/model.h"
#include "output.h"
#include "path_name.h"
#include "precision.h"
#include "recipe_options.h"
#include "teacher_models.h"
#include "terminal.h"
#include "training/checkpoint.h"
#include "training/trainer.h"
#include "training_report.h"

struct values {
    struct data_values data;
    const char *out, *arch, *from, *votes, *history;
    struct recipe_values recipe;
    struct string_list teachers;
    int64_t jobs;
    int precision;
    double checkpoint_minutes;
    bool resume, force, json;
};

static const struct values defaults = {
    .arch = "deck", .data = DATA_DEFAULTS, .checkpoint_minutes = 5};

static const struct option options[] = {
    {"out", 'o', "FILE", "where the model goes", OPTION_STRING(struct values, out),
     .required = true},
    {"arch", 0, "NAME", "built-in architecture, or a text file of one",
     OPTION_STRING(struct values, arch)},
    {"from", 0, "MODEL", "start with the weights of this model, which has the same architecture",
     OPTION_STRING(struct values, from)},
    RECIPE_OPTIONS(struct values),
    {"votes", 0, "FILE", "FER+'s votes (fer2013new.csv), for an output \"votes\" or votes_share",
     OPTION_STRING(struct values, votes)},
    OPTION_TEACHERS(struct values),
    {"history", 0, "DIR",
     "history.csv and charts of loss, accuracy and learning rate, renewed after every epoch; "
     "augmentation.png, the pictures as training sees them",
     OPTION_STRING(struct values, history)},
    {"resume", 0, NULL, "go on from FILE.checkpoint, where a training was broken off",
     OPTION_FLAG(struct values, resume)},
    {"checkpoint-minutes", 0, "M", "between two checkpoints; each epoch ends with one as well",
     OPTION_NUMBER(struct values, checkpoint_minutes, 0, 1e6)},
    DATA_OPTIONS(struct values),
    DATA_OPTION_EXCLUDE(struct values),
    OPTION_PRECISION(struct values),
    OPTION_JOBS(struct values),
    OPTION_FORCE(struct values),
    OPTION_JSON(struct values),
    {0},
};

/* Everything that a training needs, released in one place. */
struct work {
    const struct command_line *line;
    const struct values *values;
    struct thread_pool *pool;
    struct data data;
    struct architecture *architecture;
    struct network *network;
    struct recipe recipe;
    struct votes votes;
    struct peers *peers; /* NULL: trains alone */
    struct teacher_models teachers;
    struct training_history history;
    bool bf16;
    struct text checkpoint; /* its path */
    char sha256[SHA256_TEXT];
};

/* After every step and epoch. What cannot be written is told and does not end the training. */
static bool after_step(void *context, const struct training_progress *p)
{
    const struct work *w = context;
    mien_error err;

    if (peers_rank(w->peers) > 0)
        return !stop_requested();
    if (p->warning)
        command_warn(w->line, "%s: going on without a new checkpoint", p->warning);
    else
        training_report_show(p);
    if (p->finished && w->values->history &&
        training_report_write(p->history, &w->recipe, w->values->history, &err))
        command_warn(w->line, "--history: %s", err.message);
    return !stop_requested();
}

/* Into the history's folder, if there is to be one. */
static void show_augmentation(const struct work *w, const struct training_data *data)
{
    const char *folder = w->values->history;
    struct text path = {0};
    mien_error err;

    if (!folder)
        return;
    text_add(&path, "%s/augmentation.png", folder);
    if (data_parts_make_folder(folder, &err) ||
        (path.failed && error_memory(&err, path.capacity)) ||
        augmentation_figure_write(&w->recipe.augmentation, data->dataset, data->train,
                                  data->train_count, (uint64_t)w->recipe.seed, path.data, &err))
        command_warn(w->line, "--history: %s", err.message);
    text_free(&path);
}

static mien_status train(struct work *w, mien_error *err)
{
    const struct split *split = &w->data.split;
    struct training_data data = {
        .dataset = &w->data.dataset,
        .train = split->rows[DATASET_TRAIN],
        .validation = split->rows[DATASET_VALIDATION],
        .train_count = split->count[DATASET_TRAIN],
        .validation_count = split->count[DATASET_VALIDATION],
    };
    const struct training_job job = {
        .data = &data,
        .recipe = &w->recipe,
        .teachers = w->teachers.networks,
        .teacher_count = w->teachers.count,
        .bf16 = w->bf16,
        .pool = w->pool,
        .callback = after_step,
        .context = w,
        .checkpoint = w->checkpoint.data,
        .checkpoint_seconds = 60 * w->values->checkpoint_minutes,
        .resume = w->values->resume,
        .peers = w->peers,
    };
    mien_status status = MIEN_OK;

    if (w->values->votes) {
        status = votes_open(w->values->votes, w->data.dataset.count, &w->votes, err);
        data.votes = &w->votes;
    }
    if (!status)
        show_augmentation(w, &data);
    stop_listen();
    return status ? status : training_run(w->network, &job, &w->history, err);
}

/* The command as somebody else can type it again: options that differ from the defaults. */
static void describe_command(const struct values *v, bool bf16, struct text *text)
{
    text_add(text, "mien train DATASET --arch %s", v->arch);
    data_options_describe(&v->data, text);
    if (v->from)
        text_add(text, " --from %s", path_name(v->from));
    if (v->votes)
        text_add(text, " --votes %s", path_name(v->votes));
    for (size_t i = 0; i < v->teachers.count; i++)
        text_add(text, " --teacher %s", path_name(v->teachers.values[i]));
    recipe_options_describe(&v->recipe, text);
    text_add(text, " --precision %s", bf16 ? "bf16" : "f32");
}

static mien_status save(struct work *w, mien_error *err)
{
    const struct training_epoch *best = &w->history.epochs[w->history.best - 1];
    struct text command = {0}, recipe = {0};
    char *history = training_history_csv(&w->history);
    struct model_story story = {0};
    mien_status status;

    describe_command(w->values, w->bf16, &command);
    recipe_write(&w->recipe, "; ", &recipe);
    model_story_tell_name(&story, w->values->out);
    model_story_tell_text(&story, "command", &command);
    model_story_tell_text(&story, "recipe", &recipe);
    model_story_tell_data(&story, w->line->arguments[0], &w->values->data, &w->data);
    model_story_tell(&story, "best epoch", "%d of %d", w->history.best, w->history.count);
    model_story_tell(&story, "validation accuracy", "%.4f", best->validation_accuracy);
    status = history ? model_story_check(&story, err) : error_memory(err, 4096);
    if (!status) {
        const struct model_description description = {
            .labels = (const char *const *)w->data.dataset.label_names,
            .label_count = (size_t)w->data.dataset.label_count,
            .about = story.about,
            .about_count = story.count,
            .history = history,
        };
        status = model_save(w->values->out, w->network, &description, w->sha256, err);
    }
    model_story_free(&story);
    text_free(&command);
    text_free(&recipe);
    free(history);
    return status;
}

/* What it costs to train with others: how far that goes can be planned from it. */
static void add_cost(const struct work *w, json_t *object)
{
    size_t batch = (size_t)w->recipe.batch;
    double steps = (double)((w->data.split.count[DATASET_TRAIN] + batch - 1) / batch);
    double bytes, waited, seconds = 0;

    if (!w->peers)
        return;
    peers_cost(w->peers, &bytes, &waited);
    for (int i = 0; i < w->history.count; i++)
        seconds += w->history.epochs[i].seconds;
    steps *= w->history.count;
    json_object_set_new(object, "processes", json_integer(peers_count(w->peers)));
    json_object_set_new(object, "ms_a_step", output_number(1e3 * seconds / steps));
    json_object_set_new(object, "ms_a_step_waited", output_number(1e3 * waited / steps));
    json_object_set_new(object, "bytes_a_step", output_number(bytes / steps));
}

/* The test part, once, with the weights that were kept. */
static mien_status report(struct work *w, mien_error *err)
{
    const struct split *split = &w->data.split;
    struct metrics *metrics = NULL;
    mien_status status = MIEN_OK;

    if (split->count[DATASET_TEST])
        status = model_metrics(w->network, w->pool, &w->data.dataset, split->rows[DATASET_TEST],
                               split->count[DATASET_TEST], &metrics, err);
    if (status)
        return status;
    if (w->values->json) {
        json_t *object =
            json_pack("{s:o, s:s, s:i, s:i, s:o}", "model", output_string(w->values->out), "sha256",
                      w->sha256, "epochs", w->history.count, "best_epoch", w->history.best,
                      "validation_accuracy",
                      output_number(w->history.epochs[w->history.best - 1].validation_accuracy));
        if (metrics)
            json_object_set_new(object, "test_accuracy", output_number(metrics->rates.accuracy));
        add_cost(w, object);
        status = output_json(object, err);
    } else {
        printf("%s: epoch %d of %d, validation accuracy %.4f", w->values->out, w->history.best,
               w->history.count, w->history.epochs[w->history.best - 1].validation_accuracy);
        if (metrics)
            printf(", test accuracy %.4f (%zu pictures)", metrics->rates.accuracy, metrics->count);
        printf("\n");
    }
    metrics_free(metrics);
    return status;
}

/* Found out before the training, not after it. */
static mien_status check_writable(const char *path, mien_error *err)
{
    struct atomic_file file;
    mien_status status = atomic_file_open(path, &file, err);

    if (!status)
        atomic_file_abandon(&file);
    return status;
}

/* Neither a model nor the state of a training is lost unless that was asked for. */
static mien_status check_outputs(struct work *w, mien_error *err)
{
    const struct values *v = w->values;
    mien_status status;
    bool begun;

    text_add(&w->checkpoint, "%s.checkpoint", v->out);
    if (w->checkpoint.failed)
        return error_memory(err, strlen(v->out));
    if (peers_rank(w->peers) > 0)
        return MIEN_OK;
    begun = access(w->checkpoint.data, F_OK) == 0;
    if (v->resume && begun) {
        checkpoint_remove_rests(w->checkpoint.data);
        return check_writable(v->out, err);
    }
    if (begun && !v->force)
        return error_set(err, MIEN_EINVAL,
                         "%s is of a training that was broken off: go on with --resume, or start "
                         "anew with --force",
                         w->checkpoint.data);
    status = output_check_new(v->out, v->force, err);
    if (!status && v->history)
        status = output_check_new_in(v->history, "history.csv", v->force, err);
    if (!status)
        status = check_writable(v->out, err);
    if (!status && v->resume)
        command_warn(w->line, "no %s: training from the start", w->checkpoint.data);
    return status;
}

static mien_status prepare(struct work *w, mien_error *err)
{
    mien_status status = check_outputs(w, err);

    if (!status)
        status = precision_choose(w->values->precision, &w->bf16, err);
    if (!status)
        status = architecture_choose(w->values->arch, &w->architecture, err);
    if (!status)
        status = network_new(w->architecture, (uint64_t)w->recipe.seed, &w->network, err);
    if (!status && w->values->from) {
        status = model_load_weights(w->values->from, w->network, err);
        if (status)
            error_prefix(err, status, "--from");
    }
    if (!status)
        status = teacher_models_open(&w->values->teachers, &w->teachers, err);
    if (!status)
        status = thread_pool_new((int)w->values->jobs, &w->pool, err);
    return status;
}

/* Writes and reports the model, once it is trained, and returns the exit status. */
static int finish(struct work *w)
{
    int exit_status = w->history.finished ? COMMAND_DONE : COMMAND_INTERRUPTED;
    mien_error err;

    if (peers_rank(w->peers) > 0)
        return exit_status;
    if (save(w, &err))
        return command_failed(w->line, &err);
    if (w->history.finished)
        checkpoint_remove(w->checkpoint.data);
    else
        command_warn(w->line, "stopped; go on with --resume");
    if (report(w, &err))
        return command_failed(w->line, &err);
    return exit_status;
}

static int train_and_save(struct work *w)
{
    const struct values *v = w->values;
    struct data_request request = {
        .path = w->line->arguments[0],
        .values = v->data,
        .pool = w->pool,
    };
    mien_error err;
    int exit_status = data_open(w->line, &request, &w->data);

    if (exit_status)
        return exit_status;
    if (!v->resume && peers_rank(w->peers) == 0)
        checkpoint_remove(w->checkpoint.data);
    exit_status = train(w, &err) ? command_failed(w->line, &err) : finish(w);
    data_close(&w->data);
    return exit_status;
}

static int run(const struct command_line *line)
{
    struct work w = {.line = line, .values = line->values};
    mien_error err;
    int exit_status = recipe_options_read(line, &w.values->recipe, w.values->arch, &w.recipe);

    if (!exit_status && peers_open(stop_requested, &w.peers, &err))
        exit_status = command_failed(line, &err);
    if (!exit_status)
        exit_status = prepare(&w, &err) ? command_failed(line, &err) : train_and_save(&w);
    peers_close(w.peers, exit_status == COMMAND_DONE || exit_status == COMMAND_INTERRUPTED);
    training_history_free(&w.history);
    teacher_models_close(&w.teachers);
    votes_close(&w.votes);
    text_free(&w.checkpoint);
    network_free(w.network);
    architecture_free(w.architecture);
    thread_pool_free(w.pool);
    return exit_status;
}

const struct command command_train = {
    .name = "train",
    .summary = "Train a network on a data set and write it as a model file.",
    .arguments = "DATASET",
    .details =
        "A recipe says how: optimiser, learning rate, augmentation and the rest; docs/recipe.md\n"
        "lists its fields. The weights of the epoch with the best validation accuracy are kept.\n"
        "Ctrl-C ends the training, writes the best so far and keeps the state in\n"
        "FILE.checkpoint, from which --resume goes on as if it had never stopped; so it does\n"
        "after a crash. The same seed gives the same model on any number of threads.\n"
        "\n"
        "Started by mpirun or srun, the processes train one network together, each on its share\n"
        "of every batch (docs/several_machines.md).\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};
