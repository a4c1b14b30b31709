/* hardware_decoder.h - lets a decoder of FFmpeg use the machine's video hardware.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_HARDWARE_DECODER_H
#define MEDIA_HARDWARE_DECODER_H

#include <libavcodec/avcodec.h>

#include "base/error.h"

/* Prepares `context`, which is not opened yet. `kind` is FFmpeg's name of a kind of hardware
 * ("vaapi", "cuda"), or "auto" for the first that works, which may be none. A stream that the
 * hardware refuses is decoded in software all the same.
 * @param name        what messages call the source
 * @param ret_format  the pixel format of frames that lie in the hardware; AV_PIX_FMT_NONE: none
 *                    do. Stays as long as the context, which looks at it
 * @return MIEN_EUNSUPPORTED where a kind that is named does not work here */
mien_status hardware_decoder_prepare(const char *name, const char *kind, AVCodecContext *context,
                                     enum AVPixelFormat *ret_format, mien_error *err);

/* FFmpeg's name of the hardware that a prepared context uses; "" where it uses none. */
const char *hardware_decoder_kind(const AVCodecContext *context);

/* Fetches a frame that lies in the hardware; 0 or FFmpeg's error. */
int hardware_decoder_fetch(AVFrame *frame);

#endif
