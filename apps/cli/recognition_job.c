/* recognition_job.c - many pictures: workers, the order of what they find, failures, copies.
 * SPDX-License-Identifier: MIT */
#include "recognition_job.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "annotation.h"
#include "display.h"
#include "explanation.h"
#include "input_list.h"
#include "input_reader.h"
#include "ordered_tasks.h"
#include "output.h"
#include "recognition_report.h"
#include "terminal.h"

/* All that the work on many pictures shares. */
struct job {
    const struct command_line *line;
    const struct recognition_options *options;
    const struct recognition_task *task;
    struct input_list inputs;
    struct annotation annotation;
    mien_recognizer *recognizer;
    struct explainer *explainer; /* NULL: nothing is explained */
    struct thread_pool *pool;
    mien_workspace **workspaces; /* (workers) */
    int workers;
    struct recognition_report report;
    atomic_bool unread; /* nobody reads the results any more */
    /* Of the finished pictures: */
    size_t done, failed;
    bool stopped;
};

/* What became of one picture. */
struct outcome {
    mien_status status, annotated;
    mien_error err; /* of the two */
    struct recognition recognition;
    mien_face *faces;
};

static mien_status find_faces(const struct job *job, int worker, const struct image *image,
                              struct outcome *outcome)
{
    const struct recognition_task *task = job->task;
    mien_picture picture = {image->pixels, image->width, image->height, image->channels,
                            image->stride};
    mien_face *fewer;
    mien_status status;

    outcome->faces = calloc(RECOGNITION_FACES_MAX, sizeof *outcome->faces);
    if (!outcome->faces)
        return error_memory(&outcome->err, RECOGNITION_FACES_MAX * sizeof *outcome->faces);
    status = task->work(task->context, job->recognizer, job->workspaces[worker], &picture,
                        outcome->faces, &outcome->recognition.count, &outcome->err);
    if (status)
        return status;
    /* It may have to wait for its turn. */
    fewer = realloc(outcome->faces, (outcome->recognition.count + 1) * sizeof *fewer);
    outcome->faces = fewer ? fewer : outcome->faces;
    outcome->recognition.width = image->width;
    outcome->recognition.height = image->height;
    outcome->recognition.faces = outcome->faces;
    return MIEN_OK;
}

/* Beside the annotated copy. */
static mien_status explain(const struct job *job, int worker, const char *copy,
                           const struct image *image, struct outcome *outcome)
{
    mien_picture picture = {image->pixels, image->width, image->height, image->channels,
                            image->stride};
    char *path = explanation_path(copy);
    mien_status status =
        path ? explanation_write(job->explainer, path, job->recognizer, job->workspaces[worker],
                                 &picture, &outcome->recognition, &outcome->err)
             : error_memory(&outcome->err, strlen(copy));

    free(path);
    return status;
}

/* The copy, and before it is drawn into, what explains it. */
static mien_status write_copies(const struct job *job, int worker, const char *copy,
                                struct image *image, struct outcome *outcome)
{
    mien_status status = annotation_make_folders(copy, &outcome->err);

    if (!status && job->explainer)
        status = explain(job, worker, copy, image, outcome);
    return status
               ? status
               : annotation_write(copy, &job->report, &outcome->recognition, image, &outcome->err);
}

/* On any worker. */
static void work_on(void *context, int index, int worker, void *result)
{
    struct job *job = context;
    struct outcome *outcome = result;
    const struct input *input = &job->inputs.inputs[index];
    const char *copy = job->annotation.count ? job->annotation.paths[index] : NULL;
    struct image image;

    outcome->recognition.source = input->path;
    if (stop_requested() || atomic_load(&job->unread)) {
        outcome->status = MIEN_ECANCELLED;
        return;
    }
    outcome->status = input_read(input, &image, &outcome->err);
    if (outcome->status)
        return;
    outcome->status = find_faces(job, worker, &image, outcome);
    if (outcome->status)
        error_prefix(&outcome->err, outcome->status, "%s", input->path);
    else if (copy)
        outcome->annotated = write_copies(job, worker, copy, &image, outcome);
    image_free(&image);
}

static void tell(struct job *job, struct outcome *outcome)
{
    mien_status status = outcome->status;

    if (!status)
        status = recognition_report_add(&job->report, &outcome->recognition, &outcome->err);
    if (!status)
        status = outcome->annotated;
    if (status)
        command_warn(job->line, "%s", outcome->err.message);
    job->failed += status != MIEN_OK;
    job->done += status == MIEN_OK;
    /* Each picture at once: what reads a pipe may be waiting for it. Copies are worth going on
     * for; results that nobody reads are not. */
    if (fflush(stdout) && !job->annotation.count)
        atomic_store(&job->unread, true);
}

/* One picture after the other. */
static void finish(void *context, int index, void *result)
{
    struct job *job = context;
    struct outcome *outcome = result;

    /* Those in flight behind the first that was not begun are left out: what is printed has no
     * gap. */
    job->stopped |= outcome->status == MIEN_ECANCELLED;
    if (!job->stopped)
        tell(job, outcome);
    free(outcome->faces);
    if (!job->stopped && job->inputs.count > 1 && !isatty(STDOUT_FILENO))
        progress_show("%d of %zu pictures", index + 1, job->inputs.count);
}

