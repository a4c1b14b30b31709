/* jpeg_colours.h - the pixels of a decoded JPEG as RGB: libswscale's exact conversion takes twice
 * as long as the decoding. SPDX-License-Identifier: MIT */
#ifndef MEDIA_JPEG_COLOURS_H
#define MEDIA_JPEG_COLOURS_H

#include <libavutil/frame.h>
#include <stdbool.h>

#include "image/image.h"

/* Whether the frame has JFIF's pixels: planes of Y, Cb and Cr, 8 bits, full range, BT.601, colour
 * whole or halved in either direction. */
bool jpeg_colours_suit(const AVFrame *frame);

/* Converts such a frame into `target`, RGB, of its size. Halved colour is interpolated linearly
 * between the centres of its samples. The same bytes on every machine.
 * @return MIEN_ENOMEM */
mien_status jpeg_colours_convert(const AVFrame *frame, struct image *target, mien_error *err);

#endif
