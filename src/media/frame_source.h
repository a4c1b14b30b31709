/* frame_source.h - the pictures of a video, one after the other, upright, with their times.
 *
 * A source's address is
 *   a path                 a video file, an animated GIF, or a photograph (one frame)
 *   a folder, or a pattern such as shots/%04d.png
 *                          the pictures in it, in the order of the numbers in their names
 *   -                      a video on standard input
 *   camera:0               a camera (V4L2), by its number or as camera:/dev/video0
 *   screen:                the screen of $DISPLAY (X11), or another one as screen::1.0, or from a
 *                          place on, screen::0+100,200
 *   rtsp:, rtmp:, http:, https:, udp:, rtp:, srt:, tcp: and an address
 *                          a stream, or a file at the other end (HLS, too)
 *
 * A file's frames come one by one, none is left out. A live source (a camera, the screen, a stream
 * without an end) is read by a thread of its own: whoever comes late gets the newest frame, and
 * what was missed is counted; so is what is not decoded, where decoding is too slow (catch_up.h). A
 * live source that is lost is looked for again, with pauses that grow from half a second to ten;
 * the times of its frames go on.
 *
 * Threads. One thread at a time reads a source; frame_source_state() may be called from any.
 * `stop` of the options is called from any thread, often.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_FRAME_SOURCE_H
#define MEDIA_FRAME_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"
#include "media/sound.h"

/* 8192x8192: twice what televisions show. */
#define FRAME_MAX_PIXELS (INT64_C(1) << 26)

struct frame_source;

struct frame_source_options {
    bool grey, chroma, rgb; /* which pictures a frame has; default grey alone */
    bool sound;             /* frames carry the sound, for video_writer.h; default no */
    int width, height;      /* of a camera's picture, the nearest that it has; 0, the default: the
                               largest up to 1280x720. Of the screen's part; 0: all of it */
    double fps;             /* of cameras, the screen (0, the default: 30) and picture files (25) */
    int64_t every;          /* one frame of so many is given; default 1 */
    int threads;            /* that decode a file; 0, the default: one a processor */
    const char *hardware;   /* NULL, the default: decode in software; "auto": in hardware where that
                               works; or FFmpeg's name of a kind of hardware, "vaapi" or "cuda" */
    double patience_s;      /* a live source that is silent for so long is lost; default 10 */
    double give_up_s;   /* one that was lost for so long is given up; default 60, INFINITY never */
    int64_t max_pixels; /* frames of more are damage; default FRAME_MAX_PIXELS */
    const void *start;  /* what was read of standard input before, to find out what it is; stays */
    size_t start_bytes;
    bool (*stop)(void *context); /* true: every call ends soon, MIEN_ECANCELLED; NULL: never */
    void *stop_context;
};

struct frame_source_info {
    int width, height; /* of the first frame, upright; others may differ */
    double fps;        /* on average, as the source says; 0: unknown */
    double duration_s; /* 0: unknown, or without an end */
    bool live;         /* frames may be left out */
    bool has_sound;    /* that frames carry where the options want it */
    char codec[32];    /* FFmpeg's name, "h264" */
    char hardware[16]; /* what kind of it decodes, "vaapi"; empty: none does */
};

struct frame_source_state {
    uint64_t dropped;    /* frames of a live source that were not decoded or not taken in time */
    uint64_t damaged;    /* frames or packets that could not be decoded, which are left out */
    uint64_t reconnects; /* how often a lost source came back */
    bool lost;           /* it is being looked for */
};

/* Zeroed before its first use, filled by frame_source_read(), and best used again and again: it
 * keeps its memory. */
struct source_frame {
    int64_t number;         /* 0, 1, ... of what the source sent; those left out are counted */
    double time_s;          /* of the source's own clock, from its beginning; never falls */
    double arrival_s;       /* by CLOCK_MONOTONIC: when it was here, not yet decoded */
    struct image grey;      /* pixels NULL where not wanted */
    struct image chroma[2]; /* Cb and Cr, over the same area as grey, but of a size of their own */
    struct image rgb;
    struct sound sound; /* since the frame before; at the end, what came after the last one */
};

/* Whether this address is one of a video rather than of a picture, by what it looks like: a URL,
 * a camera, the screen, an animated GIF, a file that begins as a video does, or a FIFO, whatever
 * will come out of it: to look would be to take it away. */
bool frame_source_is_video(const char *address);

void frame_source_options_init(struct frame_source_options *options);

/* Opens the source. Messages start with `address`.
 * @return MIEN_EIO (not there, no answer), MIEN_EUNSUPPORTED (no video, or one that FFmpeg here
 *         cannot decode), MIEN_ECORRUPT, MIEN_EINVAL, MIEN_ECANCELLED, MIEN_ENOMEM */
mien_status frame_source_open(const char *address, const struct frame_source_options *options,
                              struct frame_source **ret_source, mien_error *err);

/* Accepts NULL. Ends the source's thread, within a tenth of a second or so. */
void frame_source_close(struct frame_source *source);

const struct frame_source_info *frame_source_info(const struct frame_source *source);
/* What the frames' sound is, or NULL where they carry none. */
const struct sound_format *frame_source_sound(const struct frame_source *source);

struct frame_source_state frame_source_state(const struct frame_source *source);

/* The next frame, for which it waits, or `ret_end` true where there is none: but for its sound, the
 * frame then stays as it was. What a file lacks at its end, or cannot be decoded, is counted as
 * damaged; a file of which no frame at all can be decoded is MIEN_ECORRUPT.
 * @return MIEN_EIO (lost and given up), MIEN_ECORRUPT, MIEN_EUNSUPPORTED (pixels that cannot be
 *         converted), MIEN_ECANCELLED, MIEN_ENOMEM */
mien_status frame_source_read(struct frame_source *source, struct source_frame *frame,
                              bool *ret_end, mien_error *err);

/* Gives the memory back and zeroes the frame; accepts a zeroed one. */
void source_frame_free(struct source_frame *frame);

#endif
