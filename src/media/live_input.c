/* live_input.c - a mailbox for one frame, and the thread that fills it.
 * SPDX-License-Identifier: MIT */
#include "media/live_input.h"

#include <libavcodec/avcodec.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "media/frame_converter.h"

/* The pauses between the attempts to find a lost source. */
#define FIRST_PAUSE_S 0.5
#define LONGEST_PAUSE_S 10

/* How often who waits looks whether to stop. */
#define GLANCE_S 0.05

/* The most packets of sound that wait for a frame to be taken: minutes of it. */
enum { SOUND_MAX = 8192 };

struct live_input {
    const char *name;
    const struct source_address *address;
    const struct frame_source_options *options; /* the caller's */
    struct frame_source_options own;            /* whose stop is ours */
    struct sound_format sound_format;
    AVCodecParameters *sound_codec;
    bool paced;
    pthread_t thread;
    bool started;
    atomic_bool closing;

    /* The thread's: */
    struct video_input *input; /* NULL: lost */
    struct decoded_frame next;
    struct sound next_sound;
    double shift_s;             /* from the input's times to the source's */
    double last_s, last_come_s; /* of the last frame: its time, and when it came */
    double anchor_s;            /* the clock at the source's time 0; NAN: not known */
    struct video_losses losses;
    uint64_t left_out; /* of the losses, what is counted */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t filled;
    struct decoded_frame box;
    bool full;
    struct sound box_sound;
    int64_t number; /* of frames that came so far */
    struct frame_source_state state;
    mien_status status; /* why there are no more */
    mien_error err;
};

static bool stopped(void *context)
{
    struct live_input *live = context;
    const struct frame_source_options *options = live->options;

    return atomic_load(&live->closing) || (options->stop && options->stop(options->stop_context));
}

/* False where it was woken because everything ends. */
static bool pause_for(struct live_input *live, double seconds)
{
    double end = clock_now_s() + seconds;

    for (double left = seconds; left > 0 && !stopped(live); left = end - clock_now_s())
        clock_sleep_s(fmin(left, GLANCE_S));
    return !stopped(live);
}

/* Into the mailbox; what nobody took is dropped. */
static void deliver(struct live_input *live)
{
    pthread_mutex_lock(&live->lock);
    live->state.dropped += live->full + live->losses.left_out - live->left_out;
    live->state.damaged = live->losses.damaged;
    av_frame_unref(live->box.frame);
    av_frame_move_ref(live->box.frame, live->next.frame);
    live->box.orientation = live->next.orientation;
    live->box.time_s = live->next.time_s;
    live->box.arrival_s = live->next.arrival_s;
    live->full = true;
    live->number += 1 + (int64_t)(live->losses.left_out - live->left_out);
    live->left_out = live->losses.left_out;
    if (live->box_sound.count + live->next_sound.count > SOUND_MAX ||
        sound_move(&live->next_sound, &live->box_sound, NULL))
        sound_clear(&live->next_sound);
    pthread_cond_signal(&live->filled);
    pthread_mutex_unlock(&live->lock);
}

/* No more frames will come. */
static void end(struct live_input *live, const mien_error *err)
{
    pthread_mutex_lock(&live->lock);
    live->status = err->status;
    live->err = *err;
    pthread_cond_signal(&live->filled);
    pthread_mutex_unlock(&live->lock);
}

static void set_lost(struct live_input *live, bool lost)
{
    pthread_mutex_lock(&live->lock);
    live->state.reconnects += live->state.lost && !lost;
    live->state.lost = lost;
    pthread_mutex_unlock(&live->lock);
}

/* Whether the sound is still of the kind that was told. */
static bool same_sound(const struct live_input *live)
{
    const struct sound_format *now = video_input_sound(live->input);

    return now && live->sound_codec && now->codec->codec_id == live->sound_codec->codec_id &&
           now->codec->sample_rate == live->sound_codec->sample_rate &&
           now->time_base[0] == live->sound_format.time_base[0] &&
           now->time_base[1] == live->sound_format.time_base[1];
}

