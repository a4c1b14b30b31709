/* live.c - the loop: take a frame, hide faces, show, report, record, log; and what keys do.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "live.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "image/pixelate.h"
#include "media/picture_writer.h"
#include "media/video_writer.h"
#include "session/session_log.h"
#include "view.h"

#define WAIT_S 0.05       /* for a frame, between looks at the keys */
#define MESSAGE_S 4.0     /* a message stays */
#define NEUTRAL_KEY_S 3.0 /* the key b learns so long */

struct live {
    const struct live_options *options;
    struct live_source source;
    struct stream *stream;
    struct view view; /* state NULL: none */
    struct video_writer *writer;
    struct session_log *log;
    struct shown_lately lately;
    struct scene scene;
    struct stream_frame *frame;                    /* the newest; NULL before the first */
    struct stream_face mirrored[STREAM_FACES_MAX]; /* its faces, for the view */
    struct image flipped, marked; /* copies of its picture: for the view; to be kept */
    bool is_marked;               /* `marked` shows the newest frame */
    double recorded_time;         /* of the last frame written */
    bool recorded_by_key;
    char message[256];
    double message_until, begun, paced_wall, paced_time;
    bool is_paced, quit;
    double second_begun;
    int second_frames;
    double latency_sum;
    size_t latency_count;
    struct live_result result;
};

__attribute__((format(printf, 2, 3))) static void say(struct live *live, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(live->message, sizeof live->message, format, arguments);
    va_end(arguments);
    live->message_until = clock_now_s() + MESSAGE_S;
}

static bool is_live(const struct live *live)
{
    return frame_source_info(live->source.frames)->live;
}

/* --- Pictures --- */

/* The newest frame's picture; whoever looks at the frame may draw on it. */
static struct image *picture(const struct live *live)
{
    return &((struct source_frame *)live->frame->payload)->rgb;
}

static mien_status copy_to(const struct image *image, struct image *copy, mien_error *err)
{
    mien_status status = image_reuse(copy, image->width, image->height, 3, err);

    if (!status)
        image_convert(image, copy);
    return status;
}

static void flip(struct image *image)
{
    for (int y = 0; y < image->height; y++) {
        uint8_t *left = image_row(image, y), *right = left + 3 * (image->width - 1);
        for (; left < right; left += 3, right -= 3)
            for (int i = 0; i < 3; i++) {
                uint8_t level = left[i];
                left[i] = right[i];
                right[i] = level;
            }
    }
}

/* The newest frame's picture with its marks, drawn once. */
static mien_status mark(struct live *live, mien_error *err)
{
    struct stream_frame *frame = live->frame;
    mien_status status;

    if (live->is_marked)
        return MIEN_OK;
    status = copy_to(picture(live), &live->marked, err);
    if (!status)
        status = scene_draw_marks(frame->faces, frame->count, live->options->recognizer, 1,
                                  live->scene.landmarks, true, &live->marked, err);
    live->is_marked = !status;
    return status;
}

static void hide_faces(struct live *live)
{
    for (size_t i = 0; i < live->frame->count; i++) {
        const mien_box *box = &live->frame->faces[i].face.box;
        image_pixelate(picture(live), box->x, box->y, box->w, box->h);
    }
}

/* --- What is shown --- */

/* The scene's picture and faces, as in a mirror if that is wanted. */
static mien_status set_picture(struct live *live, mien_error *err)
{
    struct stream_frame *frame = live->frame;
    float width = (float)picture(live)->width;
    mien_status status;

    live->scene.picture = picture(live);
    live->scene.faces = frame->faces;
    live->scene.count = frame->count;
    if (!live->scene.mirrored)
        return MIEN_OK;
    status = copy_to(picture(live), &live->flipped, err);
    if (status)
        return status;
    flip(&live->flipped);
    for (size_t i = 0; i < frame->count; i++) {
        mien_face *f = &live->mirrored[i].face;
        live->mirrored[i] = frame->faces[i];
        f->box.x = width - f->box.x - f->box.w;
        for (int k = 0; k < 4; k++)
            f->landmarks[k][0] = width - f->landmarks[k][0];
    }
    live->scene.picture = &live->flipped;
    live->scene.faces = live->mirrored;
    return MIEN_OK;
}

