/* frame_converter.h - the frames of a video as pictures, as fast as it goes, into the same memory
 * again and again, upright and with square pixels.
 *
 * Grey is as frame_image.h says, the same on every machine. RGB is for looking at: it may differ by
 * a few units. Chroma, two grey pictures of Cb and Cr, tells colours for a fraction of RGB's cost.
 *
 * Threads. One at a time.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_FRAME_CONVERTER_H
#define MEDIA_FRAME_CONVERTER_H

#include <libavutil/frame.h>

#include "image/image.h"

struct SwsContext;

/* Starts as {0}. */
struct frame_converter {
    struct SwsContext *scaler;
    struct image flat, square; /* as stored, and with square pixels but not yet upright */
    struct image chroma[2];    /* not yet upright */
};

void frame_converter_free(struct frame_converter *converter);

/* Fills `image` (image_reuse()) of 1 or 3 channels; `orientation` is 1 to 8.
 * @return MIEN_EUNSUPPORTED (a pixel format that cannot be converted), MIEN_ENOMEM, MIEN_EINVAL
 *         (too large) */
mien_status frame_convert(struct frame_converter *converter, const AVFrame *frame, int orientation,
                          int channels, struct image *image, mien_error *err);

/* Fills `chroma` likewise; its size, and the shape of its pixels, is the frame's affair. */
mien_status frame_convert_chroma(struct frame_converter *converter, const AVFrame *frame,
                                 int orientation, struct image chroma[2], mien_error *err);

/* The size of the picture that frame_convert() would make. */
void frame_converted_size(const AVFrame *frame, int orientation, int *ret_width, int *ret_height);

#endif