static int run_all(struct job *job)
{
    struct ordered_tasks tasks = {.count = (int)job->inputs.count,
                                  .result_bytes = sizeof(struct outcome),
                                  .work = work_on,
                                  .finish = finish,
                                  .context = job};
    mien_error err;

    if (ordered_tasks_run(job->pool, &tasks, &err) || recognition_report_end(&job->report, &err))
        return command_failed(job->line, &err);
    if (stop_requested() && job->stopped) {
        command_warn(job->line, "stopped after %zu of %zu pictures", job->done + job->failed,
                     job->inputs.count);
        return COMMAND_INTERRUPTED;
    }
    if (job->failed)
        return job->done ? COMMAND_PARTLY : COMMAND_FAILED;
    return COMMAND_DONE;
}

static mien_status start_workers(struct job *job, mien_error *err)
{
    int threads = job->options->jobs ? (int)job->options->jobs : thread_pool_processors();
    mien_status status;

    if ((size_t)threads > job->inputs.count)
        threads = (int)job->inputs.count;
    status = thread_pool_new(threads, &job->pool, err);
    if (status)
        return status;
    job->workspaces = calloc((size_t)threads, sizeof *job->workspaces);
    if (!job->workspaces)
        return error_memory(err, (size_t)threads * sizeof *job->workspaces);
    for (; job->workers < threads && !status; job->workers++)
        status = mien_workspace_new(job->recognizer, &job->workspaces[job->workers], err);
    return status;
}

static struct recognition_report report_for(const struct job *job)
{
    const struct recognition_options *options = job->options;
    struct recognition_report report = {.recognizer = job->recognizer,
                                        .expressions = job->task->expressions,
                                        .format = options->json  ? RECOGNITION_JSON
                                                  : options->csv ? RECOGNITION_CSV
                                                                 : RECOGNITION_TABLE,
                                        .colour = terminal_colour(stdout)};

    for (size_t i = 0; report.format == RECOGNITION_TABLE && i < job->inputs.count; i++) {
        size_t columns = display_columns(job->inputs.inputs[i].path);
        if (columns > report.source_columns)
            report.source_columns = columns;
    }
    return report;
}

/* Refuses what would be overwritten before the work begins. */
static mien_status prepare_explanations(struct job *job, mien_error *err)
{
    mien_status status = MIEN_OK;

    for (size_t i = 0; i < job->annotation.count && !status; i++) {
        char *path = job->annotation.paths[i] ? explanation_path(job->annotation.paths[i]) : NULL;
        if (path)
            status = output_check_new(path, job->options->force, err);
        free(path);
    }
    if (!status)
        status =
            explainer_new(job->task->model, job->task->training, job->pool, &job->explainer, err);
    return status;
}

static mien_status prepare(struct job *job, mien_error *err)
{
    const struct command_line *line = job->line;
    const struct recognition_options *options = job->options;
    mien_status status = input_list_new(line->arguments, line->argument_count, &job->inputs, err);

    if (!status && job->inputs.count > INT_MAX)
        status = error_set(err, MIEN_EINVAL, "%zu pictures are too many", job->inputs.count);
    if (!status && options->annotate)
        status =
            annotation_new(&job->inputs, options->annotate, options->force, &job->annotation, err);
    if (!status)
        status = mien_recognizer_open(job->task->model, &job->recognizer, err);
    if (!status && job->task->labels)
        status = mien_recognizer_set_labels(job->recognizer, job->task->labels, err);
    if (!status)
        status = start_workers(job, err);
    if (!status && job->task->explain)
        status = prepare_explanations(job, err);
    if (!status)
        job->report = report_for(job);
    return status;
}

static void release(struct job *job)
{
    for (int i = 0; i < job->workers; i++)
        mien_workspace_free(job->workspaces[i]);
    free(job->workspaces);
    thread_pool_free(job->pool);
    explainer_free(job->explainer);
    mien_recognizer_close(job->recognizer);
    annotation_free(&job->annotation);
    input_list_free(&job->inputs);
}

int recognition_job_check(const struct command_line *line,
                          const struct recognition_options *options)
{
    if (options->json && options->csv)
        return command_wrong_usage(line, "--json and --csv: choose one of them");
    if (options->force && !options->annotate)
        return command_wrong_usage(line, "--force: only --annotate OUT writes files");
    return COMMAND_DONE;
}

mien_find_options recognition_find_options(const struct recognition_options *options)
{
    mien_find_options find;

    mien_find_options_init(&find);
    find.threshold = (float)options->threshold;
    return find;
}

int recognition_job_run(const struct command_line *line, const struct recognition_options *options,
                        const struct recognition_task *task)
{
    struct job job = {.line = line, .options = options, .task = task};
    mien_error err;
    int exit_status;

    stop_listen();
    exit_status = prepare(&job, &err) ? command_failed(line, &err) : run_all(&job);
    release(&job);
    return exit_status;
}
