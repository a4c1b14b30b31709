/* command_recognize.c - `mien recognize`: the expressions of faces in pictures.
 * SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "annotation.h"
#include "command.h"
#include "display.h"
#include "face_place.h"
#include "input_list.h"
#include "input_reader.h"
#include "mien/mien.h"
#include "ordered_tasks.h"
#include "recognition_report.h"
#include "terminal.h"

/* The most that are found in one picture. */
enum { FACES_MAX = 1000 };

struct values {
    struct string_list face;
    const char *model, *annotate;
    int64_t jobs;
    bool json, csv, force;
};

static const struct values defaults = {.face = {1, {"detect"}}};

static const struct option options[] = {
    {"face", 0, "FACE",
     "where faces are: detect, whole (one fills the picture), or X,Y,W,H in pixels; "
     "may be given several times",
     OPTION_STRINGS(struct values, face)},
    {"model", 'm', "MODEL", "a model file, or the name of a built-in model",
     OPTION_STRING(struct values, model)},
    {"annotate", 'a', "OUT", "also draw what was recognised: a picture file, or a folder",
     OPTION_STRING(struct values, annotate)},
    OPTION_FORCE(struct values),
    OPTION_JOBS(struct values),
    OPTION_JSON(struct values),
    {"csv", 0, NULL, "print CSV, one face a line", OPTION_FLAG(struct values, csv)},
    {0},
};

/* All that the work on many pictures shares. */
struct job {
    const struct command_line *line;
    struct face_place places[OPTION_LIST_MAX];
    size_t place_count;
    struct input_list inputs;
    struct annotation annotation;
    mien_recognizer *recognizer;
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

/* Faces at the places given. */
static mien_status classify(const struct job *job, int worker, const mien_picture *picture,
                            struct outcome *outcome)
{
    size_t count = job->place_count;
    mien_box *boxes = calloc(count, sizeof *boxes);
    mien_status status;

    outcome->faces = calloc(count, sizeof *outcome->faces);
    if (!boxes || !outcome->faces) {
        status = error_memory(&outcome->err, count * sizeof *outcome->faces);
    } else {
        for (size_t i = 0; i < count; i++)
            boxes[i] = face_place_box(&job->places[i], picture->width, picture->height);
        status = mien_classify(job->recognizer, job->workspaces[worker], picture, boxes, count,
                               outcome->faces, &outcome->err);
    }
    free(boxes);
    outcome->recognition.count = count;
    return status;
}

/* Faces wherever they are. */
static mien_status find(const struct job *job, int worker, const mien_picture *picture,
                        struct outcome *outcome)
{
    mien_face *fewer;
    mien_status status;

    outcome->faces = calloc(FACES_MAX, sizeof *outcome->faces);
    if (!outcome->faces)
        return error_memory(&outcome->err, FACES_MAX * sizeof *outcome->faces);
    status = mien_recognize(job->recognizer, job->workspaces[worker], picture, NULL, outcome->faces,
                            FACES_MAX, &outcome->recognition.count, &outcome->err);
    /* It may have to wait for its turn. */
    fewer = realloc(outcome->faces, (outcome->recognition.count + 1) * sizeof *fewer);
    outcome->faces = fewer ? fewer : outcome->faces;
    return status;
}

static mien_status recognize_image(const struct job *job, int worker, const struct image *image,
                                   struct outcome *outcome)
{
    mien_picture picture = {image->pixels, image->width, image->height, image->channels,
                            image->stride};
    mien_status status = job->places[0].kind == FACE_DETECT
                             ? find(job, worker, &picture, outcome)
                             : classify(job, worker, &picture, outcome);

