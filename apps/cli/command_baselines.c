/* command_baselines.c - `mien baselines`: what simple methods reach beside the networks, on the
 * same pictures.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread_pool.h"
#include "baseline_methods.h"
#include "command.h"
#include "data_options.h"
#include "evaluation/intervals.h"
#include "network/builtin_models.h"
#include "network/model.h"
#include "output.h"
#include "terminal.h"

enum { METHODS = 5, NETWORKS_MAX = 32 };

struct values {
    struct data_values data;
    const char *part;
    int64_t jobs, components;
    bool json;
};

static const struct values defaults = {.data = DATA_DEFAULTS, .part = "test", .components = 250};

static const struct option options[] = {
    {"part", 0, "PARTS", "what to measure: validation, test, or test+validation",
     OPTION_STRING(struct values, part)},
    {"components", 'n', "N", "principal components of the methods that take them",
     OPTION_INTEGER(struct values, components, 1, PCA_MAX_DIMS)},
    DATA_OPTIONS(struct values),
    OPTION_JOBS(struct values),
    OPTION_JSON(struct values),
    {0},
};

/* A line of the table. */
struct entry {
    struct baseline_result result;
    size_t correct, correct_without_twins;
    bool other_training; /* a network that was trained on other rows than the rest */
};

struct work {
    const struct command_line *line;
    const struct values *values;
    struct data data;
    uint32_t *rows; /* of the measured part */
    struct baseline_task task;
    bool *twins; /* (measured) whether the picture is also a training picture */
    size_t twin_count;
    struct entry entries[METHODS + NETWORKS_MAX];
    size_t entry_count;
};

static mien_status choose_rows(struct work *w, mien_error *err)
{
    const struct split *split = &w->data.split;
    struct baseline_task *task = &w->task;

    task->dataset = &w->data.dataset;
    task->components = (size_t)w->values->components;
    task->train = (struct study_rows){split->rows[DATASET_TRAIN], split->count[DATASET_TRAIN]};
    task->validation =
        (struct study_rows){split->rows[DATASET_VALIDATION], split->count[DATASET_VALIDATION]};
    if (!task->train.count)
        return error_set(err, MIEN_EINVAL, "%s: the split \"%s\" has no training pictures",
                         w->line->arguments[0], w->values->data.split);
    if (split_select(split, w->values->part, &w->rows, &task->measured.count, err))
        return error_prefix(err, err->status, "--part");
    task->measured.rows = w->rows;
    w->twins = calloc(task->measured.count, sizeof *w->twins);
    return w->twins ? MIEN_OK : error_memory(err, task->measured.count);
}

static mien_status run_methods(struct work *w, mien_error *err)
{
    typedef mien_status method(const struct baseline_task *, struct baseline_result *,
                               mien_error *);
    static method *const methods[] = {baseline_most_frequent, baseline_class_mean,
                                      baseline_logistic, baseline_component_neighbours};
    mien_status status = MIEN_OK;

    for (size_t i = 0; i < sizeof methods / sizeof *methods && !status; i++) {
        progress_show("method %zu of %d", i + 1, METHODS);
        status = methods[i](&w->task, &w->entries[w->entry_count].result, err);
        w->entry_count += !status;
    }
    if (status)
        return status;
    progress_show("method %d of %d", METHODS, METHODS);
    status = baseline_neighbours(&w->task, w->twins, &w->entries[w->entry_count].result, err);
    w->entry_count += !status;
    return status;
}

static mien_status run_network(struct work *w, const char *name, mien_error *err)
{
    struct entry *entry = &w->entries[w->entry_count];
    bool same = false;
    mien_status status;

    if (w->entry_count == METHODS + NETWORKS_MAX)
        return error_set(err, MIEN_EINVAL, "more than %d networks: give fewer", NETWORKS_MAX);
    progress_show("network %s", name);
    status = baseline_network(&w->task, name, &same, &entry->result, err);
    if (status)
        return status;
    entry->other_training = !same;
    w->entry_count++;
    return MIEN_OK;
}

/* The built-in networks, as far as they were trained on these training rows: others may have seen
 * the measured pictures. */
static mien_status run_builtin(struct work *w, mien_error *err)
{
    for (const struct builtin_model *builtin = builtin_models; builtin->name; builtin++) {
        mien_status status = run_network(w, builtin->name, err);

        if (status == MIEN_EINVAL)
            continue; /* tells something else than this data set's labels */
        if (status)
            return status;
        if (w->entries[w->entry_count - 1].other_training) {
            baseline_result_free(&w->entries[--w->entry_count].result);
            command_warn(w->line,
                         "%s was trained on other pictures than this split's and is left out; "
                         "name it behind DATASET to see it all the same",
                         builtin->name);
        }
    }
    return MIEN_OK;
}

static mien_status run_networks(struct work *w, mien_error *err)
{
    mien_status status = MIEN_OK;

    if (w->line->argument_count == 1)
        return run_builtin(w, err);
    for (size_t i = 1; i < w->line->argument_count && !status; i++)
        status = run_network(w, w->line->arguments[i], err);
    return status;
}

