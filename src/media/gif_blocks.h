/* gif_blocks.h - how many pictures a GIF file holds whole.
 * FFmpeg's decoder shows what there is of a cut file, without a word.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_GIF_BLOCKS_H
#define MEDIA_GIF_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

/* Counts up to `most`. `data` begins with a GIF signature. Untrusted input. */
int gif_blocks_pictures(const uint8_t *data, size_t bytes, int most);

#endif
