/* recognition_job.c - many pictures and frames: workers, the order of what they find, failures,
 * copies.
 * SPDX-License-Identifier: MIT */
#include "recognition_job.h"

#include <inttypes.h>
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
#include "media/frame_source.h"
#include "media/video_writer.h"
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
    /* Of what is taken, one after the other: */
    size_t next;                /* the input */
    struct frame_source *video; /* the input, where it is a video that was begun; or NULL */
    bool over;                  /* Ctrl-C */
    /* Of what is finished, one after the other: */
    struct video_writer *copy; /* of the video; NULL: none */
    bool bad_frame;            /* of the video */
    size_t done, failed;
    bool stopped;
};

/* What became of one picture, one frame of a video, or a video whose frames are all taken. */
struct outcome {
    const struct input *input;
    const char *copy, *explanation; /* where they go, or NULL */
    mien_status status, annotated;
    mien_error err; /* of the two */
    struct recognition recognition;
    mien_face *faces;
    /* Of a video: */
    struct source_frame frame;
    struct video_writer *begun; /* the copy, with the first frame */
    bool silent;                /* that copy will be, for its sound's kind */
    bool end;
    uint64_t damaged; /* with the end */
};

static mien_status begin_copy(const struct job *job, struct outcome *outcome)
{
    const struct frame_source_info *info = frame_source_info(job->video);
    struct video_writer_options options;
    mien_status status;

    video_writer_options_init(&options);
    options.width = info->width;
    options.height = info->height;
    options.sound = frame_source_sound(job->video);
    outcome->silent = options.sound && !video_writer_keeps(options.sound);
    if (info->fps > 0)
        options.fps = info->fps / (double)job->options->every;
    status = annotation_make_folders(outcome->copy, &outcome->err);
    return status ? status
                  : video_writer_open(outcome->copy, &options, &outcome->begun, &outcome->err);
}

static bool stop(void *context)
{
    (void)context;
    return stop_requested();
}

static mien_status begin_video(struct job *job, struct outcome *outcome)
{
    struct frame_source_options options;
    mien_status status;

    frame_source_options_init(&options);
    options.every = job->options->every;
    options.hardware = job->options->hardware;
    options.rgb = options.sound = outcome->copy;
    options.start = outcome->input->start.data;
    options.start_bytes = outcome->input->start.length;
    options.stop = stop;
    status = frame_source_open(outcome->input->path, &options, &job->video, &outcome->err);
    return !status && outcome->copy ? begin_copy(job, outcome) : status;
}

/* The next frame of the video, or its end. */
static void take_frame(struct job *job, struct outcome *outcome)
{
    outcome->status = job->video ? MIEN_OK : begin_video(job, outcome);
    if (!outcome->status)
        outcome->status =
            frame_source_read(job->video, &outcome->frame, &outcome->end, &outcome->err);
    outcome->recognition.frame = outcome->frame.number;
    outcome->recognition.time_s = outcome->frame.time_s;
    outcome->end |= outcome->status != MIEN_OK;
    if (!outcome->end)
        return;
    if (job->video)
        outcome->damaged = frame_source_state(job->video).damaged;
    frame_source_close(job->video);
    job->video = NULL;
    job->next++;
}

/* Decides what the next outcome is of. */
static bool take(void *context, void *result)
{
    struct job *job = context;
    struct outcome *outcome = result;

    if (job->over || job->next == job->inputs.count)
        return false;
    outcome->input = &job->inputs.inputs[job->next];
    if (job->annotation.count) {
        outcome->copy = job->annotation.copies[job->next];
        outcome->explanation = job->annotation.explanations[job->next];
    }
    outcome->recognition.source = outcome->input->path;
    if (stop_requested() || atomic_load(&job->unread))
        outcome->status = MIEN_ECANCELLED;
    else if (!job->video && !outcome->input->start.length)
        outcome->status = input_begin(&job->inputs.inputs[job->next], &outcome->err);
    if (outcome->status)
        job->next++;
    else if (outcome->input->video)
        take_frame(job, outcome);
    else
        job->next++;
    job->over = outcome->status == MIEN_ECANCELLED;
    return true;
}

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
static mien_status explain(const struct job *job, int worker, const struct image *image,
                           struct outcome *outcome)
{
    mien_picture picture = {image->pixels, image->width, image->height, image->channels,
                            image->stride};