static void count_correct(struct work *w)
{
    const struct study_rows measured = w->task.measured;

    for (size_t i = 0; i < measured.count; i++)
        w->twin_count += w->twins[i];
    for (size_t e = 0; e < w->entry_count; e++) {
        struct entry *entry = &w->entries[e];

        for (size_t i = 0; i < measured.count; i++) {
            const bool right = entry->result.answers[i] == w->data.dataset.labels[measured.rows[i]];

            entry->correct += right;
            entry->correct_without_twins += right && !w->twins[i];
        }
    }
}

static double share(size_t part, size_t whole)
{
    return whole ? (double)part / (double)whole : NAN;
}

static void print_entry(const struct work *w, const struct entry *entry)
{
    const size_t count = w->task.measured.count;
    const double without = share(entry->correct_without_twins, count - w->twin_count);
    const struct interval accuracy = accuracy_interval(entry->correct, count);

    printf("%-54s %8.4f  %.4f to %.4f", entry->result.name, accuracy.value, accuracy.low,
           accuracy.high);
    if (isnan(without))
        printf(" %13s", "-");
    else
        printf(" %13.4f", without);
    if (isnan(entry->result.training_seconds))
        printf(" %10s", "-");
    else
        printf(" %8.2f s", entry->result.training_seconds);
    printf(" %8.1f us%s\n", 1e6 * entry->result.seconds / (double)count,
           entry->other_training ? "  trained on other pictures" : "");
}

static void print_text(const struct work *w)
{
    printf("trained         on %zu pictures\n", w->task.train.count);
    printf("measured        on %zu of %s, of which %zu are also in the training part\n\n",
           w->task.measured.count, w->values->part, w->twin_count);
    printf("%-54s %8s  %-16s %13s %10s %11s\n", "method", "accuracy", "95% interval",
           "without twins", "training", "a picture");
    for (size_t i = 0; i < w->entry_count; i++)
        print_entry(w, &w->entries[i]);
}

static json_t *entry_json(const struct work *w, const struct entry *entry)
{
    const size_t count = w->task.measured.count;
    const struct interval accuracy = accuracy_interval(entry->correct, count);

    return json_pack("{s:o, s:I, s:o, s:[o, o], s:I, s:o, s:o, s:o, s:b}", "method",
                     output_string(entry->result.name), "correct", (json_int_t)entry->correct,
                     "accuracy", output_number(accuracy.value), "accuracy_interval",
                     output_number(accuracy.low), output_number(accuracy.high),
                     "correct_without_twins", (json_int_t)entry->correct_without_twins,
                     "accuracy_without_twins",
                     output_number(share(entry->correct_without_twins, count - w->twin_count)),
                     "training_seconds", output_number(entry->result.training_seconds),
                     "seconds_a_picture", output_number(entry->result.seconds / (double)count),
                     "trained_on_other_pictures", entry->other_training);
}

static mien_status print_json(const struct work *w, mien_error *err)
{
    json_t *methods = json_array();

    for (size_t i = 0; i < w->entry_count; i++)
        json_array_append_new(methods, entry_json(w, &w->entries[i]));
    return output_json(json_pack("{s:I, s:s, s:I, s:I, s:o}", "training_pictures",
                                 (json_int_t)w->task.train.count, "part", w->values->part,
                                 "pictures", (json_int_t)w->task.measured.count, "twins",
                                 (json_int_t)w->twin_count, "methods", methods),
                       err);
}

static mien_status compare(struct work *w, mien_error *err)
{
    mien_status status = choose_rows(w, err);

    if (!status)
        status = run_methods(w, err);
    if (!status)
        status = run_networks(w, err);
    if (status)
        return status;
    count_correct(w);
    if (w->values->json)
        return print_json(w, err);
    progress_clear();
    print_text(w);
    return MIEN_OK;
}

static void free_work(struct work *w)
{
    for (size_t i = 0; i < w->entry_count; i++)
        baseline_result_free(&w->entries[i].result);
    free(w->twins);
    free(w->rows);
    data_close(&w->data);
    thread_pool_free(w->task.pool);
}

static int run(const struct command_line *line)
{
    struct work w = {.line = line, .values = line->values};
    struct data_request request = {.path = line->arguments[0], .values = w.values->data};
    mien_error err;
    int exit_status;

    if (thread_pool_new((int)w.values->jobs, &w.task.pool, &err))
        return command_failed(line, &err);
    request.pool = w.task.pool;
    exit_status = data_open(line, &request, &w.data);
    if (!exit_status && compare(&w, &err))
        exit_status = command_failed(line, &err);
    free_work(&w);
    return exit_status;
}

const struct command command_baselines = {
    .name = "baselines",
    .summary = "Compare simple methods with the networks, on the same pictures.",
    .arguments = "DATASET [MODEL...]",
    .details =
        "Trains, on the training part: the most frequent label, nearest class means, logistic\n"
        "regression and nearest neighbours on principal components, nearest neighbours by pixels\n"
        "(k chosen on the validation part). Beside them stand the networks MODEL (files, or names\n"
        "of built-in models), or else the built-in ones that were trained on the same part.\n"
        "\n"
        "Each has its accuracy with a 95% interval, its accuracy on pictures that are not also in\n"
        "the training part, the time of its training, and the time a picture takes.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};
