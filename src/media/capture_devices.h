/* capture_devices.h - cameras and the screen as inputs of FFmpeg.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_CAPTURE_DEVICES_H
#define MEDIA_CAPTURE_DEVICES_H

#include <libavformat/avformat.h>

#include "media/frame_source.h"
#include "media/source_address.h"

/* How to open the camera or the screen of this address: FFmpeg's input device and what it wants to
 * be told. `name` is what messages call it. The caller frees the dictionary.
 * @return MIEN_EUNSUPPORTED (libavdevice, which is loaded here, is not installed), MIEN_EIO (no
 *         such camera), MIEN_ENOMEM */
mien_status capture_device_open(const char *name, const struct source_address *address,
                                const struct frame_source_options *options,
                                const AVInputFormat **ret_format, AVDictionary **ret_options,
                                mien_error *err);

#endif
