/* frame_planes.h - the luma and the colour differences that a frame holds.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_FRAME_PLANES_H
#define MEDIA_FRAME_PLANES_H

#include <libavutil/frame.h>
#include <stdbool.h>

#include "image/image.h"

/* Whether the frame holds opaque luma beside its colour, in planes or in bytes among others. */
bool frame_is_yuv(const AVFrame *frame);

/* Fills `grey`, of such a frame's size, with its luma at full range, rounded. The same bytes on
 * every machine. */
void frame_luma(const AVFrame *frame, struct image *grey);

/* The size of such a frame's chroma: often half its own, rounded up. */
void frame_chroma_size(const AVFrame *frame, int *ret_width, int *ret_height);

/* Fills two grey pictures of that size with Cb and Cr, the upper 8 bits of what is stored. */
void frame_chroma(const AVFrame *frame, struct image chroma[2]);

#endif
