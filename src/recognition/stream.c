/* stream.c - a ring of frames, a thread that reads, and workers that take the oldest frame that has
 * something to be done.
 * SPDX-License-Identifier: MIT */
#include "recognition/stream.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/thread_pool.h"
#include "recognition/pipeline.h"
#include "recognition/stream_stages.h"

enum { WORKERS_MAX = 64, SPARE_SLOTS = 3 };

enum slot_state {
    SLOT_EMPTY,
    SLOT_READ,       /* waits for detection */
    SLOT_DETECTED,   /* waits for its turn in tracking */
    SLOT_TRACKED,    /* waits for classification */
    SLOT_CLASSIFIED, /* waits for its turn in smoothing */
    SLOT_DONE,       /* waits for the caller */
    SLOT_BUSY,       /* a worker has it */
};

struct slot {
    enum slot_state state;
    struct stream_work *work;
    double read_at; /* monotonic clock */
    mien_status status;
    mien_error err;
};

struct worker {
    struct stream *stream;
    struct stream_scratch scratch;
    pthread_t thread;
};

struct stream {
    const mien_recognizer *recognizer;
    struct stream_source source;
    struct stream_options options;
    struct tracker *tracker;
    struct stream_people people;

    pthread_mutex_t lock;    /* for all below */
    pthread_cond_t work;     /* something may be done, or must end */
    pthread_cond_t space;    /* a slot may have become empty */
    pthread_cond_t progress; /* a frame is done, or the end is known */
    struct slot *slots;      /* (slot_count); frame n is in slot n % slot_count */
    size_t slot_count;
    struct stream_work *taken;                             /* what the caller has */
    size_t next_read, next_track, next_smooth, next_taken; /* numbers of frames */
    bool tracking, smoothing, stopping, ended, failed;
    mien_status status; /* of the source, if it failed */
    mien_error err;
    struct stream_counts counts;
    double learn_s;             /* asked for by the caller, not yet handed to smoothing */
    double clock, clock_offset; /* of the reading thread alone */

    pthread_t reader;
    bool reader_started;
    struct worker *workers; /* (worker_count) */
    int worker_count;
};

void stream_options_init(struct stream_options *options)
{
    *options = (struct stream_options){.detect_every = 3, .smallest = 1.0f / 32};
    tracker_options_init(&options->tracker);
    smoothing_options_init(&options->smoothing);
}

static struct slot *slot_of(struct stream *stream, size_t number)
{
    return &stream->slots[number % stream->slot_count];
}

/* --- Reading --- */

/* A source may start again, or be out of order: the stages need a time that goes on. */
static double going_on(struct stream *stream, double time)
{
    if (!isfinite(time))
        time = stream->clock - stream->clock_offset;
    if (time + stream->clock_offset < stream->clock)
        stream->clock_offset = stream->clock - time;
    return stream->clock = time + stream->clock_offset;
}

static void drop(struct stream *stream, struct slot *slot, void *heir)
{
    if (stream->source.drop)
        stream->source.drop(slot->work->frame.payload, heir);
    stream->counts.dropped++;
}

/* Where a live frame, `payload`, goes: in place of one that nobody has begun with, so that no two
 * wait, or, if the ring is full, of the oldest that the caller has not taken. NULL: nowhere yet. */
static struct slot *find_live_room(struct stream *stream, void *payload)
{
    struct slot *slot = slot_of(stream, stream->next_read);
    struct slot *newest = slot_of(stream, stream->next_read - 1);

    if (stream->next_read > stream->next_taken && newest->state == SLOT_READ) {
        drop(stream, newest, payload);
        stream->next_read--;
        return newest;
    }
    if (slot->state == SLOT_DONE && !slot->status) {
        stream->next_taken++;
        drop(stream, slot, slot_of(stream, stream->next_taken)->work->frame.payload);
        return slot;
    }
    return slot->state == SLOT_EMPTY ? slot : NULL;
}

static struct slot *find_room_now(struct stream *stream, void *payload)
{
    struct slot *slot = slot_of(stream, stream->next_read);

    if (stream->source.live)
        return find_live_room(stream, payload);
    return slot->state == SLOT_EMPTY ? slot : NULL;
}

/* A slot for frame next_read, under the lock; NULL when all is stopping. */
static struct slot *find_room(struct stream *stream, void *payload)
{
    struct slot *slot = NULL;

    while (!stream->stopping && !(slot = find_room_now(stream, payload)))
        pthread_cond_wait(&stream->space, &stream->lock);
    return slot;
}

