/* gif_blocks.h - whether a GIF file holds all of its first picture.
 * FFmpeg's decoder shows what there is of a cut file, without a word.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_GIF_BLOCKS_H
#define MEDIA_GIF_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `data` begins with a GIF signature. Untrusted input. */
bool gif_blocks_whole(const uint8_t *data, size_t bytes);

#endif
