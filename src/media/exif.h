/* exif.h - which way up a photograph was taken.
 * FFmpeg hands this on for some formats and versions only; here it is one answer for all.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_EXIF_H
#define MEDIA_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* The orientation, 1..8 as image_orient() takes it, that a JPEG, PNG, WebP or TIFF file of `bytes`
 * bytes at `data` carries; 1 where it carries none, or one without meaning. Untrusted input. */
int exif_orientation(const uint8_t *data, size_t bytes);

#endif
