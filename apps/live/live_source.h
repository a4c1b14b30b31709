/* live_source.h - a frame source (media) as a stream's source (recognition).
 * SPDX-License-Identifier: MIT */
#ifndef LIVE_LIVE_SOURCE_H
#define LIVE_LIVE_SOURCE_H

#include <stdatomic.h>

#include "media/frame_source.h"
#include "recognition/stream.h"

struct live_source {
    struct frame_source *frames;
    atomic_bool stopped;
    bool (*stop)(void); /* whether the program is to end; NULL: never */
    struct sound rest;  /* what came after the last frame, once the stream is closed */
};

/* Opens `address`; frames come with their sound, and in RGB where they are `drawn`. `source` must
 * stay where it is until live_source_close(). `width`, `height`: of a camera's picture, 0: its own
 * choice; `hardware`: that decodes, or NULL, as frame_source_options. Errors as
 * frame_source_open(). */
mien_status live_source_open(struct live_source *source, const char *address, bool drawn, int width,
                             int height, const char *hardware, bool (*stop)(void), mien_error *err);
void live_source_close(struct live_source *source);

/* For stream_open(). The payload of a frame is its struct source_frame. */
struct stream_source live_source_stream(struct live_source *source);

#endif