static mien_status show(struct live *live, mien_error *err)
{
    struct frame_source_state state = frame_source_state(live->source.frames);
    mien_status status = live->frame ? set_picture(live, err) : MIEN_OK;

    if (state.lost)
        say(live, "%s is lost; waiting for it", live->options->source);
    live->scene.message = clock_now_s() < live->message_until ? live->message : NULL;
    live->scene.recording = live->writer != NULL;
    live->scene.dropped = stream_counts(live->stream).dropped + (size_t)state.dropped;
    live->scene.learning = false;
    for (size_t i = 0; i < live->scene.count; i++)
        live->scene.learning |= live->scene.faces[i].learning;
    return status ? status : live->view.show(live->view.state, &live->scene, err);
}

static void count_frame(struct live *live)
{
    const struct source_frame *source = live->frame->payload;
    double now = clock_now_s();

    live->result.frames++;
    live->second_frames++;
    if (now - live->second_begun >= 1) {
        live->scene.fps = live->second_frames / (now - live->second_begun);
        live->second_begun = now;
        live->second_frames = 0;
    }
    if (!is_live(live))
        return;
    live->scene.latency_s = now - source->arrival_s;
    live->latency_sum += live->scene.latency_s;
    live->latency_count++;
}

/* --- What is kept --- */

static mien_status open_writer(struct live *live, const char *path, mien_error *err)
{
    const struct frame_source_info *info = frame_source_info(live->source.frames);
    struct video_writer_options options;

    video_writer_options_init(&options);
    options.width = info->width;
    options.height = info->height;
    if (info->fps > 0)
        options.fps = info->fps;
    options.sound = frame_source_sound(live->source.frames);
    live->recorded_time = -INFINITY;
    return video_writer_open(path, &options, &live->writer, err);
}

static mien_status add_to_recording(struct live *live, mien_error *err)
{
    struct source_frame *source = live->frame->payload;
    mien_status status;

    if (!live->writer || live->frame->picture.time <= live->recorded_time)
        return MIEN_OK;
    status = mark(live, err);
    if (!status)
        status = video_writer_add(live->writer, &live->marked, live->frame->picture.time,
                                  &source->sound, err);
    live->recorded_time = live->frame->picture.time;
    return status;
}

/* What --record cannot keep ends the session; what a key began, as all keys, ends nothing. */
static mien_status record(struct live *live, mien_error *err)
{
    mien_error reason;
    mien_status status = add_to_recording(live, &reason);

    if (status && live->recorded_by_key) {
        video_writer_close(live->writer, NULL);
        live->writer = NULL;
        say(live, "%s", reason.message);
        return MIEN_OK;
    }
    if (status && err)
        *err = reason;
    return status;
}

static mien_status add_to_log(struct live *live, mien_error *err)
{
    struct session_face faces[STREAM_FACES_MAX];
    const struct stream_frame *frame = live->frame;
    size_t count = 0;

    if (!live->log)
        return MIEN_OK;
    for (size_t i = 0; i < frame->count; i++) {
        const mien_face *f = &frame->faces[i].face;
        if (scene_is_face(f))
            faces[count++] = (struct session_face){
                frame->faces[i].id, f->box.x,      f->box.y,      f->box.w,
                f->box.h,           f->confidence, f->expression, f->probabilities};
    }
    return session_log_add(live->log, frame->picture.time, faces, count, err);
}

static mien_status open_log(struct live *live, mien_error *err)
{
    const mien_recognizer *r = live->options->recognizer;
    const char *labels[MIEN_LABELS_MAX];
    struct session_about about = {live->options->source, mien_model_name(r),
                                  mien_model_sha256(r),  labels,
                                  mien_label_count(r),   live->options->is_private};

    for (int i = 0; i < about.label_count; i++)
        labels[i] = mien_label(r, i);
    return session_log_open(live->options->log, &about, &live->log, err);
}

/* A new file in the current folder, named after the time; false if there is no room for one. */
static bool new_name(const char *end, char *name, size_t size)
{
    time_t now = time(NULL);
    struct tm local;
    char stamp[32];

    localtime_r(&now, &local);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local);
    for (int i = 0; i < 1000; i++) {
        if (i == 0)
            snprintf(name, size, "mien-%s%s", stamp, end);
        else
            snprintf(name, size, "mien-%s-%d%s", stamp, i, end);
        if (access(name, F_OK))
            return true;
    }
    return false;
}

/* --- Keys: what fails is told in the view and ends nothing. --- */

