/* command_tune.c - `mien tune`: a search for the best recipe.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "architecture_choice.h"
#include "base/file.h"
#include "base/text.h"
#include "command.h"
#include "data_options.h"
#include "data_parts.h"
#include "output.h"
#include "path_name.h"
#include "precision.h"
#include "recipe_options.h"
#include "teacher_models.h"
#include "terminal.h"
#include "trial_report.h"
#include "tuning/trial_chart.h"
#include "tuning/trial_training.h"

struct values {
    struct data_values data;
    const char *out, *space, *arch, *votes;
    struct recipe_values recipe;
    struct string_list teachers;
    int64_t trials, factor, search_seed, parallel, jobs;
    int precision;
    bool resume, force, json;
};

static const struct values defaults = {
    .arch = "deck",
    .data = DATA_DEFAULTS,
    .trials = 20,
    .factor = 3,
};

static const struct option options[] = {
    {"space", 0, "FILE", "what to search: lines like learning_rate log 1e-4 1e-2",
     OPTION_STRING(struct values, space), .required = true},
    {"out", 'o', "DIR", "where best.recipe, trials.csv and trials.png go",
     OPTION_STRING(struct values, out), .required = true},
    {"trials", 0, "N", "recipes to try", OPTION_INTEGER(struct values, trials, 1, 1000)},
    {"factor", 0, "F", "one trial in F goes on, to F times the epochs; 1: all are trained fully",
     OPTION_INTEGER(struct values, factor, 1, 100)},
    {"resume", 0, NULL, "go on with the search in DIR", OPTION_FLAG(struct values, resume)},
    {"arch", 0, "NAME", "built-in architecture, or a text file of one",
     OPTION_STRING(struct values, arch)},
    RECIPE_OPTIONS(struct values),
    {"votes", 0, "FILE", "FER+'s votes (fer2013new.csv), for an output \"votes\" or votes_share",
     OPTION_STRING(struct values, votes)},
    OPTION_TEACHERS(struct values),
    DATA_OPTIONS(struct values),
    DATA_OPTION_EXCLUDE(struct values),
    OPTION_PRECISION(struct values),
    {"search-seed", 0, "N", "of the trials that are drawn",
     OPTION_INTEGER(struct values, search_seed, 0, 9007199254740991.0)},
    {"parallel", 0, "N", "trials at once; 0: one a thread",
     OPTION_INTEGER(struct values, parallel, 0, 256)},
    OPTION_JOBS(struct values),
    OPTION_FORCE(struct values),
    OPTION_JSON(struct values),
    {0},
};

/* Everything that a search needs, released in one place. */
struct work {
    const struct command_line *line;
    const struct values *values;
    struct data data;
    struct votes votes;
    struct training_data training_data;
    struct teacher_models teachers;
    struct architecture *architecture;
    struct recipe recipe;
    struct search_space space;
    struct tuner *tuner;
    struct trial_training training;
    char *table, *record, *chart, *best, *checkpoints; /* paths in the folder */
};

/* --- the folder --- */

static char *path_in(const char *folder, const char *name)
{
    struct text path = {0};

    text_add(&path, "%s/%s", folder, name);
    if (path.failed)
        text_free(&path);
    return path.data;
}

static mien_status open_folder(struct work *w, mien_error *err)
{
    const struct values *v = w->values;
    mien_status status;

    w->table = path_in(v->out, "trials.csv");
    w->record = path_in(v->out, "search.txt");
    w->chart = path_in(v->out, "trials.png");
    w->best = path_in(v->out, "best.recipe");
    w->checkpoints = path_in(v->out, "checkpoints");
    if (!w->table || !w->record || !w->chart || !w->best || !w->checkpoints)
        return error_memory(err, 4096);
    if (access(w->record, F_OK) == 0 && !v->resume && !v->force)
        return error_set(err, MIEN_EINVAL,
                         "%s holds a search: --resume goes on with it, --force starts anew",
                         v->out);
    if (access(w->record, F_OK) && v->resume)
        return error_set(err, MIEN_EINVAL, "%s holds no search to resume", v->out);
    w->training.folder = w->checkpoints;
    status = output_check_new(w->best, v->force || v->resume, err);
    if (!status)
        status = output_check_new(w->table, v->force || v->resume, err);
    return status ? status : data_parts_make_folder(v->out, err);
}

