/* picture_size.h - how large a picture is, from its file's header alone: what is too large is
 * refused, in words that say so, before a decoder allocates or gives up.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_PICTURE_SIZE_H
#define MEDIA_PICTURE_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/picture_format.h"

/* The size that the file claims. False where it is not found, and for WebP, which cannot be large,
 * and PNM, where FFmpeg's own bounds do. Untrusted input. */
bool picture_size(struct picture_format format, const uint8_t *data, size_t bytes,
                  uint32_t *ret_width, uint32_t *ret_height);

#endif