static void shift_sound(struct live_input *live)
{
    const int *base = live->sound_format.time_base;
    int64_t shift;

    if (!same_sound(live)) {
        sound_clear(&live->next_sound);
        return;
    }
    shift = llrint(live->shift_s * base[1] / base[0]);
    for (size_t i = 0; i < live->next_sound.count; i++) {
        AVPacket *packet = live->next_sound.packets[i];
        packet->pts += packet->pts == AV_NOPTS_VALUE ? 0 : shift;
        packet->dts += packet->dts == AV_NOPTS_VALUE ? 0 : shift;
    }
}

/* Reads a frame and hands it on when its time has come. */
static mien_status read_one(struct live_input *live, mien_error *err)
{
    bool ended = false;
    mien_status status =
        video_input_read(live->input, &live->next, &live->next_sound, &live->losses, &ended, err);

    if (status || ended)
        return status ? status : error_set(err, MIEN_EIO, "%s: the stream ended", live->name);
    live->next.time_s += live->shift_s;
    shift_sound(live);
    if (isnan(live->anchor_s))
        live->anchor_s = clock_now_s() - live->next.time_s;
    if (live->paced && !pause_for(live, live->anchor_s + live->next.time_s - clock_now_s()))
        return error_set(err, MIEN_ECANCELLED, "%s: stopped", live->name);
    live->last_s = live->next.time_s;
    live->last_come_s = clock_now_s();
    deliver(live);
    return MIEN_OK;
}

/* Goes on with the source that was found again; its time has gone on meanwhile. A broadcast that
 * has ended is a file now, which would be shown from its beginning. */
static mien_status go_on(struct live_input *live, mien_error *err)
{
    struct frame_source_info info;

    video_input_info(live->input, &info);
    if (!info.live) {
        video_input_close(live->input);
        live->input = NULL;
        return error_set(err, MIEN_EIO, "%s: the stream ended", live->name);
    }
    live->shift_s = live->last_s + clock_now_s() - live->last_come_s;
    live->anchor_s = NAN;
    set_lost(live, false);
    return MIEN_OK;
}

/* Looks for the source until it is there again. */
static mien_status find_again(struct live_input *live, mien_error *err)
{
    double lost_since_s = clock_now_s(), pause_s = FIRST_PAUSE_S;
    mien_status status = MIEN_EIO;

    video_input_close(live->input);
    live->input = NULL;
    sound_clear(&live->next_sound);
    set_lost(live, true);
    while (status) {
        double lost_s = clock_now_s() - lost_since_s;
        if (lost_s >= live->options->give_up_s)
            return error_set(err, MIEN_EIO, "%s: lost, and not found again in %.0f s", live->name,
                             lost_s);
        if (!pause_for(live, fmin(pause_s, live->options->give_up_s - lost_s)))
            return error_set(err, MIEN_ECANCELLED, "%s: stopped", live->name);
        pause_s = fmin(2 * pause_s, LONGEST_PAUSE_S);
        status = video_input_open(live->name, live->address, &live->own, &live->input, err);
        if (status == MIEN_ENOMEM || status == MIEN_ECANCELLED)
            return status;
    }
    return go_on(live, err);
}

static void *run(void *context)
{
    struct live_input *live = context;
    mien_status status = MIEN_OK;
    mien_error err;

    while (!status && !stopped(live)) {
        status = read_one(live, &err);
        if (status && status != MIEN_ENOMEM && !stopped(live))
            status = find_again(live, &err);
    }
    if (!status)
        error_set(&err, MIEN_ECANCELLED, "%s: stopped", live->name);
    end(live, &err);
    return NULL;
}

static mien_status copy_sound_format(struct live_input *live, mien_error *err)
{
    const struct sound_format *format = video_input_sound(live->input);

    if (!format)
        return MIEN_OK;
    live->sound_codec = avcodec_parameters_alloc();
    if (!live->sound_codec || avcodec_parameters_copy(live->sound_codec, format->codec) < 0)
        return error_memory(err, sizeof *live->sound_codec);
    live->sound_format = *format;
    live->sound_format.codec = live->sound_codec;
    return MIEN_OK;
}