/* What makes a search what it is, a line each. */
static void describe_search(const struct work *w, struct text *text)
{
    const struct values *v = w->values;
    static const enum dataset_part parts[] = {DATASET_TRAIN, DATASET_VALIDATION};
    const struct split *split = &w->data.split;
    uint8_t digest[SHA256_BYTES];
    char hash[SHA256_TEXT];

    dataset_sha256(&w->data.dataset, digest);
    sha256_text(digest, hash);
    text_add(text, "dataset %s\n", hash);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        enum dataset_part part = parts[i];
        split_sha256(split->rows[part], split->count[part], digest);
        sha256_text(digest, hash);
        text_add(text, "%s rows %s\n", part == DATASET_TRAIN ? "train" : "validation", hash);
    }
    text_add(text, "trials %lld\nfactor %lld\nsearch seed %lld\n", (long long)v->trials,
             (long long)v->factor, (long long)v->search_seed);
    text_add(text, "precision %s\nvotes %s\n", w->training.bf16 ? "bf16" : "f32",
             v->votes ? "yes" : "no");
    for (size_t i = 0; i < v->teachers.count; i++)
        text_add(text, "teacher %s\n", path_name(v->teachers.values[i]));
    recipe_write(&w->recipe, "\n", text);
    text_add(text, "\n%s", w->architecture->text);
}

/* The first line in which two texts differ, cut to fit a message. */
static void first_difference(const char *a, const char *b, char ret_a[60], char ret_b[60])
{
    size_t start = 0;

    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '\n')
            start = i + 1;
    snprintf(ret_a, 60, "%.*s", (int)strcspn(a + start, "\n"), a + start);
    snprintf(ret_b, 60, "%.*s", (int)strcspn(b + start, "\n"), b + start);
}

static mien_status check_record(const struct work *w, const struct text *record, mien_error *err)
{
    struct file_map map;
    char there[60], here[60], *text;
    mien_status status = file_map_open(w->record, &map, err);

    if (status)
        return status;
    text = strndup((const char *)map.data, map.bytes);
    file_map_close(&map);
    if (!text)
        return error_memory(err, map.bytes);
    if (strcmp(text, record->data) != 0) {
        first_difference(text, record->data, there, here);
        status =
            error_set(err, MIEN_EINVAL, "--resume: the search in %s has \"%s\", this one \"%s\"",
                      w->values->out, there, here);
    }
    free(text);
    return status;
}

/* Removes the checkpoints, but with `useful` those of trials that may go on. */
static void forget(const struct trial_training *training, const struct tuner *tuner, bool useful)
{
    for (int i = 0; i < tuner->halving.trials; i++)
        if (!useful || !tuner_may_go_on(tuner, &tuner->trials[i]))
            trial_forget(training, &tuner->trials[i]);
}

/* Starts the folder's record and table, or compares them and takes the search up. */
static mien_status take_up(struct work *w, mien_error *err)
{
    struct text record = {0};
    mien_status status = MIEN_OK;

    describe_search(w, &record);
    if (record.failed)
        status = error_memory(err, record.capacity);
    else if (w->values->resume)
        status = check_record(w, &record, err);
    else
        status = text_save(&record, w->record, err);
    text_free(&record);
    if (!status)
        status = data_parts_make_folder(w->checkpoints, err);
    if (status)
        return status;
    if (w->values->resume)
        return tuner_read(w->tuner, w->table, err);
    forget(&w->training, w->tuner, false);
    return tuner_write(w->tuner, w->table, err);
}

/* --- preparing --- */

static mien_status read_space(struct work *w, mien_error *err)
{
    struct file_map map;
    mien_status status = file_map_open(w->values->space, &map, err);
    char *text;

    if (status)
        return error_prefix(err, status, "--space");
    text = strndup((const char *)map.data, map.bytes);
    file_map_close(&map);
    if (!text)
        return error_memory(err, map.bytes);
    status = search_space_parse(text, w->values->space, &w->space, err);
    free(text);
    return status ? status : trial_space_check(&w->space, &w->recipe, err);
}

static mien_status draw_trials(struct work *w, mien_error *err)
{
    const struct values *v = w->values;
    struct halving halving = halving_new((int)v->trials, (int)w->recipe.epochs, (int)v->factor);
    mien_status status = tuner_new(&w->space, &halving, (uint64_t)v->search_seed, &w->tuner, err);

    w->training.architecture = w->architecture;
    w->training.data = &w->training_data;
    w->training.recipe = &w->recipe;
    w->training.space = &w->space;
    w->training.teachers = w->teachers.networks;
    w->training.teacher_count = w->teachers.count;
    w->training.stopped = stop_requested;
    for (int i = 0; i < halving.trials && !status; i++) {
        struct recipe recipe;
        status = trial_recipe(&w->training, &w->tuner->trials[i], &recipe, err);
    }
    return status;
}

static mien_status prepare(struct work *w, mien_error *err)
{
    mien_status status = architecture_choose(w->values->arch, &w->architecture, err);

    if (!status)
        status = teacher_models_open(&w->values->teachers, &w->teachers, err);
    if (!status)
        status = precision_choose(w->values->precision, &w->training.bf16, err);
    if (!status)
        status = read_space(w, err);
    if (!status)
        status = draw_trials(w, err);
    return status ? status : open_folder(w, err);
}

