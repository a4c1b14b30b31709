/* command_live.c - `mien live`: faces of a camera or a video, as they are seen.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/live/live.h"
#include "apps/live/view.h"
#include "command.h"
#include "media/camera_list.h"
#include "media/video_writer.h"
#include "output.h"
#include "recognition_report.h"
#include "terminal.h"

struct values {
    const char *model, *record, *log, *baseline, *size, *hardware;
    int64_t detect_every, jobs;
    bool terminal, headless, simple, mirror, full_screen, is_private, cameras;
    bool csv, json, force;
};

static const struct values defaults = {.detect_every = 3};

static const struct option options[] = {
    {"terminal", 't', NULL, "show it in this terminal", OPTION_FLAG(struct values, terminal)},
    {"headless", 0, NULL, "show nothing", OPTION_FLAG(struct values, headless)},
    {"simple", 0, NULL, "show the picture and, large, one label",
     OPTION_FLAG(struct values, simple)},
    {"mirror", 0, NULL, "show the picture as in a mirror", OPTION_FLAG(struct values, mirror)},
    {"full-screen", 0, NULL, "fill the screen", OPTION_FLAG(struct values, full_screen)},
    {"record", 'o', "FILE.mp4", "record the video with the marks in it, and its sound",
     OPTION_STRING(struct values, record)},
    {"log", 0, "FILE.db", "log who showed what when; mien info and mien report read it",
     OPTION_STRING(struct values, log)},
    {"privacy", 0, NULL, "pixelate all faces; log nothing about single people",
     OPTION_FLAG(struct values, is_private)},
    {"baseline", 0, "SECONDS", "learn each face at rest in its first seconds (3s)",
     OPTION_STRING(struct values, baseline)},
    {"model", 'm', "MODEL", "a model file, or the name of a built-in model",
     OPTION_STRING(struct values, model)},
    {"cameras", 0, NULL, "list the cameras and their sizes, and end",
     OPTION_FLAG(struct values, cameras)},
    {"size", 0, "WxH", "of a camera's picture, the nearest that it has",
     OPTION_STRING(struct values, size)},
    {"hardware", 0, "KIND", "decode in hardware: auto, or FFmpeg's name of a kind (vaapi, cuda)",
     OPTION_STRING(struct values, hardware)},
    {"detect-every", 0, "N", "look for faces in every Nth frame, follow them in between",
     OPTION_INTEGER(struct values, detect_every, 1, 100)},
    OPTION_FORCE(struct values),
    OPTION_JOBS(struct values),
    OPTION_JSON(struct values),
    {"csv", 0, NULL, "print CSV, one face a line", OPTION_FLAG(struct values, csv)},
    {0},
};

/* Where the frames' results are printed. */
struct printer {
    struct recognition_report report;
    const char *source;
    bool prints;
};

static mien_status print_frame(void *context, const struct stream_frame *frame, mien_error *err)
{
    struct printer *printer = context;
    const struct source_frame *source = frame->payload;
    mien_face faces[STREAM_FACES_MAX];
    int ids[STREAM_FACES_MAX];
    struct recognition recognition = {.source = printer->source,
                                      .frame = source->number,
                                      .time_s = frame->picture.time,
                                      .width = frame->picture.grey.width,
                                      .height = frame->picture.grey.height,
                                      .count = frame->count,
                                      .faces = faces,
                                      .ids = ids};
    mien_status status;

    if (!printer->prints) {
        progress_show("%.1f s, %zu faces", frame->picture.time, frame->count);
        return MIEN_OK;
    }
    for (size_t i = 0; i < frame->count; i++) {
        faces[i] = frame->faces[i].face;
        ids[i] = frame->faces[i].id;
    }
    status = recognition_report_add(&printer->report, &recognition, err);
    if (!status && fflush(stdout)) /* nobody reads it any more; main() tells why */
        return error_set(err, MIEN_ECANCELLED, "nobody reads the results");
    return status;
}