static void save_picture(struct live *live)
{
    char name[64];
    mien_error err;

    if (!live->frame || !new_name(".png", name, sizeof name))
        return;
    if (mark(live, &err) || picture_write(name, &live->marked, &err))
        say(live, "%s", err.message);
    else
        say(live, "saved as %s", name);
}

static void toggle_recording(struct live *live)
{
    char name[64];
    mien_error err;

    if (live->writer) {
        mien_status status = video_writer_close(live->writer, &err);
        live->writer = NULL;
        say(live, "%s", status ? err.message : "recorded");
    } else if (new_name(".mp4", name, sizeof name)) {
        live->recorded_by_key = true;
        if (open_writer(live, name, &err))
            say(live, "%s", err.message);
        else
            say(live, "recording to %s", name);
    }
}

static void learn_neutral(struct live *live)
{
    mien_error err;

    if (stream_learn_neutral(live->stream, NEUTRAL_KEY_S, &err))
        say(live, "%s", err.message);
    else
        say(live, "look neutral for %.0f seconds", NEUTRAL_KEY_S);
}

static void press(struct live *live, int key)
{
    switch (key) {
    case ' ':
        live->scene.paused = !live->scene.paused;
        live->is_paced = false;
        break;
    case 's':
        save_picture(live);
        break;
    case 'r':
        toggle_recording(live);
        break;
    case 'b':
        learn_neutral(live);
        break;
    case 'm':
        live->scene.mirrored = !live->scene.mirrored;
        break;
    case 'l':
        live->scene.landmarks = !live->scene.landmarks;
        live->is_marked = false;
        break;
    case 'h':
        live->scene.help = !live->scene.help;
        break;
    case 'q':
        live->quit = true;
        break;
    default:
        if (key != VIEW_CHANGED)
            say(live, "h shows the keys");
        break;
    }
}

/* Waits `wait_s` at most for keys and does what they say; whether there was one. */
static bool press_keys(struct live *live, double wait_s)
{
    int key = live->view.state ? live->view.key(live->view.state, wait_s) : VIEW_NOTHING;
    bool any = key != VIEW_NOTHING;

    for (; key != VIEW_NOTHING && !live->quit; key = live->view.key(live->view.state, 0))
        press(live, key);
    live->quit |= live->options->stop && live->options->stop();
    return any;
}

/* --- The loop --- */

/* A file is shown at its own speed. */
static mien_status keep_pace(struct live *live, mien_error *err)
{
    double time = live->frame->picture.time, wait;
    mien_status status = MIEN_OK;

    if (!live->view.state || is_live(live))
        return MIEN_OK;
    if (!live->is_paced || time < live->paced_time) {
        live->paced_wall = clock_now_s();
        live->paced_time = time;
        live->is_paced = true;
    }
    while (!status && !live->quit && live->is_paced &&
           (wait = live->paced_wall + time - live->paced_time - clock_now_s()) > 0.001)
        if (press_keys(live, fmin(wait, 0.1)))
            status = show(live, err);
    if (clock_now_s() - live->paced_wall > time - live->paced_time + 0.5)
        live->is_paced = false; /* it cannot be kept: do not hurry after it */
    return status;
}

static mien_status take_frame(struct live *live, struct stream_frame *frame, mien_error *err)
{
    mien_status status;

    live->frame = frame;
    live->is_marked = false;
    if (live->options->is_private && picture(live)->pixels)
        hide_faces(live);
    status = keep_pace(live, err);
    shown_lately_add(&live->lately, clock_now_s() - live->begun, frame->faces, frame->count);
    if (!status && live->view.state)
        status = show(live, err);
    if (!status && live->options->report)
        status = live->options->report(live->options->report_context, frame, err);
    count_frame(live);
    if (!status)
        status = record(live, err);
    return status ? status : add_to_log(live, err);
}

/* While paused: the picture stays, keys work, and a live source drops what comes. */
static mien_status stay(struct live *live, mien_error *err)
{
    press_keys(live, 0.1);
    return show(live, err);
}