/* Exchanges the payload for that of a frame that is done with. */
static void put_frame(struct stream *stream, void **payload, const struct stream_picture *picture)
{
    double clock = going_on(stream, picture->time);
    struct slot *slot;

    pthread_mutex_lock(&stream->lock);
    stream->counts.read++;
    slot = find_room(stream, *payload);
    if (slot) {
        struct stream_frame *frame = &slot->work->frame;
        void *old = frame->payload;
        frame->payload = *payload;
        *payload = old;
        frame->picture = *picture;
        frame->number = stream->next_read++;
        frame->detected = frame->number % (size_t)stream->options.detect_every == 0;
        frame->count = 0;
        slot->work->clock = clock;
        slot->status = MIEN_OK;
        slot->read_at = clock_now_s();
        slot->state = SLOT_READ;
        pthread_cond_signal(&stream->work);
    }
    pthread_mutex_unlock(&stream->lock);
}

static void end_reading(struct stream *stream, mien_status status, const mien_error *err)
{
    pthread_mutex_lock(&stream->lock);
    stream->ended = true;
    stream->status = status;
    if (status)
        stream->err = *err;
    pthread_cond_broadcast(&stream->progress);
    pthread_mutex_unlock(&stream->lock);
}

static bool is_stopping(struct stream *stream)
{
    bool stopping;

    pthread_mutex_lock(&stream->lock);
    stopping = stream->stopping;
    pthread_mutex_unlock(&stream->lock);
    return stopping;
}

static void *reader_main(void *argument)
{
    struct stream *stream = argument;
    void *payload = NULL;
    mien_status status = MIEN_OK;
    mien_error err;
    bool end = false;

    while (!is_stopping(stream)) {
        struct stream_picture picture = {.time = 0};
        status = stream->source.read(stream->source.context, &payload, &picture, &end, &err);
        if (status || end)
            break;
        put_frame(stream, &payload, &picture);
    }
    end_reading(stream, status, &err);
    stream->source.free_payload(payload);
    return NULL;
}

/* --- The stages --- */

/* What the next step with this slot is, or SLOT_EMPTY if it must wait; under the lock. */
static enum slot_state next_step(const struct stream *stream, const struct slot *slot)
{
    size_t number = slot->work->frame.number;

    switch (slot->state) {
    case SLOT_READ:
    case SLOT_TRACKED:
        return slot->state;
    case SLOT_DETECTED:
        return number == stream->next_track && !stream->tracking ? slot->state : SLOT_EMPTY;
    case SLOT_CLASSIFIED:
        return number == stream->next_smooth && !stream->smoothing ? slot->state : SLOT_EMPTY;
    default:
        return SLOT_EMPTY;
    }
}

static mien_status do_step(struct worker *worker, enum slot_state step, struct slot *slot)
{
    struct stream *stream = worker->stream;
    struct stream_work *work = slot->work;

    if (slot->status) /* it failed before; the frames behind it go their way */
        return slot->status;
    switch (step) {
    case SLOT_READ:
        return work->frame.detected ? stream_detect(stream->recognizer, &worker->scratch,
                                                    stream->options.smallest, work, &slot->err)
                                    : MIEN_OK;
    case SLOT_DETECTED:
        return stream_track(stream->tracker, work, &slot->err);
    case SLOT_TRACKED:
        return stream_classify(stream->recognizer, &worker->scratch, work, &slot->err);
    default:
        return stream_smooth(&stream->people, stream->recognizer, &stream->options, work,
                             &slot->err);
    }
}

/* Before and after a step, under the lock: those in order are for one worker at a time. */
static void begin_step(struct stream *stream, enum slot_state step)
{
    stream->tracking |= step == SLOT_DETECTED;
    stream->smoothing |= step == SLOT_CLASSIFIED;
    if (step == SLOT_CLASSIFIED && stream->learn_s > 0) {
        stream->people.learn_s = stream->learn_s;
        stream->learn_s = 0;
    }
}

static void end_step(struct stream *stream, enum slot_state step, struct slot *slot)
{
    if (step == SLOT_DETECTED) {
        stream->tracking = false;
        stream->next_track++;
    } else if (step == SLOT_CLASSIFIED) {
        stream->smoothing = false;
        stream->next_smooth++;
    }
    slot->state = step + 1;
    if (slot->state == SLOT_DONE) {
        pthread_cond_broadcast(&stream->progress);
        pthread_cond_signal(&stream->space); /* it may give way */
    }
    pthread_cond_broadcast(&stream->work);
}