static int list_cameras(const struct command_line *line)
{
    struct camera_list list;
    mien_error err;

    if (camera_list_new(&list, &err))
        return command_failed(line, &err);
    for (size_t i = 0; i < list.count; i++) {
        const struct camera *camera = &list.cameras[i];
        printf("camera:%d  %s\n", camera->number, camera->name);
        for (size_t k = 0; k < camera->count; k++) {
            const struct camera_format *f = &camera->formats[k];
            const char *name = camera_format_name(f);
            printf("    %dx%d  %.0f frames/s  %s\n", f->width, f->height, f->fps, name ? name : "");
        }
    }
    if (list.forbidden)
        command_warn(line,
                     "%zu cameras may not be opened: join the group video (sudo adduser $USER "
                     "video) and log in again",
                     list.forbidden);
    else if (!list.count)
        command_warn(line, "there is no camera; a video file or an address can be the source, too");
    camera_list_free(&list);
    return COMMAND_DONE;
}

/* "3" or "3s". */
static bool parse_seconds(const char *text, double *ret_seconds)
{
    char *end;
    double seconds = strtod(text, &end);

    if (end == text || (*end && strcmp(end, "s") != 0) || !(seconds >= 0.5 && seconds <= 600))
        return false;
    *ret_seconds = seconds;
    return true;
}

static bool parse_size(const char *text, int *ret_width, int *ret_height)
{
    int width, height, used = 0;

    if (sscanf(text, "%dx%d%n", &width, &height, &used) != 2 || text[used] || width < 16 ||
        height < 16 || width > 16384 || height > 16384)
        return false;
    *ret_width = width;
    *ret_height = height;
    return true;
}

/* A window where there can be one; else what was asked for must do. */
static int choose_view(const struct command_line *line, enum live_view *ret_view)
{
    const struct values *v = line->values;
    bool useful = v->json || v->csv || v->record || v->log;

    if (v->terminal + v->headless > 1)
        return command_wrong_usage(line, "--terminal and --headless: choose one of them");
    if (v->terminal && (v->json || v->csv) && isatty(STDOUT_FILENO))
        return command_wrong_usage(line, "--terminal needs the terminal that --json and --csv "
                                         "would print on");
    if (v->terminal)
        *ret_view = LIVE_TERMINAL;
    else if (v->headless || (useful && !view_window_possible()))
        *ret_view = LIVE_HEADLESS;
    else if (view_window_possible())
        *ret_view = LIVE_WINDOW;
    else
        return command_wrong_usage(line, "there is no display for a window: give --terminal, or "
                                         "--headless with --json, --csv, --record or --log");
    return COMMAND_DONE;
}

static int check_usage(const struct command_line *line, struct live_options *live)
{
    const struct values *v = line->values;
    mien_error err;

    if (v->json && v->csv)
        return command_wrong_usage(line, "--json and --csv: choose one of them");
    if (v->baseline && !parse_seconds(v->baseline, &live->neutral_s))
        return command_wrong_usage(line, "--baseline: %s: give seconds, 0.5 to 600", v->baseline);
    live->hardware = v->hardware;
    if (v->size && !parse_size(v->size, &live->width, &live->height))
        return command_wrong_usage(line, "--size: %s: give WIDTHxHEIGHT, such as 640x480", v->size);
    if (v->force && !v->record)
        return command_wrong_usage(line, "--force: only --record FILE.mp4 overwrites");
    if (v->record &&
        (video_writer_check(v->record, &err) || output_check_new(v->record, v->force, &err)))
        return command_wrong_usage(line, "--record: %s", err.message);
    return choose_view(line, &live->view);
}

static void tell_result(const struct command_line *line, const struct live_result *result,
                        enum live_view view)
{
    const struct values *v = line->values;

