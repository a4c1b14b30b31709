/* jpeg_loss.h - what JPEG compression does to a grey picture, without the file: blocks of 8 x 8
 * transformed, rounded to the quantiser's steps, and back (ITU-T T.81, 1992). Huffman coding loses
 * nothing, so it is left out.
 * SPDX-License-Identifier: MIT */
#ifndef IMAGE_JPEG_LOSS_H
#define IMAGE_JPEG_LOSS_H

#include "image/image.h"

/* Changes the grey picture in place. `quality` 1 to 100 scales the luminance table of annex K.1 as
 * the usual encoders do. Blocks at the right and lower edge repeat the last pixel. */
void jpeg_loss(struct image *image, int quality);

#endif