    outcome->recognition.width = image->width;
    outcome->recognition.height = image->height;
    outcome->recognition.faces = outcome->faces;
    return status;
}

/* On any worker. */
static void recognize(void *context, int index, int worker, void *result)
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
    outcome->status = recognize_image(job, worker, &image, outcome);
    if (outcome->status)
        error_prefix(&outcome->err, outcome->status, "%s", input->path);
    else if (copy)
        outcome->annotated =
            annotation_write(copy, job->recognizer, &outcome->recognition, &image, &outcome->err);
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

static int recognize_all(struct job *job)
{
    struct ordered_tasks tasks = {.count = (int)job->inputs.count,
                                  .result_bytes = sizeof(struct outcome),
                                  .work = recognize,
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
    const struct values *values = job->line->values;
    int threads = values->jobs ? (int)values->jobs : thread_pool_processors();
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
    const struct values *values = job->line->values;
    struct recognition_report report = {.recognizer = job->recognizer,
                                        .format = values->json  ? RECOGNITION_JSON
                                                  : values->csv ? RECOGNITION_CSV
                                                                : RECOGNITION_TABLE,
                                        .colour = terminal_colour(stdout)};

    for (size_t i = 0; report.format == RECOGNITION_TABLE && i < job->inputs.count; i++) {
        size_t columns = display_columns(job->inputs.inputs[i].path);
        if (columns > report.source_columns)
            report.source_columns = columns;
    }
    return report;
}

static mien_status prepare(struct job *job, mien_error *err)
{
    const struct command_line *line = job->line;
    const struct values *values = line->values;
    mien_status status = input_list_new(line->arguments, line->argument_count, &job->inputs, err);

    if (!status && job->inputs.count > INT_MAX)
        status = error_set(err, MIEN_EINVAL, "%zu pictures are too many", job->inputs.count);
    if (!status && values->annotate)
        status =
            annotation_new(&job->inputs, values->annotate, values->force, &job->annotation, err);
    if (!status)
        status = mien_recognizer_open(values->model, &job->recognizer, err);
    if (!status)
        status = start_workers(job, err);
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
    mien_recognizer_close(job->recognizer);
    annotation_free(&job->annotation);
    input_list_free(&job->inputs);
}

static int check_usage(struct job *job)
{
    const struct values *values = job->line->values;
    mien_error err;

    if (values->json && values->csv)
        return command_wrong_usage(job->line, "--json and --csv: choose one of them");
    if (values->force && !values->annotate)
        return command_wrong_usage(job->line, "--force: only --annotate OUT writes files");
    for (; job->place_count < values->face.count; job->place_count++) {
        struct face_place *place = &job->places[job->place_count];
        if (face_place_parse(values->face.values[job->place_count], place, &err))
            return command_wrong_usage(job->line, "--face: %s", err.message);
        if (place->kind == FACE_DETECT && values->face.count > 1)
            return command_wrong_usage(job->line, "--face: detect finds all faces; give it alone");
    }
    return COMMAND_DONE;
}

static int run(const struct command_line *line)
{
    struct job job = {.line = line};
    mien_error err;
    int exit_status = check_usage(&job);

    if (exit_status)
        return exit_status;
    stop_listen();
    exit_status = prepare(&job, &err) ? command_failed(line, &err) : recognize_all(&job);
    release(&job);
    return exit_status;
}

const struct command command_recognize = {
    .name = "recognize",
    .summary = "Tell the expressions of faces in pictures.",
    .arguments = "INPUT...",
    .details =
        "INPUT is a picture (JPEG, PNG, BMP, GIF, WebP, TIFF, PNM), a folder of pictures, or - for "
        "a picture on standard input. Of a folder, all pictures in it and below are recognized, in "
        "the byte order of their paths; hidden ones are not. A picture that cannot be read is "
        "reported, the others are recognized, and the exit status is 3.\n"
        "\n"
        "Boxes are in pixels of the picture as a person sees it, turned as its EXIF says, and may "
        "reach beyond it. For several faces give --face several times; the faces are numbered in "
        "this order. With several pictures, the boxes are those of each.\n"
        "\n"
        "--annotate writes one picture to a file (.png or .jpg). Of several pictures, or of a "
        "folder's, OUT is a folder, in which the copies have the names that the pictures have "
        "below INPUT; where these are of another format, .png is added.\n"
        "\n"
        "--json prints an object a picture; docs/json.md says what is in it. --csv prints the "
        "columns source, width, height, id, x, y, w, h, confidence, reasons (apart by ;), "
        "expression, probability, and the probability of every expression.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};
