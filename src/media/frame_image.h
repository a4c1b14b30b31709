/* frame_image.h - FFmpeg's frames as our pictures.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_FRAME_IMAGE_H
#define MEDIA_FRAME_IMAGE_H

#include <libavutil/frame.h>

#include "image/image.h"

struct SwsContext;

/* A new picture of 1 or 3 channels with the contents of a decoded frame of any pixel format that
 * libswscale reads: 16 bits become 8, transparency is laid on white. Grey of a frame with luma is
 * that luma (frame_planes.h), of others that of its RGB (image.h). Any thread, each its own frame.
 * @return MIEN_EUNSUPPORTED (a pixel format that cannot be converted), MIEN_ENOMEM, MIEN_EINVAL
 *         (too large for a picture) */
mien_status frame_to_image(const AVFrame *frame, int channels, struct image *ret_image,
                           mien_error *err);

/* libswscale's converter of such frames to `format`, full range, with libswscale's `flags`.
 * `cached`, which is NULL or came from here, is taken, and is the result where it fits; the caller
 * ends the result with sws_freeContext(). NULL where that is no conversion that libswscale has. */
struct SwsContext *frame_scaler(struct SwsContext *cached, const AVFrame *frame,
                                enum AVPixelFormat format, int flags);

#endif