    progress_clear();
    if (v->hardware && !*result->hardware)
        command_warn(line, "no hardware here decodes this: it was decoded in software");
    if (view != LIVE_HEADLESS && !result->dropped)
        return;
    if (result->dropped)
        command_warn(line, "%zu frames, %zu dropped because they came too fast", result->frames,
                     result->dropped);
    else if (isatty(STDERR_FILENO))
        fprintf(stderr, "%zu frames in %.1f s, %.1f a second\n", result->frames, result->seconds,
                (double)result->frames / result->seconds);
}

/* What else there is, where a camera did not begin. */
static void add_camera_hint(mien_error *err)
{
    char *end = memchr(err->message, 0, sizeof err->message);

    snprintf(end, sizeof err->message - (size_t)(end - err->message), "%s",
             "; mien live --cameras lists what is here, and a video file or an address can be the "
             "source, too");
}

static int live(const struct command_line *line, const struct live_options *session,
                mien_recognizer *r)
{
    const struct values *v = line->values;
    struct printer printer = {
        .report = {.recognizer = r,
                   .expressions = true,
                   .format = v->json ? RECOGNITION_JSON : RECOGNITION_CSV,
                   .times = true},
        .source = session->source,
        .prints = v->json || v->csv,
    };
    struct live_options wanted = *session;
    struct live_result result = {0};
    mien_error err;
    mien_status status;

    wanted.recognizer = r;
    wanted.report = wanted.view == LIVE_HEADLESS || printer.prints ? print_frame : NULL;
    wanted.report_context = &printer;
    status = live_run(&wanted, &result, &err);
    if (!status && printer.prints)
        status = recognition_report_end(&printer.report, &err);
    if (status == MIEN_ECANCELLED && !stop_requested())
        return COMMAND_DONE; /* the reader has gone: main() ends as others do */
    if (status && !strncmp(wanted.source, "camera:", 7) && !result.frames)
        add_camera_hint(&err);
    if (status)
        return command_failed(line, &err);
    tell_result(line, &result, wanted.view);
    return stop_requested() ? COMMAND_INTERRUPTED : COMMAND_DONE;
}

static int run(const struct command_line *line)
{
    const struct values *v = line->values;
    struct live_options session = {
        .source = line->argument_count ? line->arguments[0] : "camera:0",
        .record = v->record,
        .log = v->log,
        .is_private = v->is_private,
        .simple = v->simple,
        .mirrored = v->mirror,
        .full_screen = v->full_screen,
        .threads = (int)v->jobs,
        .detect_every = (int)v->detect_every,
        .stop = stop_requested,
    };
    mien_recognizer *recognizer;
    mien_error err;
    int exit_status;

    if (v->cameras)
        return list_cameras(line);
    exit_status = check_usage(line, &session);
    if (exit_status)
        return exit_status;
    if (mien_recognizer_open(v->model, &recognizer, &err))
        return command_failed(line, &err);
    stop_listen();
    exit_status = live(line, &session, recognizer);
    mien_recognizer_close(recognizer);
    return exit_status;
}

const struct command command_live = {
    .name = "live",
    .summary = "Show the expressions of faces in front of a camera or in a video.",
    .arguments = "[SOURCE]",
    .details =
        "SOURCE is camera:0 (the default) or another camera, a video file, a folder of pictures, "
        "screen: for the screen, - for a video on standard input, or an address (rtsp:, http:, "
        "...). A camera or an address that sends without an end drops what is late, and comes back "
        "when it was lost; of a file, every frame is shown.\n"
        "\n"
        "Keys: space pause, s save a picture, r record, b learn the face at rest, m mirror, l "
        "landmarks, f full screen, h help, q quit.\n"
        "\n"
        "People keep their numbers while they move, cross, or are covered for up to three seconds. "
        "Probabilities are averaged for as long as a face does not change.\n"
        "\n"
        "--json prints an object a frame; docs/json.md says what is in it. --csv prints a line a "
        "face. docs/live.md says more about the log, privacy and the face at rest.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};
