/* video_input.h - one file, stream or device opened by FFmpeg: its video decoded, frame by frame,
 * and its sound as it is.
 *
 * Threads. One at a time.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_VIDEO_INPUT_H
#define MEDIA_VIDEO_INPUT_H

#include <libavutil/frame.h>

#include "media/frame_source.h"
#include "media/source_address.h"

struct video_input;

/* A frame as it was decoded. */
struct decoded_frame {
    AVFrame *frame;
    int orientation;  /* 1..8 as image_orient() takes it */
    double time_s;    /* from the beginning of the input; never falls */
    double arrival_s; /* CLOCK_MONOTONIC */
};

/* `name` is what messages call it; `options` and `address` must stay. */
mien_status video_input_open(const char *name, const struct source_address *address,
                             const struct frame_source_options *options,
                             struct video_input **ret_input, mien_error *err);
void video_input_close(struct video_input *input);

void video_input_info(const struct video_input *input, struct frame_source_info *ret_info);
const struct sound_format *video_input_sound(const struct video_input *input);

/* What video_input_read() could not give, of which it counts more and more. */
struct video_losses {
    uint64_t damaged;  /* frames or packets */
    uint64_t left_out; /* frames of a live input, for decoding them would have taken too long */
};

/* The next frame into `ret_frame`, whose AVFrame is the caller's, or `ret_end` true; sound on the
 * way is added to `sound`. Fails where a live input is lost. */
mien_status video_input_read(struct video_input *input, struct decoded_frame *ret_frame,
                             struct sound *sound, struct video_losses *losses, bool *ret_end,
                             mien_error *err);

#endif
