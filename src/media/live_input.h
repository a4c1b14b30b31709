/* live_input.h - a live source read by a thread of its own, which keeps the newest frame only and
 * looks for the source again when it is lost.
 *
 * Frames that come over HTTP come in bursts, a segment of HLS at a time: they are handed on at
 * their own pace. All others are handed on at once.
 *
 * Threads. One at a time takes frames; the state may be asked for from any.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_LIVE_INPUT_H
#define MEDIA_LIVE_INPUT_H

#include "media/video_input.h"

struct live_input;

/* Takes `input`, which is open and live, also where it fails; the rest as for video_input_open().
 */
mien_status live_input_new(const char *name, const struct source_address *address,
                           const struct frame_source_options *options, struct video_input *input,
                           struct live_input **ret_live, mien_error *err);
void live_input_free(struct live_input *live);

const struct sound_format *live_input_sound(const struct live_input *live);
struct frame_source_state live_input_state(struct live_input *live);

/* Waits for the first frame, which is not taken, and tells its size. Fails as live_input_take(). */
mien_status live_input_size(struct live_input *live, int *ret_width, int *ret_height,
                            mien_error *err);

/* Waits for a frame that was not taken yet: the newest, its number, and the sound since the one
 * taken before. MIEN_EIO where the source was given up, MIEN_ECANCELLED, MIEN_ENOMEM. */
mien_status live_input_take(struct live_input *live, struct decoded_frame *ret_frame,
                            struct sound *sound, int64_t *ret_number, mien_error *err);

#endif