static mien_status loop(struct live *live, mien_error *err)
{
    struct stream_frame *frame;
    enum stream_event event = STREAM_NOTHING_YET;
    mien_status status = MIEN_OK;

    while (!status && !live->quit && event != STREAM_END) {
        press_keys(live, 0);
        if (live->scene.paused) {
            status = stay(live, err);
            continue;
        }
        status = stream_next(live->stream, WAIT_S, &frame, &event, err);
        if (!status && event == STREAM_FRAME)
            status = take_frame(live, frame, err);
        else if (!status && event == STREAM_NOTHING_YET && live->view.state)
            status = show(live, err);
    }
    /* A photograph is not gone before anybody has seen it. */
    while (!status && !live->quit && live->view.state && live->result.frames == 1)
        status = stay(live, err);
    return status;
}

static mien_status open_view(struct live *live, mien_error *err)
{
    const struct live_options *o = live->options;
    const struct frame_source_info *info = frame_source_info(live->source.frames);
    struct view_options options = {.title = "mien",
                                   .width = info->width,
                                   .height = info->height,
                                   .simple = o->simple,
                                   .full_screen = o->full_screen};

    if (o->view == LIVE_HEADLESS)
        return MIEN_OK;
    return o->view == LIVE_TERMINAL ? view_terminal_open(&options, &live->view, err)
                                    : view_window_open(&options, &live->view, err);
}

static mien_status open_stream(struct live *live, mien_error *err)
{
    const struct live_options *o = live->options;
    struct stream_source source = live_source_stream(&live->source);
    struct stream_options options;

    stream_options_init(&options);
    options.threads = o->threads;
    options.detect_every = o->detect_every;
    options.neutral_s = o->neutral_s;
    if (o->is_private) { /* no face may be seen: not a new one, nor one that is missed once */
        options.detect_every = 1;
        options.smallest = STREAM_SMALLEST_LEAST;
        options.tracker.sure = 0;
        options.tracker.show = 1;
    }
    return stream_open(o->recognizer, &source, &options, &live->stream, err);
}

/* What decodes, where it was asked for. */
static void tell_hardware(struct live *live)
{
    const struct frame_source_info *info = frame_source_info(live->source.frames);

    memcpy(live->result.hardware, info->hardware, sizeof live->result.hardware);
    if (live->options->hardware)
        say(live, *info->hardware ? "%s is decoded by %s" : "no hardware here decodes %s%s",
            info->codec, info->hardware);
}

static mien_status start(struct live *live, mien_error *err)
{
    const struct live_options *o = live->options;
    bool drawn = o->view != LIVE_HEADLESS || o->record;
    mien_status status = live_source_open(&live->source, o->source, drawn, o->width, o->height,
                                          o->hardware, o->stop, err);

    if (!status)
        tell_hardware(live);
    if (!status && o->log)
        status = open_log(live, err);
    if (!status && o->record)
        status = open_writer(live, o->record, err);
    if (!status)
        status = open_stream(live, err);
    return status ? status : open_view(live, err);
}

/* Ends all that is open; the first failure is told. */
static mien_status end(struct live *live, mien_status status, mien_error *err)
{
    mien_status closed;

    if (live->view.state)
        live->view.close(live->view.state);
    live->result.dropped =
        live->source.frames ? (size_t)frame_source_state(live->source.frames).dropped : 0;
    if (live->stream)
        live->result.dropped += stream_counts(live->stream).dropped;
    stream_close(live->stream);
    if (!status && live->writer)
        status = video_writer_add_sound(live->writer, &live->source.rest, err);
    closed = video_writer_close(live->writer, status ? NULL : err);
    status = status ? status : closed;
    closed = session_log_close(live->log, live->result.dropped, status ? NULL : err);
    status = status ? status : closed;
    live_source_close(&live->source);
    image_free(&live->flipped);
    image_free(&live->marked);
    return status;
}

mien_status live_run(const struct live_options *options, struct live_result *ret_result,
                     mien_error *err)
{
    struct live *live = calloc(1, sizeof *live);
    mien_status status;

    if (!live)
        return error_memory(err, sizeof *live);
    live->options = options;
    live->scene = (struct scene){.recognizer = options->recognizer,
                                 .lately = &live->lately,
                                 .latency_s = -1,
                                 .simple = options->simple,
                                 .mirrored = options->mirrored};
    live->begun = live->second_begun = clock_now_s();
    status = start(live, err);
    if (!status)
        status = loop(live, err);
    status = end(live, status, err);
    live->result.seconds = clock_now_s() - live->begun;
    if (live->latency_count)
        live->result.latency_s = live->latency_sum / (double)live->latency_count;
    *ret_result = live->result;
    free(live);
    return status;
}
