/* live_source.c - frames that keep their memory while they wait in the stream's ring, and sound
 * that outlives dropped ones.
 * SPDX-License-Identifier: MIT */
#include "live_source.h"

#include <stdlib.h>

/* The most packets that a frame takes over from dropped ones: minutes of sound. */
enum { SOUND_MAX = 16384 };

static bool must_stop(void *context)
{
    struct live_source *source = context;

    return atomic_load(&source->stopped) || (source->stop && source->stop());
}

mien_status live_source_open(struct live_source *source, const char *address, bool drawn, int width,
                             int height, const char *hardware, bool (*stop)(void), mien_error *err)
{
    struct frame_source_options options;

    frame_source_options_init(&options);
    options.grey = options.chroma = options.sound = true;
    options.rgb = drawn;
    options.width = width;
    options.height = height;
    options.hardware = hardware;
    options.stop = must_stop;
    options.stop_context = source;
    source->frames = NULL;
    source->rest = (struct sound){0};
    source->stop = stop;
    atomic_init(&source->stopped, false);
    return frame_source_open(address, &options, &source->frames, err);
}

void live_source_close(struct live_source *source)
{
    frame_source_close(source->frames);
    source->frames = NULL;
    sound_free(&source->rest);
}

static mien_status read_frame(void *context, void **payload, struct stream_picture *ret_picture,
                              bool *ret_end, mien_error *err)
{
    struct live_source *source = context;
    struct source_frame *frame = *payload;
    mien_status status;

    if (!frame && !(*payload = frame = calloc(1, sizeof *frame)))
        return error_memory(err, sizeof *frame);
    status = frame_source_read(source->frames, frame, ret_end, err);
    *ret_picture =
        (struct stream_picture){frame->grey, {frame->chroma[0], frame->chroma[1]}, frame->time_s};
    if (!status && *ret_end)
        status = sound_move(&frame->sound, &source->rest, err);
    if (status == MIEN_ECANCELLED) { /* it was asked to */
        *ret_end = true;
        status = MIEN_OK;
    }
    return status;
}

static void free_frame(void *payload)
{
    if (payload)
        source_frame_free(payload);
    free(payload);
}

/* The heir's sound is what came since the dropped frame's. */
static void pass_on(void *dropped, void *heir)
{
    struct sound *before = &((struct source_frame *)dropped)->sound;
    struct sound *after = &((struct source_frame *)heir)->sound, joined;

    if (before->count + after->count > SOUND_MAX || sound_move(after, before, NULL))
        return;
    joined = *before;
    *before = *after;
    *after = joined;
}

static void interrupt(void *context)
{
    atomic_store(&((struct live_source *)context)->stopped, true);
}

struct stream_source live_source_stream(struct live_source *source)
{
    return (struct stream_source){source,    read_frame, free_frame,
                                  interrupt, pass_on,    frame_source_info(source->frames)->live};
}
