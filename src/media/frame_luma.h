/* frame_luma.h - the luma that a frame holds, as grey.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_FRAME_LUMA_H
#define MEDIA_FRAME_LUMA_H

#include <libavutil/frame.h>
#include <stdbool.h>

#include "image/image.h"

/* Whether the frame has a plane, or bytes among others, of opaque luma beside its colour. */
bool frame_has_luma(const AVFrame *frame);

/* Fills `grey`, of such a frame's size, with its luma at full range, rounded. The same bytes on
 * every machine. */
void frame_luma(const AVFrame *frame, struct image *grey);

#endif