    return explanation_write(job->explainer, outcome->explanation, job->recognizer,
                             job->workspaces[worker], &picture, &outcome->recognition,
                             &outcome->err);
}

/* The copy, drawn into `rgb`, and what explains it. */
static mien_status write_copies(const struct job *job, int worker, const struct image *grey,
                                struct image *rgb, struct outcome *outcome)
{
    mien_status status = annotation_make_folders(outcome->copy, &outcome->err);

    if (!status && outcome->explanation)
        status = explain(job, worker, grey, outcome);
    return status ? status
                  : annotation_write(outcome->copy, &job->report, &outcome->recognition, rgb,
                                     &outcome->err);
}

static void work_on_frame(const struct job *job, int worker, struct outcome *outcome)
{
    outcome->status = find_faces(job, worker, &outcome->frame.grey, outcome);
    if (outcome->status)
        error_prefix(&outcome->err, outcome->status, "%s", outcome->input->path);
    else if (outcome->copy)
        outcome->annotated = annotation_draw(&job->report, &outcome->recognition,
                                             &outcome->frame.rgb, &outcome->err);
}

static void work_on_picture(const struct job *job, int worker, struct outcome *outcome)
{
    struct image grey = {0}, rgb = {0};

    outcome->status = input_read(outcome->input, &grey, outcome->copy ? &rgb : NULL, &outcome->err);
    if (outcome->status)
        return;
    outcome->status = find_faces(job, worker, &grey, outcome);
    if (outcome->status)
        error_prefix(&outcome->err, outcome->status, "%s", outcome->input->path);
    else if (outcome->copy)
        outcome->annotated = write_copies(job, worker, &grey, &rgb, outcome);
    image_free(&grey);
    image_free(&rgb);
}

/* On any worker. */
static void work_on(void *context, int worker, void *result)
{
    const struct job *job = context;
    struct outcome *outcome = result;

    if (outcome->status || outcome->end)
        return;
    if (outcome->input->video)
        work_on_frame(job, worker, outcome);
    else
        work_on_picture(job, worker, outcome);
}

/* Counts an input with which all is done, and tells its failure. */
static void count(struct job *job, mien_status status, const mien_error *err)
{
    if (status)
        command_warn(job->line, "%s", err->message);
    job->failed += status != MIEN_OK;
    job->done += status == MIEN_OK;
}

/* Adds a frame to the copy, which ends where that fails. */
static mien_status copy_frame(struct job *job, struct outcome *outcome)
{
    mien_status status = outcome->annotated;

    if (!status)
        status = video_writer_add(job->copy, &outcome->frame.rgb, outcome->frame.time_s,
                                  &outcome->frame.sound, &outcome->err);
    if (!status)
        return MIEN_OK;
    video_writer_close(job->copy, NULL);
    job->copy = NULL;
    return status;
}

static void tell_frame(struct job *job, struct outcome *outcome)
{
    mien_status status = outcome->status;

    if (!status)
        status = recognition_report_add(&job->report, &outcome->recognition, &outcome->err);
    if (!status && job->copy)
        status = copy_frame(job, outcome);
    if (status && !job->bad_frame)
        command_warn(job->line, "%s", outcome->err.message);
    job->bad_frame |= status != MIEN_OK;
}

static void tell_end(struct job *job, struct outcome *outcome)
{
    mien_status status = outcome->status;

    if (job->copy && !status)
        status = video_writer_add_sound(job->copy, &outcome->frame.sound, &outcome->err);
    if (status)
        video_writer_close(job->copy, NULL);
    else
        status = video_writer_close(job->copy, &outcome->err);
    job->copy = NULL;
    if (outcome->damaged && !status)
        command_warn(job->line, "%s: %" PRIu64 " damaged parts were left out", outcome->input->path,
                     outcome->damaged);
    if (job->bad_frame && !status)
        job->failed++; /* which was told */
    else
        count(job, status, &outcome->err);
    job->bad_frame = false;
}

static void tell_picture(struct job *job, struct outcome *outcome)
{
    mien_status status = outcome->status;

    if (!status)
        status = recognition_report_add(&job->report, &outcome->recognition, &outcome->err);
    count(job, status ? status : outcome->annotated, &outcome->err);
}