/* The oldest frame with something to be done. */
static struct slot *find_work(struct stream *stream, enum slot_state *ret_step)
{
    for (size_t number = stream->next_taken; number < stream->next_read; number++) {
        struct slot *slot = slot_of(stream, number);
        *ret_step = next_step(stream, slot);
        if (*ret_step != SLOT_EMPTY)
            return slot;
    }
    return NULL;
}

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    struct stream *stream = worker->stream;
    enum slot_state step;

    pthread_mutex_lock(&stream->lock);
    while (!stream->stopping) {
        struct slot *slot = find_work(stream, &step);
        if (!slot) {
            pthread_cond_wait(&stream->work, &stream->lock);
            continue;
        }
        begin_step(stream, step);
        slot->state = SLOT_BUSY;
        pthread_mutex_unlock(&stream->lock);
        slot->status = do_step(worker, step, slot);
        pthread_mutex_lock(&stream->lock);
        end_step(stream, step, slot);
    }
    pthread_mutex_unlock(&stream->lock);
    return NULL;
}

/* --- The caller's side --- */

static mien_status check_options(const mien_recognizer *recognizer,
                                 const struct stream_options *options, int neutral, mien_error *err)
{
    if (options->threads < 0 || options->threads > WORKERS_MAX)
        return error_set(err, MIEN_EINVAL, "%d threads: give 1 to %d, or 0 for one a processor",
                         options->threads, WORKERS_MAX);
    if (options->detect_every < 1 || options->detect_every > 100)
        return error_set(err, MIEN_EINVAL, "detection in every %d frames: give 1 (in each) to 100",
                         options->detect_every);
    if (!(options->smallest >= STREAM_SMALLEST_LEAST && options->smallest <= 1))
        return error_set(err, MIEN_EINVAL, "a smallest face of %g of the picture: give %g to 1",
                         (double)options->smallest, (double)STREAM_SMALLEST_LEAST);
    if (options->neutral_s > 0 && neutral < 0)
        return error_set(err, MIEN_EINVAL,
                         "the model %s has no label \"neutral\" that a face at rest could be",
                         mien_model_name(recognizer));
    if (!recognizer->face_model)
        return error_set(err, MIEN_EUNSUPPORTED, "this library was built without a face detector");
    return MIEN_OK;
}

static int find_neutral(const mien_recognizer *recognizer)
{
    for (int i = 0; i < mien_label_count(recognizer); i++)
        if (!strcmp(mien_label(recognizer, i), "neutral"))
            return i;
    return -1;
}