static mien_status start(struct live_input *live, mien_error *err)
{
    mien_status status = copy_sound_format(live, err);
    pthread_condattr_t attributes;

    live->next.frame = av_frame_alloc();
    live->box.frame = av_frame_alloc();
    if (status || !live->next.frame || !live->box.frame)
        return status ? status : error_memory(err, sizeof(AVFrame));
    pthread_mutex_init(&live->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&live->filled, &attributes);
    pthread_condattr_destroy(&attributes);
    live->started = pthread_create(&live->thread, NULL, run, live) == 0;
    return live->started ? MIEN_OK : error_set(err, MIEN_ENOMEM, "no thread can be started");
}

mien_status live_input_new(const char *name, const struct source_address *address,
                           const struct frame_source_options *options, struct video_input *input,
                           struct live_input **ret_live, mien_error *err)
{
    struct live_input *live = calloc(1, sizeof *live);
    mien_status status;

    if (!live) {
        video_input_close(input);
        return error_memory(err, sizeof *live);
    }
    live->name = name;
    live->address = address;
    live->options = options;
    live->own = *options;
    live->own.stop = stopped;
    live->own.stop_context = live;
    live->input = input;
    live->anchor_s = NAN;
    live->paced = !strncmp(address->place, "http", strlen("http"));
    status = start(live, err);
    if (status) {
        live_input_free(live);
        return status;
    }
    *ret_live = live;
    return MIEN_OK;
}

void live_input_free(struct live_input *live)
{
    if (!live)
        return;
    if (live->started) {
        atomic_store(&live->closing, true);
        pthread_join(live->thread, NULL);
        pthread_cond_destroy(&live->filled);
        pthread_mutex_destroy(&live->lock);
    }
    video_input_close(live->input);
    av_frame_free(&live->next.frame);
    av_frame_free(&live->box.frame);
    sound_free(&live->next_sound);
    sound_free(&live->box_sound);
    avcodec_parameters_free(&live->sound_codec);
    free(live);
}

const struct sound_format *live_input_sound(const struct live_input *live)
{
    return live->sound_codec ? &live->sound_format : NULL;
}

struct frame_source_state live_input_state(struct live_input *live)
{
    struct frame_source_state state;

    pthread_mutex_lock(&live->lock);
    state = live->state;
    pthread_mutex_unlock(&live->lock);
    return state;
}

/* With the lock held; a wait at most. */
static void wait_a_glance(struct live_input *live)
{
    struct timespec until;
    double time = clock_now_s() + GLANCE_S;

    until.tv_sec = (time_t)time;
    until.tv_nsec = (long)((time - (double)until.tv_sec) * 1e9);
    pthread_cond_timedwait(&live->filled, &live->lock, &until);
}

/* With the lock held and the mailbox full. */
static mien_status empty_box(struct live_input *live, struct decoded_frame *ret_frame,
                             struct sound *sound, int64_t *ret_number, mien_error *err)
{
    AVFrame *frame = ret_frame->frame;
    mien_status status = sound_move(&live->box_sound, sound, err);

    if (status)
        return status;
    *ret_frame = live->box;
    ret_frame->frame = frame;
    av_frame_unref(frame);
    av_frame_move_ref(frame, live->box.frame);
    live->full = false;
    *ret_number = live->number - 1;
    return MIEN_OK;
}

/* With the lock held: until there is a frame to take. */
static mien_status wait_for_frame(struct live_input *live, mien_error *err)
{
    while (!live->full && !live->status && !stopped(live))
        wait_a_glance(live);
    if (stopped(live))
        return error_set(err, MIEN_ECANCELLED, "%s: stopped", live->name);
    if (live->full)
        return MIEN_OK;
    if (err)
        *err = live->err;
    return live->status;
}

mien_status live_input_size(struct live_input *live, int *ret_width, int *ret_height,
                            mien_error *err)
{
    mien_status status;

    pthread_mutex_lock(&live->lock);
    status = wait_for_frame(live, err);
    if (!status)
        frame_converted_size(live->box.frame, live->box.orientation, ret_width, ret_height);
    pthread_mutex_unlock(&live->lock);
    return status;
}

mien_status live_input_take(struct live_input *live, struct decoded_frame *ret_frame,
                            struct sound *sound, int64_t *ret_number, mien_error *err)
{
    mien_status status;

    pthread_mutex_lock(&live->lock);
    status = wait_for_frame(live, err);
    if (!status)
        status = empty_box(live, ret_frame, sound, ret_number, err);
    pthread_mutex_unlock(&live->lock);
    return status;
}