static void tell(struct job *job, struct outcome *outcome)
{
    if (!outcome->input->video)
        tell_picture(job, outcome);
    else if (outcome->end)
        tell_end(job, outcome);
    else
        tell_frame(job, outcome);
    /* Each picture at once: what reads a pipe may be waiting for it. Copies are worth going on
     * for; results that nobody reads are not. */
    if (fflush(stdout) && !job->annotation.count)
        atomic_store(&job->unread, true);
}

static void show_progress(const struct job *job, const struct outcome *outcome)
{
    if (job->stopped || isatty(STDOUT_FILENO))
        return;
    if (outcome->input->video)
        progress_show("%s: %.1f s", outcome->input->path, outcome->frame.time_s);
    else if (job->inputs.count > 1)
        progress_show("%zu of %zu pictures", job->done + job->failed, job->inputs.count);
}

/* One picture after the other. */
static void finish(void *context, void *result)
{
    struct job *job = context;
    struct outcome *outcome = result;

    if (outcome->begun)
        job->copy = outcome->begun;
    if (outcome->silent)
        command_warn(job->line,
                     "%s: its sound is of a kind that MP4 cannot hold: the copy is silent",
                     outcome->input->path);
    /* Those in flight behind the first that was not begun are left out: what is printed has no
     * gap. */
    job->stopped |= outcome->status == MIEN_ECANCELLED;
    if (!job->stopped)
        tell(job, outcome);
    show_progress(job, outcome);
    free(outcome->faces);
    source_frame_free(&outcome->frame);
}

static int run_all(struct job *job)
{
    struct ordered_tasks tasks = {.result_bytes = sizeof(struct outcome),
                                  .next = take,
                                  .work = work_on,
                                  .finish = finish,
                                  .context = job};
    mien_error err;

    if (ordered_tasks_run(job->pool, &tasks, &err) || recognition_report_end(&job->report, &err))
        return command_failed(job->line, &err);
    if (stop_requested() && job->stopped) {
        command_warn(job->line, "stopped after %zu of %zu %s", job->done + job->failed,
                     job->inputs.count, job->report.times ? "inputs" : "pictures");
        return COMMAND_INTERRUPTED;
    }
    if (job->failed)
        return job->done ? COMMAND_PARTLY : COMMAND_FAILED;
    return COMMAND_DONE;
}

static bool has_video(const struct job *job)
{
    for (size_t i = 0; i < job->inputs.count; i++)
        if (job->inputs.inputs[i].video)
            return true;
    return false;
}

static mien_status start_workers(struct job *job, mien_error *err)
{
    int threads = job->options->jobs ? (int)job->options->jobs : thread_pool_processors();
    mien_status status;

    if ((size_t)threads > job->inputs.count && !has_video(job))
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
                                        .times = has_video(job),
                                        .colour = terminal_colour(stdout)};

    for (size_t i = 0; report.format == RECOGNITION_TABLE && i < job->inputs.count; i++) {
        size_t columns = display_columns(job->inputs.inputs[i].path);
        if (columns > report.source_columns)
            report.source_columns = columns;
    }
    return report;
}

static mien_status prepare_explanations(struct job *job, mien_error *err)
{
    const char *model = job->task->model ? job->task->model : mien_model_name(job->recognizer);

    return explainer_new(model, job->task->training, job->pool, &job->explainer, err);
}

/* The copy's name and the table's columns hang on whether standard input brings a video. Where
 * neither needs it yet, what comes before it is told without waiting for it; if it cannot be read,
 * that is told in its turn. */
static mien_status begin_standard_input(struct job *job, mien_error *err)
{
    for (size_t i = 0; i < job->inputs.count; i++)
        if ((i == 0 || job->options->annotate) &&
            input_begin(&job->inputs.inputs[i], err) == MIEN_ECANCELLED)
            return MIEN_ECANCELLED;
    return MIEN_OK;
}

static mien_status prepare(struct job *job, mien_error *err)
{
    const struct command_line *line = job->line;
    const struct recognition_options *options = job->options;
    mien_status status = input_list_new(line->arguments, line->argument_count, &job->inputs, err);

    if (!status)
        status = begin_standard_input(job, err);
    if (!status && options->annotate)
        status = annotation_new(&job->inputs, options->annotate, job->task->explain, options->force,
                                &job->annotation, err);
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
    frame_source_close(job->video);
    video_writer_close(job->copy, NULL);
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
    find.least_size = (float)options->smallest;
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