static mien_status prepare_data(struct work *w, mien_error *err)
{
    const struct split *split = &w->data.split;
    mien_status status = MIEN_OK;

    w->training_data = (struct training_data){
        .dataset = &w->data.dataset,
        .train = split->rows[DATASET_TRAIN],
        .validation = split->rows[DATASET_VALIDATION],
        .train_count = split->count[DATASET_TRAIN],
        .validation_count = split->count[DATASET_VALIDATION],
    };
    if (w->values->votes) {
        status = votes_open(w->values->votes, w->data.dataset.count, &w->votes, err);
        w->training_data.votes = &w->votes;
    }
    return status;
}

/* --- running and telling --- */

static void tell(void *context, const struct tuner *tuner, const struct trial *trial)
{
    const struct trial *best = tuner_best(tuner);
    long done = 0, all = 0;

    forget(context, tuner, true);
    for (int i = 0; i < tuner->halving.trials; i++)
        done += tuner->trials[i].rounds;
    for (int round = 0; round < tuner->halving.rounds; round++)
        all += halving_trials(&tuner->halving, round);
    if (trial->failed)
        progress_keep("%ld/%ld  trial %d diverged", done, all, trial->number + 1);
    else
        progress_keep("%ld/%ld  trial %d, epoch %d: validation %.4f%s", done, all,
                      trial->number + 1, trial->epochs, trial->accuracy, trial == best ? " *" : "");
}

static mien_status search(struct work *w, mien_error *err)
{
    int threads = w->values->jobs ? (int)w->values->jobs : thread_pool_processors();
    const struct tuner_options how = {
        .parallel = w->values->parallel ? (int)w->values->parallel : threads,
        .threads = threads,
        .table = w->table,
        .train = trial_train,
        .tell = tell,
        .context = &w->training,
    };

    stop_listen();
    return tuner_run(w->tuner, &how, err);
}

static mien_status write_best(const struct work *w, mien_error *err)
{
    const struct trial *best = tuner_best(w->tuner);
    struct recipe recipe;
    struct text text = {0};
    mien_status status = trial_recipe(&w->training, best, &recipe, err);

    if (status)
        return status;
    text_add(&text, "# trial %d of %d: validation accuracy %.4f\n", best->number + 1,
             w->tuner->halving.trials, best->accuracy);
    recipe_write(&recipe, "\n", &text);
    text_add(&text, "\n");
    status = text_save(&text, w->best, err);
    text_free(&text);
    return status;
}

static mien_status report(const struct work *w, mien_error *err)
{
    mien_status status = write_best(w, err);

    rmdir(w->checkpoints); /* empty: no trial goes on */
    if (!status)
        status = trial_chart_write(w->tuner, w->chart, err);
    if (status)
        return status;
    return w->values->json ? trial_report_json(w->tuner, w->best, err)
                           : trial_report_print(w->tuner, w->best, err);
}

/* --- the command --- */

static int search_and_tell(struct work *w)
{
    const struct values *v = w->values;
    struct data_request request = {
        .path = w->line->arguments[0],
        .values = v->data,
    };
    mien_error err;
    int exit_status = data_open(w->line, &request, &w->data);

    if (!exit_status &&
        (prepare_data(w, &err) || take_up(w, &err) || search(w, &err) || report(w, &err)))
        exit_status = command_failed(w->line, &err);
    return exit_status;
}

static void release(struct work *w)
{
    free(w->checkpoints);
    free(w->best);
    free(w->chart);
    free(w->record);
    free(w->table);
    tuner_free(w->tuner);
    search_space_free(&w->space);
    teacher_models_close(&w->teachers);
    votes_close(&w->votes);
    data_close(&w->data);
    architecture_free(w->architecture);
}

static int run(const struct command_line *line)
{
    struct work w = {.line = line, .values = line->values};
    mien_error err;
    int exit_status = recipe_options_read(line, &w.values->recipe, w.values->arch, &w.recipe);

    if (!exit_status)
        exit_status = prepare(&w, &err) ? command_failed(line, &err) : search_and_tell(&w);
    release(&w);
    return exit_status;
}

const struct command command_tune = {
    .name = "tune",
    .summary = "Search for the recipe that trains a network best.",
    .arguments = "DATASET",
    .details =
        "Draws recipes from a space and trains each for a few epochs; one in F goes on, to F "
        "times\n"
        "the epochs, and so on until the last are trained as long as the recipe says (successive\n"
        "halving). Chosen is by validation accuracy alone: the test part is never looked at.\n"
        "\n"
        "A space has lines like\n"
        "\n"
        "  learning_rate    log      1e-4 1e-2\n"
        "  label_smoothing  uniform  0 0.2\n"
        "  stop_patience    integer  5 20\n"
        "  optimizer        choice   adamw sgd\n"
        "\n"
        "with the fields of docs/recipe.md. A search that was stopped goes on with --resume. The\n"
        "best recipe is for mien train --recipe.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};