static void make_locks(struct stream *stream)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&stream->lock, NULL);
    pthread_cond_init(&stream->work, NULL);
    pthread_cond_init(&stream->space, NULL);
    pthread_cond_init(&stream->progress, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static mien_status start_workers(struct stream *stream, int count, mien_error *err)
{
    stream->workers = calloc((size_t)count, sizeof *stream->workers);
    if (!stream->workers)
        return error_memory(err, (size_t)count * sizeof *stream->workers);
    while (stream->worker_count < count) {
        struct worker *worker = &stream->workers[stream->worker_count];
        mien_status status =
            mien_workspace_new(stream->recognizer, &worker->scratch.workspace, err);
        if (status)
            return status;
        worker->stream = stream;
        if (pthread_create(&worker->thread, NULL, worker_main, worker)) {
            mien_workspace_free(worker->scratch.workspace);
            return error_set(err, MIEN_ENOMEM, "a thread for the stream could not be started");
        }
        stream->worker_count++;
    }
    return MIEN_OK;
}

static mien_status make_slots(struct stream *stream, mien_error *err)
{
    bool made;

    stream->slots = calloc(stream->slot_count, sizeof *stream->slots);
    stream->taken = calloc(1, sizeof *stream->taken);
    made = stream->slots && stream->taken;
    for (size_t i = 0; made && i < stream->slot_count; i++)
        made = (stream->slots[i].work = calloc(1, sizeof *stream->taken)) != NULL;
    return made ? MIEN_OK : error_memory(err, sizeof *stream->taken);
}

static mien_status start(struct stream *stream, mien_error *err)
{
    int count = stream->options.threads ? stream->options.threads : thread_pool_processors();
    mien_status status = tracker_new(&stream->options.tracker, &stream->tracker, err);

    count = count < WORKERS_MAX ? count : WORKERS_MAX;
    if (status)
        return status;
    stream->slot_count = (size_t)count + SPARE_SLOTS;
    status = make_slots(stream, err);
    if (!status)
        status = start_workers(stream, count, err);
    if (status)
        return status;
    if (pthread_create(&stream->reader, NULL, reader_main, stream))
        return error_set(err, MIEN_ENOMEM, "a thread for the stream could not be started");
    stream->reader_started = true;
    return MIEN_OK;
}

mien_status stream_open(const mien_recognizer *recognizer, const struct stream_source *source,
                        const struct stream_options *options, struct stream **ret_stream,
                        mien_error *err)
{
    struct stream *stream = calloc(1, sizeof *stream);
    mien_status status;

    if (!stream)
        return error_memory(err, sizeof *stream);
    stream->recognizer = recognizer;
    stream->source = *source;
    stream_options_init(&stream->options);
    if (options)
        stream->options = *options;
    stream->people.neutral = find_neutral(recognizer);
    make_locks(stream);
    status = check_options(recognizer, &stream->options, stream->people.neutral, err);
    if (!status)
        status = start(stream, err);
    if (status)
        stream_close(stream);
    else
        *ret_stream = stream;
    return status;
}

static void stop_threads(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->stopping = true;
    pthread_cond_broadcast(&stream->work);
    pthread_cond_broadcast(&stream->space);
    pthread_mutex_unlock(&stream->lock);
    if (stream->reader_started) {
        if (stream->source.interrupt)
            stream->source.interrupt(stream->source.context);
        pthread_join(stream->reader, NULL);
    }
    for (int i = 0; i < stream->worker_count; i++) {
        pthread_join(stream->workers[i].thread, NULL);
        mien_workspace_free(stream->workers[i].scratch.workspace);
        image_free(&stream->workers[i].scratch.small);
    }
}

static void free_work(const struct stream *stream, struct stream_work *work)
{
    if (work)
        stream->source.free_payload(work->frame.payload);
    free(work);
}

void stream_close(struct stream *stream)
{
    if (!stream)
        return;
    stop_threads(stream);
    for (size_t i = 0; stream->slots && i < stream->slot_count; i++)
        free_work(stream, stream->slots[i].work);
    free_work(stream, stream->taken);
    free(stream->slots);
    free(stream->workers);
    free(stream->people.all);
    tracker_free(stream->tracker);
    pthread_cond_destroy(&stream->progress);
    pthread_cond_destroy(&stream->space);
    pthread_cond_destroy(&stream->work);
    pthread_mutex_destroy(&stream->lock);
    free(stream);
}

/* Until the next frame is done, all is over, or the time is up; under the lock. */
static void wait_for_frame(struct stream *stream, double wait_s)
{
    double until = clock_now_s() + wait_s;
    struct timespec end = {(time_t)until, (long)((until - floor(until)) * 1e9)};

    while (slot_of(stream, stream->next_taken)->state != SLOT_DONE &&
           !(stream->ended && stream->next_taken == stream->next_read) &&
           pthread_cond_timedwait(&stream->progress, &stream->lock, &end) != ETIMEDOUT)
        ;
}

/* Hands the frame in `slot` to the caller, in exchange for the one that the caller had. */
static struct stream_frame *take(struct stream *stream, struct slot *slot)
{
    struct stream_work *work = slot->work;

    slot->work = stream->taken;
    slot->state = SLOT_EMPTY;
    stream->taken = work;
    stream->next_taken++;
    stream->counts.taken++;
    work->frame.latency = clock_now_s() - slot->read_at;
    pthread_cond_signal(&stream->space);
    return &work->frame;
}

/* The end, after a failure or without one. */
static mien_status end(struct stream *stream, mien_status status, const mien_error *reason,
                       enum stream_event *ret_event, mien_error *err)
{
    *ret_event = STREAM_END;
    if (stream->failed)
        return MIEN_OK; /* told before */
    stream->failed = status != MIEN_OK;
    if (status && err)
        *err = *reason;
    return status;
}

mien_status stream_next(struct stream *stream, double wait_s, struct stream_frame **ret_frame,
                        enum stream_event *ret_event, mien_error *err)
{
    mien_status status = MIEN_OK;
    struct slot *slot;

    pthread_mutex_lock(&stream->lock);
    if (!stream->failed)
        wait_for_frame(stream, wait_s);
    slot = slot_of(stream, stream->next_taken);
    if (stream->failed || (stream->ended && stream->next_taken == stream->next_read)) {
        status = end(stream, stream->status, &stream->err, ret_event, err);
    } else if (slot->state == SLOT_DONE && slot->status) {
        status = end(stream, slot->status, &slot->err, ret_event, err);
    } else if (slot->state == SLOT_DONE) {
        *ret_frame = take(stream, slot);
        *ret_event = STREAM_FRAME;
    } else {
        *ret_event = STREAM_NOTHING_YET;
    }
    pthread_mutex_unlock(&stream->lock);
    return status;
}

mien_status stream_learn_neutral(struct stream *stream, double seconds, mien_error *err)
{
    if (stream->people.neutral < 0)
        return error_set(err, MIEN_EINVAL,
                         "the model %s has no label \"neutral\" that a face at rest could be",
                         mien_model_name(stream->recognizer));
    pthread_mutex_lock(&stream->lock);
    stream->learn_s = seconds;
    pthread_mutex_unlock(&stream->lock);
    return MIEN_OK;
}

struct stream_counts stream_counts(struct stream *stream)
{
    struct stream_counts counts;

    pthread_mutex_lock(&stream->lock);
    counts = stream->counts;
    pthread_mutex_unlock(&stream->lock);
    return counts;
}
